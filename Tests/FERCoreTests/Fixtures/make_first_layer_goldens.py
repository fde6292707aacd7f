"""Makes first/: models whose images have their channels first, which the first layers do not say, and what they answer.

NAME.h5 is the model, NAME.expected.h5 its 'input' and 'output' as `emojify model verify` takes them. Needs keras 3 with torch,
whose convolutions take channels first on a CPU. Run in this folder: everything is made anew.
"""

import os

os.environ["KERAS_BACKEND"] = "torch"

import h5py
import keras
import numpy as np
from keras import layers as l

rng = np.random.default_rng(16)
first = {"data_format": "channels_first"}


def ending():
    """Flatten's format is channels last, as nearly always: it keeps the order of axes."""
    return [l.Flatten(data_format="channels_last"), l.Dense(3, activation="softmax")]


MODELS = {
    # The first layer with a data_format has it first.
    "normalized": lambda: [
        keras.Input((1, 12, 10)), l.BatchNormalization(axis=1), l.Conv2D(4, 3, **first), *ending()],
    "normalized_last": lambda: [
        keras.Input((1, 12, 10)), l.BatchNormalization(), l.Conv2D(4, 3, **first), *ending()],
    "rescaled": lambda: [
        keras.Input((3, 12, 10)), l.Rescaling(0.5, 0.1), l.Activation("tanh"),
        l.Conv2D(4, 3, **first), *ending()],
    "standardized": lambda: [
        keras.Input((3, 12, 10)),
        l.Normalization(axis=1, mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0]), l.PReLU(),
        l.Softmax(axis=1), l.Conv2D(4, 3, **first), *ending()],
    "dense": lambda: [
        keras.Input((1, 12, 10)), l.Dense(6), l.Conv2D(4, 3, **first), *ending()],
    # The axes are changed before any layer with a data_format: only the shape tells.
    "permuted": lambda: [
        keras.Input((1, 12, 10)), l.Permute((2, 3, 1)), l.Conv2D(4, 3), *ending()],
    "reshaped": lambda: [
        keras.Input((3, 12, 10)), l.Activation("tanh"), l.Reshape((18, 20, 1)), l.Conv2D(4, 3),
        *ending()],
    "flat": lambda: [keras.Input((3, 12, 10)), l.BatchNormalization(axis=1), *ending()],
    # Channels last, brought to the front by the model itself.
    "permuted_itself": lambda: [
        keras.Input((12, 10, 1)), l.Permute((3, 1, 2)), l.Conv2D(4, 3, **first), *ending()],
}


def main():
    for name, layers in MODELS.items():
        model = keras.Sequential(layers())
        for w in model.weights:
            values = rng.normal(0, 0.4, w.shape)
            w.assign((0.5 + np.abs(values) if "variance" in w.path else values).astype("float32"))
        model.save(f"first/{name}.h5")
        x = rng.normal(size=(3,) + tuple(model.input_shape[1:])).astype("float32")
        with h5py.File(f"first/{name}.expected.h5", "w") as f:
            f["input"] = x
            f["output"] = np.asarray(model.predict(x, verbose=0))


main()
