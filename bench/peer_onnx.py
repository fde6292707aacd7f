#!/usr/bin/env python3
"""ONNX Runtime's side of the benchmark: inference with the graph that PyTorch exports. Prints one JSON line."""

import io
import sys
import warnings

import measure

try:
    import onnx  # PyTorch's exporter needs it
    import onnxruntime
    import torch
except ImportError as error:
    sys.exit(f"ONNX Runtime: left out: no module '{error.name}'")

from torch_networks import network, parameter_count

VARIANTS = {"infer": ["sequential"], "latency": ["sequential"]}


def make_step(options):
    torch.manual_seed(1)
    side = measure.SIDE
    images = torch.randint(0, 256, (options.batch_size, 1, side, side)).float()
    model = torch.nn.Sequential(network(options.architecture), torch.nn.Softmax(dim=1)).eval()
    file = io.BytesIO()
    torch.onnx.export(
        model, (images,), file, dynamo=False, input_names=["images"],
        output_names=["probabilities"])
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    settings.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(
        file.getvalue(), settings, providers=["CPUExecutionProvider"])
    feed = {"images": images.numpy()}
    with torch.inference_mode():
        difference = abs(session.run(None, feed)[0] - model(images).numpy()).max()
    if not difference < 1e-4:
        sys.exit(f"ONNX Runtime: its answers differ from PyTorch's by {difference}")
    return lambda: session.run(None, feed)[0]


def main():
    options = measure.arguments(__doc__.splitlines()[0], VARIANTS, modes=["infer", "latency"])
    warnings.simplefilter("ignore")
    measure.run(
        "ONNX Runtime", onnxruntime.__version__, options,
        parameter_count(network(options.architecture)), lambda variant: make_step(options))


if __name__ == "__main__":
    main()
