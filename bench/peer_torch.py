#!/usr/bin/env python3
"""PyTorch's side of the benchmark. Prints one JSON line.

Variants, of which the fastest counts: eager in both memory formats, the traced and frozen graph (inference), and
torch.compile where a C++ compiler is there.
"""

import warnings

import torch

import measure
from torch_networks import network, parameter_count

VARIANTS = {
    "train": ["contiguous", "channels_last", "compile", "compile_channels_last"],
    "infer": ["contiguous", "channels_last", "frozen", "compile"],
    "latency": ["contiguous", "channels_last", "frozen", "compile"],
}


def make_step(options, variant):
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(1)
    format = (
        torch.channels_last if variant.endswith("channels_last") else torch.contiguous_format)
    model = network(options.architecture).to(memory_format=format)
    count, side = options.batch_size, measure.SIDE
    images = torch.randint(0, 256, (count, 1, side, side), generator=generator).float()
    images = images.contiguous(memory_format=format)
    labels = torch.randint(0, measure.CLASSES, (count,), generator=generator)
    if options.mode == "train":
        return training_step(model, images, labels, compiles=variant.startswith("compile"))
    return inference_step(model, images, variant)


def training_step(model, images, labels, compiles):
    model.train()
    optimizer = torch.optim.Adam(
        model.parameters(), lr=measure.LEARNING_RATE, eps=measure.EPSILON, fused=True)

    def loss(images, labels):
        return torch.nn.functional.cross_entropy(model(images), labels)

    if compiles:
        loss = torch.compile(loss)

    def step():
        optimizer.zero_grad(set_to_none=True)
        value = loss(images, labels)
        value.backward()
        optimizer.step()
        return value.item()

    return step


def inference_step(model, images, variant):
    model = torch.nn.Sequential(model, torch.nn.Softmax(dim=1)).eval()
    with torch.inference_mode():
        if variant == "frozen":
            model = torch.jit.optimize_for_inference(
                torch.jit.freeze(torch.jit.trace(model, images)))
        elif variant == "compile":
            model = torch.compile(model)

    def step():
        with torch.inference_mode():
            return model(images).numpy()

    return step


def main():
    options = measure.arguments(__doc__.splitlines()[0], VARIANTS)
    warnings.simplefilter("ignore")
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    measure.run(
        "PyTorch", torch.__version__, options, parameter_count(network(options.architecture)),
        lambda variant: make_step(options, variant))


if __name__ == "__main__":
    main()
