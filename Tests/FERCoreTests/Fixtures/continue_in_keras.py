"""Whether training goes on in Keras where emojify stopped: `continue_in_keras.py FOLDER --emojify PROGRAM`.

One way: emojify trains a small network of Keras' for some steps on one batch, and for one step more. The checkpoint of the first,
converted, makes that step in Keras 2 (.h5) and Keras 3 (.keras): weights and what the optimizer remembers must come out as
emojify's. The same step by an optimizer that remembers nothing must not.

The other way: models that Keras 2, its legacy optimizers and Keras 3 trained are converted to both forms, and what the optimizer
remembers must be in its place, number by number.
"""

import argparse
import contextlib
import csv
import io
import os
import subprocess
import sys
import warnings
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import numpy as np
import tf_keras

STEPS = 3
TOLERANCE = 2e-3  # of the step's largest change: float32 sums in another order, divided by the root of small moments
failed = []


def report(name, error):
    print(f"{name}: {error or 'the same'}", flush=True)
    if error:
        failed.append(name)


def run(folder, program, *words, fails=False):
    process = subprocess.run([program, *words], capture_output=True, text=True, cwd=folder)
    assert fails or process.returncode == 0, (words, process.stderr)
    return process.stderr


def quietly(body):
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        result = body()
    return result, [str(warning.message) for warning in said if "ptimizer" in str(warning.message)]


def small(k):
    """Two branches, and a bias wherever its gradient is more than rounding."""
    k.utils.set_random_seed(1)
    l = k.layers
    x = inputs = k.Input((48, 48, 1))
    x = l.Rescaling(1 / 255, name="rescaling")(x)
    x = l.Conv2D(4, 3, strides=4, use_bias=False, name="first")(x)
    x = l.BatchNormalization(name="norm")(x)
    x = l.Activation("relu", name="relu")(x)
    a = l.SeparableConv2D(6, 3, padding="same", activation="relu", name="left")(x)
    b = l.Conv2D(6, 1, activation="relu", name="right")(x)
    x = l.Add(name="add")([a, b])
    x = l.GlobalAveragePooling2D(name="pool")(x)
    return k.Model(inputs, l.Dense(7, activation="softmax", name="head")(x))


def remembered(model):
    """Arrays of the optimizer by slot and variable: what every Keras calls otherwise."""
    optimizer = model.optimizer
    if hasattr(optimizer, "get_slot_names"):
        names = [n for n in ("momentum", "m", "v") if n in optimizer.get_slot_names()]
        lists = [[optimizer.get_slot(v, n) for v in model.trainable_variables] for n in names]
    else:
        lists = [getattr(optimizer, n, None) for n in ("_momentums", "momentums", "_velocities")]
        seen = []
        for l in lists:
            if l and not any(l is other for other in seen):
                seen.append(l)
        lists = seen
    return [[np.asarray(v) for v in l] for l in lists]


def training_images(folder):
    with open(folder / "faces.csv") as file:
        rows = [row for row in csv.DictReader(file) if row["Usage"] == "Training"]
    images = np.array([np.fromstring(row["pixels"], sep=" ") for row in rows], "float32").reshape(-1, 48, 48, 1)
    return images, np.eye(7, dtype="float32")[[int(row["emotion"]) for row in rows]]


# MARK: from emojify


KINDS = {
    "adam": ["--optimizer", "adam", "--learning-rate", "0.01"],
    "adamw": ["--optimizer", "adamw", "--learning-rate", "0.01", "--weight-decay", "0.1"],
    "momentum": ["--optimizer", "sgd", "--learning-rate", "0.05"],
    "sgd": ["--optimizer", "sgd", "--learning-rate", "0.05", "--momentum", "0"],
    "frozen": ["--optimizer", "adam", "--learning-rate", "0.01", "--freeze", "first,norm"],
}


