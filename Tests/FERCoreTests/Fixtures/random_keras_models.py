"""Models of random layers, made by Keras 3 and tf_keras (Keras 2), and what they answer.

    random_keras_models.py FOLDER --count 300 --seed 1 [--emojify PROGRAM] [--formats h5,keras,weights]
    random_keras_models.py FOLDER --goldens              small ones as they lie in random/
    random_keras_models.py FOLDER --architectures --emojify PROGRAM

Each case is NAME.h5 (or NAME.keras, or NAME.weights.h5 with NAME.json, its configuration) and NAME.expected.h5 with the
datasets `input` and `output`. With --emojify each is tried with `model verify` at once, and what fails is kept and named;
what passes is removed. With --architectures the program trains each of its networks for one epoch on drawn faces, and both
Kerases open what it saved and must answer the same.

A channels_first model does not run in TensorFlow on a CPU, so its answers are those of a channels_last twin that is built
from the same list of layers with the same weights; its input is written as the model itself takes it.
"""

import argparse
import contextlib
import logging
import io
import json
import os
import shutil
import subprocess
import warnings
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import h5py
import keras
import numpy as np
import tensorflow
import tf_keras

tensorflow.get_logger().setLevel(logging.ERROR)
logging.getLogger("absl").setLevel(logging.ERROR)
tensorflow.config.threading.set_inter_op_parallelism_threads(1)
warnings.filterwarnings("ignore")
TOLERANCE = 1e-5
ACTIVATIONS = ["linear", "relu", "elu", "sigmoid", "tanh", "swish"]
# Those of Keras 2 and 3 alike; what hard_sigmoid means differs between the two.
FURTHER_ACTIVATIONS = ["selu", "softplus", "softsign", "exponential", "gelu", "hard_sigmoid"]


