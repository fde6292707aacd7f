"""What Keras answers to a model that emojify saved: `open_in_keras.py MODULE MODEL.h5 IMAGES.h5 ANSWERS.h5`.

MODULE is keras or tf_keras. IMAGES.h5 holds the dataset `input`, ANSWERS.h5 gets the dataset `output`. Checks on the way
that Keras takes every weight under its own name: names and order are what it matches them by.
"""

import importlib
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import numpy as np

module, model_path, images_path, answers_path = sys.argv[1:]
keras = importlib.import_module(module)
model = keras.models.load_model(model_path)

with h5py.File(model_path) as file:
    names = [n.decode() if isinstance(n, bytes) else n for n in file["model_weights"].attrs["layer_names"]]
    assert names == [layer.name for layer in model.layers], names
    for layer in model.layers:
        for weight in layer.weights:
            name = weight.name.split("/")[-1].split(":")[0]
            stored = file[f"model_weights/{layer.name}/{layer.name}/{name}:0"][()]
            assert np.array_equal(stored, np.asarray(weight)), (layer.name, name)

with h5py.File(images_path) as file:
    images = file["input"][()]
with h5py.File(answers_path, "w") as file:
    file["output"] = np.asarray(model(images, training=False))