def go_on(folder, program):
    run(folder, program, "dataset", "draw", "faces.csv", "--count", "60", "--seed", "1", "--quiet")
    images, targets = training_images(folder)
    quietly(lambda: small(tf_keras).save(folder / "small.h5", include_optimizer=False))
    plain = ["--init-weights", "small.h5", "--input-range", "0..255", "--labels", "fer", "--augment", "none", "--ema", "0", "--label-smoothing",
             "0", "--schedule", "constant", "--warmup-epochs", "0", "--batch-size", str(len(images)), "--seed", "1", "--quiet"]
    for kind, options in KINDS.items():
        for steps in (STEPS, STEPS + 1):
            name = f"{kind}-{steps}"
            run(folder, program, "train", "faces.csv", *plain, *options, "--epochs", str(steps), "--output", name)
            for form in ("h5", "keras"):
                run(folder, program, "model", "convert", f"{name}/checkpoint.h5", f"{name}.{form}")
        for k, form in ((tf_keras, "h5"), (keras, "keras")):
            name = f"{kind}, next step in {k.__name__} from .{form}"
            try:
                report(name, next_step(k, folder / f"{kind}-{STEPS}.{form}", folder / f"{kind}-{STEPS + 1}.{form}", images, targets))
            except Exception as error:
                report(name, f"{type(error).__name__}: {str(error)[:300]}")
        # Keras 3 cannot use Keras 2's list; the network is the same.
        (a, _), (b, _) = (quietly(lambda f=f: keras.models.load_model(folder / f"{kind}-{STEPS}.{f}")) for f in ("h5", "keras"))
        difference = float(np.abs(a.predict(images, verbose=0) - b.predict(images, verbose=0)).max())
        report(f"{kind}, .h5 in Keras 3, iterations {int(a.optimizer.iterations)}", None if difference < 1e-6 else f"differs by {difference:g}")


def next_step(k, before, after, images, targets):
    (model, said), (aim, _) = quietly(lambda: k.models.load_model(before)), quietly(lambda: k.models.load_model(after))
    if said:
        return f"Keras warns: {said[0]}"
    if int(model.optimizer.iterations) != STEPS:
        return f"{int(model.optimizer.iterations)} steps, expected {STEPS}"
    if "adamw" in before.name:
        # Keras decays all, emojify only kernels. tf_keras takes no exceptions once a model is loaded, but has a place for them.
        if k is keras:
            model.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        else:
            model.optimizer._exclude_from_weight_decay_names = ["bias", "gamma", "beta"]
    start = [np.array(w) for w in model.get_weights()]
    model.train_on_batch(images, targets)
    worst = 0
    wanted = aim.get_weights()
    size = max(np.abs(c - a).max() for a, c in zip(start, wanted))
    for weight, a, b, c in zip(model.weights, start, model.get_weights(), wanted):
        worst = max(worst, np.abs(b - c).max() / size)
    for own, others in zip(remembered(model), remembered(aim)):
        size = max(np.abs(c).max() for c in others)
        worst = max([worst] + [np.abs(b - c).max() / size for b, c in zip(own, others)])
    print(f"    largest difference {worst:.1e} of the largest change", flush=True)
    if worst > TOLERANCE:
        return f"differs by {worst:.1e} of the largest change"
    # What an optimizer without its memory does, so that the above says something.
    if remembered(model):
        fresh, _ = quietly(lambda: k.models.load_model(before))
        rate = float(fresh.optimizer.learning_rate)
        settings = {**fresh.optimizer.get_config(), "learning_rate": rate}
        fresh.compile(type(fresh.optimizer).from_config(settings), "categorical_crossentropy")
        fresh.train_on_batch(images, targets)
        size = max(np.abs(c - a).max() for a, c in zip(start, wanted))
        other = max(np.abs(b - c).max() / size for b, c in zip(fresh.get_weights(), wanted))
        if other < 20 * TOLERANCE:
            return f"a fresh optimizer makes the same step ({other:.1e}): nothing is shown"
    return None


# MARK: from Keras


def makers():
    new = {
        "adam": lambda o: o.Adam(0.01), "adamw": lambda o: o.AdamW(0.01, weight_decay=0.1), "sgd": lambda o: o.SGD(0.01),
        "momentum": lambda o: o.SGD(0.01, momentum=0.9, nesterov=True)}
    for kind, make in new.items():
        yield f"tf_keras {kind} h5", tf_keras, make(tf_keras.optimizers), "h5"
        if kind != "adamw":
            yield f"tf_keras legacy {kind} h5", tf_keras, make(tf_keras.optimizers.legacy), "h5"
        yield f"tf_keras {kind} keras", tf_keras, make(tf_keras.optimizers), "keras"
        yield f"keras {kind} h5", keras, make(keras.optimizers), "h5"
        yield f"keras {kind} keras", keras, make(keras.optimizers), "keras"