class Spec:
    """A list of layers by chance, each with the numbers of those it takes; 0 is the input.

    Kept are sizes with the channels last, so that merges meet what they can take."""

    def __init__(self, random, api, is_first, further):
        self.random = random
        self.is_first = is_first
        self.further = further
        self.input_shape = (self.number(7, 14), self.number(7, 14), int(random.choice([1, 3])))
        self.nodes = []
        self.shapes = [self.input_shape]
        self.is_graph = api == "functional"
        self.grow()

    def number(self, low, high):
        return int(self.random.integers(low, high + 1))

    def chance(self, share):
        return self.random.random() < share

    def pick(self, *items):
        return items[self.number(0, len(items) - 1)]

    def add(self, kind, inputs, shape, **options):
        self.nodes.append((kind, options, inputs))
        self.shapes.append(tuple(shape))
        return len(self.nodes)

    def activation(self):
        return self.pick(*ACTIVATIONS, *(FURTHER_ACTIVATIONS if self.further else []))

    # MARK: layers of images

    @staticmethod
    def windowed(side, size, stride, padding, dilation=1):
        reach = (size - 1) * dilation + 1
        return -(-side // stride) if padding == "same" else (side - reach) // stride + 1

    def window(self, shape, square_strides=False, dilated=False):
        """Kernel, strides, padding, dilation and the size they leave, at least 1."""
        while True:
            size = (self.number(1, 4), self.number(1, 4)) if self.chance(0.4) else (self.number(1, 3),) * 2
            strides = (self.number(1, 2),) * 2 if square_strides or self.chance(0.7) else (self.number(1, 3), self.number(1, 3))
            dilation = (1, 1)
            if dilated and self.chance(0.3):
                strides, dilation = (1, 1), (self.number(1, 3), self.number(1, 2))
            padding = self.pick("same", "valid")
            left = [self.windowed(*facts) for facts in zip(shape, size, strides, [padding] * 2, dilation)]
            if min(left) >= 1 and (strides == (1, 1) or min(left) >= 3 or self.chance(0.2)):
                return size, strides, padding, dilation, left

    def convolution(self, at):
        shape = self.shapes[at]
        kind = self.pick("Conv2D", "Conv2D", "DepthwiseConv2D", "SeparableConv2D")
        size, strides, padding, dilation, left = self.window(shape, kind != "Conv2D", kind == "Conv2D")
        common = dict(kernel_size=size, strides=strides, padding=padding, use_bias=self.chance(0.7), activation=self.activation())
        if kind == "DepthwiseConv2D":
            multiplier = self.number(1, 2)
            return self.add(kind, [at], (*left, shape[2] * multiplier), depth_multiplier=multiplier, **common)
        filters = self.number(1, 9)
        if kind == "SeparableConv2D":
            return self.add(kind, [at], (*left, filters), filters=filters, depth_multiplier=self.number(1, 2), **common)
        groups = self.pick(*[g for g in range(1, shape[2] + 1) if shape[2] % g == 0]) if self.chance(0.25) else 1
        filters = -(-filters // groups) * groups
        return self.add(kind, [at], (*left, filters), filters=filters, groups=groups, dilation_rate=dilation, **common)

    def pooling(self, at):
        shape = self.shapes[at]
        size, strides, padding, _, left = self.window(shape)
        return self.add(self.pick("MaxPooling2D", "AveragePooling2D"), [at], (*left, shape[2]), pool_size=size, strides=strides, padding=padding)

    def same_shape(self, at):
        """A layer that keeps the shape, of images or rows."""
        shape = self.shapes[at]
        is_image = len(shape) == 3
        makes = [
            lambda: ("BatchNormalization", dict(center=self.chance(0.8), scale=self.chance(0.8), epsilon=self.pick(1e-3, 1e-5))),
            lambda: ("BatchNormalization", {}),
            lambda: ("LayerNormalization", dict(axes=self.pick("last", "all"), center=self.chance(0.8), scale=self.chance(0.8))),
            lambda: ("Activation", dict(activation=self.activation())),
            lambda: ("LeakyReLU", dict(slope=self.pick(0.1, 0.3))),
            lambda: ("ELU", dict(alpha=self.pick(1.0, 0.5))),
            lambda: ("ReLU", dict(max_value=self.pick(None, 6.0), negative_slope=self.pick(0.0, 0.1), threshold=self.pick(0.0, 0.2))),
            lambda: ("Softmax", {}),
            lambda: ("PReLU", dict(shared=is_image and self.chance(0.5))),
            lambda: ("Dropout", dict(rate=0.3)),
            lambda: ("GaussianNoise", dict(stddev=0.2)),
            lambda: ("GaussianDropout", dict(rate=0.2)),
            lambda: ("AlphaDropout", dict(rate=0.2)),
            lambda: ("SpatialDropout2D", dict(rate=0.2)),
        ]
        kind, options = makes[self.number(0, len(makes) - (1 if is_image else 2))]()
        return self.add(kind, [at], shape, **options)

    def resized(self, at):
        height, width, channels = self.shapes[at]
        kind = self.pick("ZeroPadding2D", "Cropping2D", "UpSampling2D", "Resizing", "Permute", "Reshape")
        if kind == "ZeroPadding2D" or kind == "Cropping2D" and min(height, width) > 4:
            t, b, l, r = (self.number(0, 2) for _ in range(4))
            sign = 1 if kind == "ZeroPadding2D" else -1
            return self.add(kind, [at], (height + sign * (t + b), width + sign * (l + r), channels), margins=((t, b), (l, r)))
        if kind == "UpSampling2D" and height * width < 200:
            y, x = self.number(1, 3), self.number(1, 3)
            return self.add(kind, [at], (height * y, width * x, channels), size=(y, x), interpolation=self.pick("nearest", "bilinear"))
        if kind == "Resizing" and not self.is_first:
            size = self.number(3, 12), self.number(3, 12)
            return self.add(kind, [at], (*size, channels), height=size[0], width=size[1], interpolation=self.pick("nearest", "bilinear"))
        if kind == "Permute" and not self.is_first:
            dims = [(1, 2, 3), (2, 1, 3), (3, 1, 2), (1, 3, 2), (3, 2, 1), (2, 3, 1)][self.number(0, 5)]
            shape = tuple(self.shapes[at][d - 1] for d in dims)
            return self.add(kind, [at], shape, dims=dims)
        if kind == "Reshape" and not self.is_first:
            shape = (width, height, channels) if self.chance(0.5) else (height, 1, width * channels)
            return self.add(kind, [at], shape, target_shape=(-1, *shape[1:]) if self.chance(0.3) else shape)
        return self.same_shape(at)

    def merge(self, at):
        """Two branches that meet again."""
        left = self.branch(at)
        others = [n for n in range(len(self.shapes)) if self.shapes[n] == self.shapes[left] and n != left]
        if self.chance(0.3) and len(self.shapes[left]) == 3:
            height, width, channels = self.shapes[left]
            others = [n for n in range(len(self.shapes)) if len(self.shapes[n]) == 3 and self.shapes[n][:2] == (height, width) and n != left]
            if others:
                other = self.pick(*others)
                return self.add("Concatenate", [left, other], (height, width, channels + self.shapes[other][2]))
        if not others:
            return left
        chosen = [left, self.pick(*others)] + ([self.pick(*others)] if self.chance(0.2) else [])
        kind = self.pick("Add", "Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract")
        if kind == "Subtract":
            chosen = chosen[:2]
        return self.add(kind, chosen, self.shapes[left])

    def branch(self, at):
        if len(self.shapes[at]) == 3 and self.chance(0.5):
            filters = self.shapes[at][2]
            size = self.pick(1, 3)
            return self.add(
                "Conv2D", [at], self.shapes[at], filters=filters, groups=1, dilation_rate=(1, 1), kernel_size=(size, size), strides=(1, 1),
                padding="same", use_bias=self.chance(0.5), activation=self.activation())
        return self.same_shape(at)

    # MARK: the whole

    def grow(self):
        at = 0
        if self.chance(0.3):
            at = self.add("Rescaling", [at], self.shapes[at], scale=0.5, offset=-0.25)
        elif self.chance(0.15) and not self.is_first:
            at = self.add("Normalization", [at], self.shapes[at], adapted=self.chance(0.5))
        if self.chance(0.2) and not self.is_first:
            at = self.add(self.pick("RandomFlip", "RandomRotation", "RandomZoom"), [at], self.shapes[at])
        for _ in range(self.number(2, 7)):
            step = self.pick(self.convolution, self.convolution, self.pooling, self.same_shape, self.same_shape, self.resized,
                             *([self.merge] * 3 if self.is_graph else []))
            at = step(at)
            if self.is_graph and self.chance(0.15):
                at = self.number(0, len(self.nodes))  # an older one again; what nobody takes is joined below
        at = self.join(at)
        shape = self.shapes[at]
        head = self.pick("Flatten", "Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D")
        keeps = head != "Flatten" and self.further and self.chance(0.2)
        if head == "Flatten":
            at = self.add("Flatten", [at], (int(np.prod(shape)),))
        else:
            at = self.add(head, [at], (1, 1, shape[2]) if keeps else (shape[2],), keepdims=keeps)
        if keeps:
            at = self.add("Flatten", [at], (shape[2],))
        for _ in range(self.number(0, 2)):
            units = self.number(2, 8)
            at = self.add("Dense", [at], (units,), units=units, activation=self.activation(), use_bias=self.chance(0.8))
            if self.chance(0.5):
                at = self.same_shape(at)
        self.add("Dense", [at], (4,), units=4, activation=self.pick("softmax", "softmax", "sigmoid"), use_bias=True)

    def join(self, at):
        """What nobody takes is no part of the model, so it is cut away."""
        needed, waiting = set(), [at]
        while waiting:
            node = waiting.pop()
            if node not in needed:
                needed.add(node)
                waiting += self.nodes[node - 1][2] if node > 0 else []
        kept = sorted(needed - {0})
        places = {0: 0, **{node: place + 1 for place, node in enumerate(kept)}}
        self.nodes = [(kind, options, [places[i] for i in inputs]) for kind, options, inputs in (self.nodes[n - 1] for n in kept)]
        self.shapes = [self.shapes[0]] + [self.shapes[n] for n in kept]
        return places[at]


# MARK: a Keras model of a spec


def layer(k, kind, options, rank, is_first, random):
    """The layer in Keras' own words; `rank` counts no batch."""
    l, o = k.layers, dict(options)
    is_keras3 = k is keras
    axis = 1 if is_first and rank == 3 else -1
    data = {"data_format": "channels_first" if is_first else "channels_last"}
    if kind in ("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D",
                "GlobalMaxPooling2D", "Flatten"):
        return getattr(l, kind)(**o, **data)
    if kind == "SpatialDropout2D":
        return l.SpatialDropout2D(o["rate"], **data)
    if kind in ("ZeroPadding2D", "Cropping2D"):
        return getattr(l, kind)(o["margins"], **data)
    if kind == "UpSampling2D":
        return l.UpSampling2D(**o, **data)
    if kind == "BatchNormalization":
        return l.BatchNormalization(axis=axis, **o)
    if kind == "LayerNormalization":
        axes = list(range(1, rank + 1)) if o.pop("axes") == "all" else axis
        return l.LayerNormalization(axis=axes, **o)
    if kind == "Softmax":
        return l.Softmax(axis=axis)
    if kind == "Concatenate":
        return l.Concatenate(axis=axis)
    if kind == "LeakyReLU":
        return l.LeakyReLU(**{"negative_slope" if is_keras3 else "alpha": o["slope"]})
    if kind == "PReLU":
        return l.PReLU(shared_axes=([2, 3] if is_first else [1, 2]) if o["shared"] else None)
    if kind == "Normalization":
        channels = int(random.integers(0, 1))  # keeps the draws of both twins alike
        return l.Normalization(axis=-1) if o["adapted"] else l.Normalization(mean=0.25 + channels, variance=0.5)
    if kind == "RandomFlip":
        return l.RandomFlip("horizontal")
    if kind in ("RandomRotation", "RandomZoom"):
        return getattr(l, kind)(0.1)
    return getattr(l, kind)(**o)


def build(k, spec, is_first, seed):
    """A model with weights by chance that keep its numbers near 1."""
    random = np.random.default_rng(seed)
    height, width, channels = spec.input_shape
    made = []
    for kind, options, inputs in spec.nodes:
        rank = len(spec.shapes[inputs[0]])
        made.append(layer(k, kind, options, rank, is_first, random))
    shape = (channels, height, width) if is_first else spec.input_shape
    if spec.is_graph:
        tensors = [k.Input(shape)]
        for node, (_, _, inputs) in zip(made, spec.nodes):
            taken = [tensors[i] for i in inputs]
            tensors.append(node(taken if len(taken) > 1 else taken[0]))
        model = k.Model(tensors[0], tensors[-1])
    else:
        model = k.Sequential([k.Input(shape), *made])
    for node in made:
        if isinstance(node, k.layers.Normalization) and node.weights:
            node.adapt(random.normal(0.3, 0.7, (20, *shape)).astype("float32"))
            continue
        for weight in node.weights:
            name = weight.name.split("/")[-1].split(":")[0]
            size = tuple(weight.shape)
            # What has a place for each pixel is the channels_last twin's, turned.
            is_turned = is_first and len(size) == 3
            drawn = (size[1], size[2], size[0]) if is_turned else size
            if "kernel" in name:
                fan = max(1, int(np.prod(size[:-1])) if "depthwise" not in name else size[0] * size[1])
                values = random.normal(0, 1 / np.sqrt(fan), drawn)
            elif "variance" in name or "gamma" in name:
                values = random.uniform(0.6, 1.4, drawn)
            elif name == "alpha":
                values = random.uniform(0.1, 0.4, drawn)
            else:
                values = random.normal(0, 0.2, drawn)
            if is_turned:
                values = values.transpose(2, 0, 1)
            weight.assign(values.astype("float32"))
    return model, random


def answers(k, spec, seed):
    """The model to save, an input and what it answers."""
    model, _ = build(k, spec, spec.is_first, seed)
    runs = model
    if spec.is_first:
        runs, _ = build(k, spec, False, seed)
        own, other = model.get_weights(), runs.get_weights()
        for a, b in zip(own, other):
            assert np.array_equal(a.transpose(1, 2, 0) if a.ndim == 3 else a, b), "the twins differ"
    images = np.random.default_rng(seed + 1).uniform(-1, 1, (3, *spec.input_shape)).astype("float32")
    output = np.asarray(runs(images, training=False))
    return model, images.transpose(0, 3, 1, 2) if spec.is_first else images, output


def save(model, path, kind):
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        if kind == "h5":
            model.save(f"{path}.h5", include_optimizer=False)
        elif kind == "keras":
            model.save(f"{path}.keras")
        else:
            model.save_weights(f"{path}.weights.h5")
            Path(f"{path}.json").write_text(model.to_json())


def make(folder, seed, formats, further, has_first):
    """One case; None where Keras itself cannot make it."""
    random = np.random.default_rng(seed)
    k = [keras, tf_keras][seed % 2]
    api = ["sequential", "functional"][seed // 2 % 2]
    is_first = has_first and seed % 5 == 0
    kind = formats[seed // 4 % len(formats)]
    if kind == "keras":
        k = keras  # tf_keras writes another form of that name
    spec = Spec(random, api, is_first, further)
    name = f"{'keras3' if k is keras else 'tf_keras'}_{api}_{'first' if is_first else 'last'}_{kind}_{seed}"
    k.backend.clear_session()
    try:
        model, images, output = answers(k, spec, seed)
    except (ValueError, NotImplementedError, tensorflow.errors.OpError) as error:
        return name, None, f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"
    if not np.isfinite(output).all():
        return name, None, "its answers are not finite"
    path = Path(folder) / name
    save(model, path, kind)
    with h5py.File(f"{path}.expected.h5", "w") as file:
        file["input"], file["output"] = images, output
    return name, path, " ".join(node[0] for node in spec.nodes)


def verify(emojify, path, tolerance=TOLERANCE, expected=None):
    """What `emojify model verify` says where it does not agree."""
    options = []
    if (model := Path(f"{path}.keras")).exists() or (model := Path(f"{path}.h5")).exists():
        pass
    else:
        model = Path(f"{path}.weights.h5")
        options = ["--config", f"{path}.json"]
    run = subprocess.run(
        [emojify, "model", "verify", str(model), expected or f"{path}.expected.h5", "--tolerance", str(tolerance), *options],
        capture_output=True, text=True, timeout=60)
    return None if run.returncode == 0 else (run.stderr or run.stdout).strip()


def random_cases(options):
    passed, refused, failed = 0, {}, []
    formats = options.formats.split(",")
    for seed in range(options.seed, options.seed + options.count):
        name, path, what = make(options.folder, seed, formats, options.further, not options.no_first)
        if path is None:
            refused[what] = refused.get(what, 0) + 1
            continue
        if not options.emojify:
            continue
        said = verify(options.emojify, path)
        if said is None:
            passed += 1
            for file in Path(options.folder).glob(f"{name}.*"):
                file.unlink()
        else:
            failed.append(name)
            print(f"{name}: {said}\n    {what}", flush=True)
    for reason, count in refused.items():
        print(f"{count} times Keras refused its own model: {reason}")
    if options.emojify:
        print(f"{passed} models answer as in Keras within {TOLERANCE:g}, {len(failed)} do not")
        raise SystemExit(1 if failed or not passed else 0)


# MARK: what is checked in


def goldens(options):
    """The first small models that bring a class of layers nobody brought before."""
    seen, seed = set(), 1000
    wanted = 12
    while wanted > 0 and seed < 4000:
        name, path, what = make(options.folder, seed, ["h5"], False, True)
        seed += 1
        if path is None:
            continue
        kinds = set(what.split())
        files = [Path(f"{path}.h5"), Path(f"{path}.expected.h5")]
        if len(kinds - seen) >= (3 if wanted > 6 else 1) and files[0].stat().st_size < 26_000:
            seen |= kinds
            wanted -= 1
            print(name, files[0].stat().st_size, *sorted(kinds))
        else:
            for file in files:
                file.unlink()


# MARK: what emojify saves


def architectures(options):
    folder = Path(options.folder)

    def run(*words):
        return subprocess.run([options.emojify, *words], capture_output=True, text=True, check=True, cwd=folder).stdout

    run("dataset", "draw", "faces.csv", "--count", "56", "--seed", "1", "--quiet")
    failed = []
    for facts in json.loads(run("model", "list", "--json")):
        name = facts["name"]
        run("train", "faces.csv", "--architecture", name, "--epochs", "1", "--batch-size", "8", "--seed", "1", "--output", f"run-{name}",
            "--quiet")
        for k in (keras, tf_keras):
            k.backend.clear_session()
            file = folder / f"run-{name}" / "last.h5"
            try:
                model = k.models.load_model(file, compile=False)
                images = np.random.default_rng(1).uniform(0, 255, (2, *model.input_shape[1:])).astype("float32")
                with h5py.File(folder / "expected.h5", "w") as expected:
                    expected["input"], expected["output"] = images, np.asarray(model(images, training=False))
                said = verify(options.emojify, file.with_suffix(""), expected=str(folder / "expected.h5"))
            except Exception as error:  # whatever Keras does not like
                said = f"{type(error).__name__}: {str(error)[:300]}"
            print(f"{name} in {k.__name__}: {said or 'the same'}", flush=True)
            if said:
                failed.append(name)
    raise SystemExit(1 if failed else 0)


parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("folder")
parser.add_argument("--count", type=int, default=300)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--emojify", help="the program to try")
parser.add_argument("--formats", default="h5,keras,weights", help="in turn: h5, keras, weights")
parser.add_argument("--further", action="store_true", help="activations and options beyond the common ones")
parser.add_argument("--no-first", action="store_true", help="no channels_first")
parser.add_argument("--goldens", action="store_true")
parser.add_argument("--architectures", action="store_true")

if __name__ == "__main__":
    options = parser.parse_args()
    if options.emojify:
        program = shutil.which(options.emojify) or options.emojify
        options.emojify = str(Path(program).resolve())  # it is run in other folders
    Path(options.folder).mkdir(parents=True, exist_ok=True)
    if options.goldens:
        goldens(options)
    elif options.architectures:
        architectures(options)
    else:
        random_cases(options)
