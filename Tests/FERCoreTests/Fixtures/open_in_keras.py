"""What Keras answers to models that emojify saved: `open_in_keras.py MODULE FOLDER NAME...`.

MODULE is keras or tf_keras. For each NAME, FOLDER holds NAME.h5 (the model) and NAME.images.h5 (the dataset `input`), and
gets NAME.answers.h5 (the dataset `output`). Keras 3 opens NAME.keras, the same model, too. Checks on the way that Keras takes every weight for what it is: Keras goes
by the order of layers, not by their names.
"""

import importlib
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import numpy as np

module, folder, *names = sys.argv[1:]
keras = importlib.import_module(module)

for name in names:
    path = os.path.join(folder, name)
    model = keras.models.load_model(path + ".h5")
    assert type(model.optimizer).__name__ == "AdamW", model.optimizer
    # Of an AdamW in the legacy layout Keras 3 takes nothing but the name.
    assert module == "keras" or float(model.optimizer.learning_rate) == 0.25
    with h5py.File(path + ".h5") as file:
        weights = file["model_weights"]
        layers = [n.decode() if isinstance(n, bytes) else n for n in weights.attrs["layer_names"]]
        assert layers == [layer.name for layer in model.layers], layers
        for layer in model.layers:
            for weight in layer.weights:
                parameter = weight.name.split("/")[-1].split(":")[0]
                # tf_keras' name for what Keras 3 and emojify call the kernel.
                parameter = parameter.replace("depthwise_kernel", "kernel")
                stored = weights[f"{layer.name}/{layer.name}/{parameter}:0"][()]
                assert np.array_equal(stored, np.asarray(weight)), (name, layer.name, parameter)
    with h5py.File(path + ".images.h5") as file:
        images = file["input"][()]
    output = np.asarray(model(images, training=False))
    with h5py.File(path + ".answers.h5", "w") as file:
        file["output"] = output
    if module == "keras":
        archive = keras.models.load_model(path + ".keras")
        assert type(archive.optimizer).__name__ == "AdamW", archive.optimizer
        assert float(archive.optimizer.learning_rate) == 0.25
        answers = np.asarray(archive(images, training=False))
        assert np.allclose(answers, output, rtol=0, atol=1e-6), (name, "keras")