def nested(k):
    """A model in a model, a frozen layer, and layers whose names do not sort as they stand."""
    k.utils.set_random_seed(2)
    l = k.layers
    inside = k.Sequential([k.Input((8, 8, 3)), l.Conv2D(4, 3, padding="same", name="z"), l.BatchNormalization(name="y")], name="inner")
    inputs = k.Input((8, 8, 1), name="start")
    x = l.Conv2D(3, 3, padding="same", activation="relu", name="q")(inputs)
    a = inside(x)
    b = l.Conv2D(4, 1, name="b_frozen", trainable=False)(x)
    x = l.PReLU(shared_axes=[1, 2], name="a")(l.Add(name="sum")([a, b]))
    x = l.DepthwiseConv2D(3, name="m")(x)
    x = l.Flatten(name="flat")(x)
    return k.Model(inputs, l.Dense(5, activation="softmax", name="end")(x))


def round_trips(folder, program):
    random = np.random.default_rng(3)
    images = random.normal(size=(16, 8, 8, 1)).astype("float32")
    targets = np.eye(5, dtype="float32")[random.integers(0, 5, 16)]
    for name, k, optimizer, form in makers():
        file = folder / f"{name.replace(' ', '_')}.{form}"
        try:
            k.backend.clear_session()
            model = nested(k)
            model.compile(optimizer, "categorical_crossentropy")
            model.fit(images, targets, batch_size=8, epochs=2, verbose=0)
            quietly(lambda: model.save(file))
            for k2, to in ((tf_keras, "h5"), (keras, "keras")):
                said = run(folder, program, "model", "convert", file.name, f"{file.stem}_copy.{to}")
                copy, warned = quietly(lambda: k2.models.load_model(folder / f"{file.stem}_copy.{to}"))
                report(f"{name} as {to}", compare(model, copy, images) or (warned or [None])[0] or (None if "remembers of 4 steps" in said else said))
        except Exception as error:
            report(name, f"{type(error).__name__}: {str(error)[:300]}")
    model.compile(keras.optimizers.RMSprop(0.01), "categorical_crossentropy")
    model.fit(images, targets, verbose=0)
    model.save(folder / "other.keras")
    said = run(folder, program, "model", "convert", "other.keras", "other_copy.keras")
    report("keras rmsprop", None if "left out what the optimizer remembers: that of RMSprop" in said else said)


def compare(model, copy, images):
    if not np.allclose(model.predict(images, verbose=0), copy.predict(images, verbose=0), atol=1e-5):
        return "another answer"
    if int(copy.optimizer.iterations) != int(model.optimizer.iterations):
        return f"{int(copy.optimizer.iterations)} steps"
    if len(copy.trainable_variables) != len(model.trainable_variables):
        return "other layers learn"
    mine, others = remembered(model), remembered(copy)
    if float(getattr(model.optimizer, "momentum", 1) or 0) == 0:  # nobody reads what is there
        return None
    if len(mine) != len(others):
        return f"{len(others)} arrays a parameter, expected {len(mine)}"
    # The copy has the layers of the inner model among its own, perhaps in another order: by shape and numbers.
    weights = {}
    for place, v in enumerate(copy.trainable_variables):
        weights[np.asarray(v).tobytes()] = place
    for place, v in enumerate(model.trainable_variables):
        other = weights.get(np.asarray(v).tobytes())
        if other is None:
            return f"{v.name} is not there"
        for own, copied in zip(mine, others):
            if not np.array_equal(own[place], copied[other]):
                return f"{v.name}: other numbers"
    return None


parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("folder")
parser.add_argument("--emojify", required=True, help="the program to try")

if __name__ == "__main__":
    options = parser.parse_args()
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    program = os.path.abspath(options.emojify)
    go_on(folder, program)
    round_trips(folder, program)
    sys.exit(f"{len(failed)} failed" if failed else 0)
