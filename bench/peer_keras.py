#!/usr/bin/env python3
"""The side of Keras 3 on TensorFlow. Prints one JSON line.

Variants, of which the faster counts: the TensorFlow graph, and the same compiled by XLA.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import measure

VARIANTS = {mode: ["graph", "xla"] for mode in measure.MODES}


def normalized(x, filters):
    """3 x 3 same convolution, no bias, batch norm."""
    x = layers.Conv2D(
        filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-3)(x)


def convolution(x, filters):
    return layers.ReLU()(normalized(x, filters))


def emojify(x):
    x = layers.Rescaling(1 / 255)(x)
    x = layers.Conv2D(32, 3, activation="relu")(x)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.Dropout(0.25)(layers.MaxPooling2D()(x))
    x = layers.Conv2D(128, 3, activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(128, 3, activation="relu")(x)
    x = layers.Dropout(0.25)(layers.MaxPooling2D()(x))
    x = layers.Dense(1024, activation="relu")(layers.Flatten()(x))
    return layers.Dense(measure.CLASSES)(layers.Dropout(0.5)(x))


def vgg_small(x):
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    for filters in [32, 64, 128, 256]:
        x = convolution(convolution(x, filters), filters)
        x = layers.MaxPooling2D()(x)
    x = layers.Dense(256, activation="relu")(layers.Flatten()(x))
    return layers.Dense(measure.CLASSES)(layers.Dropout(0.5)(x))


def fast(x):
    x = convolution(layers.Rescaling(1 / 127.5, offset=-1)(x), 32)
    for filters in [64, 128, 192]:
        x = convolution(layers.MaxPooling2D()(x), filters)
        x = layers.ReLU()(layers.Add()([normalized(x, filters), x]))
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(x))
    return layers.Dense(measure.CLASSES)(x)


def network(name, answers_probabilities):
    keras.utils.set_random_seed(1)
    images = keras.Input((measure.SIDE, measure.SIDE, 1))
    logits = {"emojify": emojify, "vgg-small": vgg_small, "fast": fast}[name](images)
    return keras.Model(images, layers.Softmax()(logits) if answers_probabilities else logits)


def make_step(options, variant):
    random = np.random.default_rng(1)
    shape = (options.batch_size, measure.SIDE, measure.SIDE, 1)
    images = tf.constant(random.integers(0, 256, shape).astype("float32"))
    labels = tf.constant(random.integers(0, measure.CLASSES, options.batch_size))
    model = network(options.architecture, answers_probabilities=options.mode != "train")
    if options.mode == "train":
        return training_step(model, images, labels, compiles=variant == "xla")
    answer = tf.function(lambda x: model(x, training=False), jit_compile=variant == "xla")
    return lambda: answer(images).numpy()


def training_step(model, images, labels, compiles):
    """The step that `fit` makes, without its progress bar and callbacks."""
    model.compile(
        optimizer=keras.optimizers.Adam(measure.LEARNING_RATE, epsilon=measure.EPSILON),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=compiles)
    model.make_train_function()
    batches = iter(tf.data.Dataset.from_tensors((images, labels)).cache().repeat())
    return lambda: float(model.train_function(batches)["loss"])


def main():
    options = measure.arguments(__doc__.splitlines()[0], VARIANTS)
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    count = sum(
        int(np.prod(variable.shape))
        for variable in network(options.architecture, False).trainable_variables)
    measure.run(
        "Keras", f"{keras.__version__} on TensorFlow {tf.__version__}", options, count,
        lambda variant: make_step(options, variant))


if __name__ == "__main__":
    main()
