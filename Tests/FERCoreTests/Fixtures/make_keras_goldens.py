"""Makes the models keras3_*.h5 and tf_keras_*.h5 and what they answer: needs tensorflow, keras 3 and tf_keras.

For each model NAME.h5, keras_goldens.h5 holds NAME/input and NAME/output. Run in this folder.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import numpy as np
import tf_keras


def sequential(k):
    """Every chain layer; kernels, strides and paddings that are not symmetric."""
    l = k.layers
    return k.Sequential([
        k.Input((11, 10, 2)),
        l.Rescaling(1 / 127.5, offset=-1),
        l.Conv2D(3, 3, strides=2, padding="same", activation="leaky_relu"),
        l.BatchNormalization(momentum=0.9, epsilon=1e-5),
        l.Activation("relu"),
        l.MaxPooling2D(2, strides=1, padding="same"),
        l.Conv2D(4, (2, 3), use_bias=False, padding="valid", activation="swish"),
        l.BatchNormalization(center=False, scale=False),
        l.AveragePooling2D((2, 1), padding="same"),
        l.Dropout(0.25),
        l.Flatten(),
        l.Dense(5, activation="elu"),
        l.Dense(4, use_bias=False, activation="tanh"),
        l.Dense(3, activation="softmax"),
    ])


def functional(k):
    """Two branches of different length that meet again, the shorter one with weights: Keras' own order of layers
    differs from the order of making them."""
    l = k.layers
    pixels = k.Input((9, 9, 1), name="pixels")
    x = l.Conv2D(4, 3, padding="same", name="stem")(pixels)
    short = l.Conv2D(4, 1, strides=2, padding="same", use_bias=False, name="a_shortcut")(x)
    y = l.BatchNormalization(name="norm")(x)
    y = l.Activation("sigmoid", name="gate")(y)
    y = l.Conv2D(4, 3, strides=2, padding="same", name="main")(y)
    x = l.Add(name="sum")([short, y])
    x = l.Add(name="sum_of_three")([x, short, y])
    x = l.GlobalAveragePooling2D(name="mean")(x)
    return k.Model(pixels, l.Dense(3, activation="softmax", name="scores")(x))


def separable(k):
    """Depthwise convolutions, some with several kernels a channel."""
    l = k.layers
    return k.Sequential([
        k.Input((9, 8, 3)),
        l.DepthwiseConv2D(3, padding="same", depth_multiplier=3, activation="tanh"),
        l.Conv2D(5, 1, activation="relu"),
        l.DepthwiseConv2D((2, 3), strides=2, use_bias=False),
        l.GlobalAveragePooling2D(),
        l.Dense(3, activation="softmax"),
    ])


random = np.random.default_rng(7)
with h5py.File("keras_goldens.h5", "w") as goldens:
    for k in (keras, tf_keras):
        for make in (sequential, functional, separable):
            k.backend.clear_session()
            model = make(k)
            for weight in model.weights:
                values = random.normal(0, 0.5, weight.shape)
                if "variance" in weight.name:
                    values = np.abs(values) + 0.5
                weight.assign(values.astype("float32"))
            name = ("keras3_" if k is keras else "tf_keras_") + make.__name__
            high = 255 if make is sequential else 1
            images = random.uniform(0, high, (3, *model.input_shape[1:])).astype("float32")
            model.save(name + ".h5", include_optimizer=False)
            goldens[name + "/input"] = images
            goldens[name + "/output"] = model(images, training=False).numpy()
            print(name, os.path.getsize(name + ".h5"))
