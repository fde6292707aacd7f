"""Makes reader/: models as the several Keras wrote them, and goldens.h5 with what they answer (NAME/input, NAME/output).

Needs keras 3 with torch, whose convolutions take channels first on a CPU, and tf_keras with tensorflow. Files of Keras 1,
which runs nowhere today, are written here by hand from a model of Keras 3 that answers for them. Run in this folder:
everything is made anew, so that all files belong together.
"""

import json
import os

os.environ["KERAS_BACKEND"] = "torch"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import numpy as np
import tf_keras
from keras import layers as l

rng = np.random.default_rng(6)
first = {"data_format": "channels_first"}


def shake(model):
    """No weight is where it started; variances are positive."""
    for w in model.weights:
        values = rng.normal(0, 0.4, w.shape)
        is_variance = "variance" in getattr(w, "path", w.name)
        w.assign((0.5 + np.abs(values) if is_variance else values).astype("float32"))
    return model


def answer(name, model, goldens):
    x = rng.normal(size=(3,) + tuple(model.input_shape[1:])).astype("float32")
    goldens[f"{name}/input"] = x
    goldens[f"{name}/output"] = np.asarray(model.predict(x, verbose=0))


def channels_first_chain():
    return keras.Sequential([
        keras.Input((1, 12, 10)),
        l.Conv2D(4, 3, activation="relu", **first),
        l.BatchNormalization(axis=1),
        l.MaxPooling2D(2, **first),
        l.Conv2D(5, 2, padding="same", activation="softmax", **first),
        l.PReLU(),
        l.Flatten(data_format="channels_last"),
        l.Dense(6, activation="relu"),
        l.Dropout(0.3),
        l.Dense(4, activation="softmax"),
    ])


def channels_first_flat():
    return keras.Sequential([
        keras.Input((3, 12, 10)),
        l.Conv2D(4, 3, activation="relu", **first),
        l.LeakyReLU(),
        l.ZeroPadding2D(((1, 2), (0, 1)), **first),
        l.AveragePooling2D(2, **first),
        l.PReLU(shared_axes=[2, 3]),
        l.Flatten(**first),
        l.Dense(4, activation="softmax"),
    ])


def channels_first_graph():
    """What has an axis, in one graph, and layers of the other format among them."""
    pixels = keras.Input((3, 13, 11))
    a = l.Conv2D(4, 3, strides=2, padding="same", **first)(pixels)
    b = l.SeparableConv2D(4, 3, strides=2, padding="same", **first)(pixels)
    x = l.Add()([a, b])
    gate = l.Dense(4, activation="sigmoid")(l.GlobalAveragePooling2D(**first)(x))
    x = l.Multiply()([x, l.Reshape((4, 1, 1))(gate)])
    x = l.Concatenate(axis=1)([x, l.DepthwiseConv2D(3, padding="same", **first)(x)])
    x = l.Cropping2D(((1, 0), (2, 1)), **first)(l.UpSampling2D(2, **first)(x))
    x = l.Concatenate(axis=2)([x, x])
    x = l.Softmax(axis=1)(l.BatchNormalization(axis=1)(x))
    x = l.SpatialDropout2D(0.2, **first)(x)
    y = l.Conv2D(3, 2)(l.Dense(5)(l.Permute((2, 3, 1))(x)))
    y = l.GlobalMaxPooling2D()(y)
    z = l.BatchNormalization(axis=2)(l.Dense(3)(x))
    z = l.GlobalMaxPooling2D(**first)(z)
    return keras.Model(pixels, l.Dense(4)(l.Concatenate()([y, z])))


def mixed_formats():
    """A pooling over what are not the channels of its convolutions: a published model has that."""
    return keras.Sequential([
        keras.Input((12, 12, 1)),
        l.Conv2D(4, 3),
        l.MaxPooling2D(2, **first),
        l.Conv2D(6, 2, strides=(2, 1)),
        l.Flatten(),
        l.Dense(3),
    ])


# Keras 1


def old_file(name, config, weights, version=None):
    """Keras 1's layout; `weights` maps a layer to its arrays by name, in order."""
    with h5py.File(f"reader/{name}.h5", "w") as f:
        if version:
            f.attrs["keras_version"] = version.encode()
        f.attrs["model_config"] = json.dumps(config).encode()
        g = f.create_group("model_weights")
        g.attrs["layer_names"] = [n.encode() for n in weights]
        for layer, arrays in weights.items():
            lg = g.create_group(layer)
            lg.attrs["weight_names"] = [n.encode() for n in arrays]
            for n, values in arrays.items():
                lg[n] = values


def old(class_name, name, **config):
    return {"class_name": class_name, "config": {"name": name, "trainable": True, **config}}


def convolution(name, filters, size, ordering, **config):
    return old(
        "Convolution2D", name, nb_filter=filters, nb_row=size[0], nb_col=size[1],
        dim_ordering=ordering, init="glorot_uniform", W_regularizer=None, b_regularizer=None,
        W_constraint=None, b_constraint=None, activity_regularizer=None,
        **{"border_mode": "valid", "subsample": [1, 1], "activation": "linear", "bias": True,
           **config})


def dense(name, units, activation):
    return old(
        "Dense", name, output_dim=units, input_dim=None, activation=activation, bias=True,
        init="glorot_uniform", W_regularizer=None, b_regularizer=None)


def normalization(name, axis):
    return old(
        "BatchNormalization", name, mode=0, axis=axis, epsilon=1e-3, momentum=0.99,
        beta_regularizer=None, gamma_regularizer=None)


def statistics(layer, name, suffix):
    names = ["gamma", "beta", "running_mean", "running_std"]
    return {f"{name}_{n}{suffix}": w for n, w in zip(names, layer.get_weights())}


def keras1_theano():
    """A chain as a bare list, channels and filters first, kernels turned round, Flatten in that order."""
    model = shake(keras.Sequential([
        keras.Input((1, 11, 10)),
        l.ZeroPadding2D(((1, 0), (2, 1)), **first),
        l.Conv2D(4, (3, 2), activation="relu", name="c1", **first),
        l.BatchNormalization(axis=1, name="n"),
        l.MaxPooling2D(2, **first),
        # Theano's `same` at stride 2 on 5 x 6: half a kernel before, whatever is missing behind.
        l.ZeroPadding2D(((1, 1), (1, 0)), **first),
        l.Conv2D(3, 3, strides=2, name="c2", **first),
        l.LeakyReLU(negative_slope=0.25),
        l.PReLU(name="p"),
        l.Flatten(data_format="channels_last"),
        l.Dense(5, name="d1"),
        l.Dropout(0.5),
        l.Dense(3, activation="softmax", name="d2"),
    ]))
    config = [
        old("ZeroPadding2D", "zeropadding2d_1", padding=[1, 0, 2, 1], dim_ordering="th",
            batch_input_shape=[None, 1, 11, 10], input_dtype="float32"),
        convolution("convolution2d_1", 4, (3, 2), "th", activation="relu"),
        normalization("batchnormalization_1", 1),
        old("MaxPooling2D", "maxpooling2d_1", pool_size=[2, 2], strides=[2, 2],
            border_mode="valid", dim_ordering="th"),
        convolution("convolution2d_2", 3, (3, 3), "th", border_mode="same", subsample=[2, 2]),
        old("LeakyReLU", "leakyrelu_1", alpha=0.25),
        old("PReLU", "prelu_1", init="zero"),
        old("Flatten", "flatten_1"),
        dense("dense_1", 5, "linear"),
        old("Dropout", "dropout_1", p=0.5),
        dense("dense_2", 3, "softmax"),
    ]

    def turned(layer, name):
        kernel, bias = model.get_layer(layer).get_weights()
        return {f"{name}_W": kernel.transpose(3, 2, 0, 1)[:, :, ::-1, ::-1], f"{name}_b": bias}

    def plain(layer, name):
        kernel, bias = model.get_layer(layer).get_weights()
        return {f"{name}_W": kernel, f"{name}_b": bias}

    weights = {entry["config"]["name"]: {} for entry in config}
    weights["convolution2d_1"] = turned("c1", "convolution2d_1")
    weights["convolution2d_2"] = turned("c2", "convolution2d_2")
    weights["batchnormalization_1"] = statistics(
        model.get_layer("n"), "batchnormalization_1", "")
    weights["prelu_1"] = {"prelu_1_alphas": model.get_layer("p").get_weights()[0]}
    weights["dense_1"] = plain("d1", "dense_1")
    weights["dense_2"] = plain("d2", "dense_2")
    old_file("keras1_theano", {"class_name": "Sequential", "config": config}, weights)
    return model


def keras1_tensorflow(ordering):
    """A graph with merges of each mode; kernels are not turned round, th has filters first."""
    is_first = ordering == "th"
    kind = first if is_first else {"data_format": "channels_last"}
    axis = 1 if is_first else 3
    shape = (2, 9, 8) if is_first else (9, 8, 2)
    pixels = keras.Input(shape)
    a = l.Conv2D(3, 3, strides=(2, 1), padding="same", activation="relu", name="a", **kind)(pixels)
    b = l.Conv2D(3, 2, strides=(2, 1), padding="same", use_bias=False, name="b", **kind)(pixels)
    merged = [l.Add()([a, b]), l.Multiply()([a, b]), l.Average()([a, b]), l.Maximum()([a, b])]
    x = l.Concatenate(axis=axis)(merged)
    x = l.BatchNormalization(axis=axis, name="n")(x)
    x = l.AveragePooling2D((2, 3), strides=(1, 2), **kind)(x)
    x = l.Conv2D(4, 2, dilation_rate=(2, 1), name="c", **kind)(x)
    x = l.GlobalAveragePooling2D(**kind)(x)
    model = shake(keras.Model(pixels, l.Dense(3, name="d")(x)))

    def call(*names):
        return [[[n, 0, 0] for n in names]]

    merges = ["sum", "mul", "ave", "max"]
    layers = [
        (old("InputLayer", "input_1", batch_input_shape=[None, *shape], input_dtype="float32",
             sparse=False), []),
        (convolution("a", 3, (3, 3), ordering, border_mode="same", subsample=[2, 1],
                     activation="relu"), call("input_1")),
        (convolution("b", 3, (2, 2), ordering, border_mode="same", subsample=[2, 1], bias=False),
         call("input_1")),
        *[(old("Merge", f"merge_{m}", mode=m, concat_axis=-1, dot_axes=-1, mode_type="raw",
               output_shape=None, output_shape_type="raw"), call("a", "b")) for m in merges],
        (old("Merge", "merge_1", mode="concat", concat_axis=axis, dot_axes=-1, mode_type="raw",
             output_shape=None, output_shape_type="raw"), call(*[f"merge_{m}" for m in merges])),
        (normalization("n", axis), call("merge_1")),
        (old("AveragePooling2D", "p", pool_size=[2, 3], strides=[1, 2], border_mode="valid",
             dim_ordering=ordering), call("n")),
        ({**convolution("c", 4, (2, 2), ordering, atrous_rate=[2, 1]),
          "class_name": "AtrousConvolution2D"}, call("p")),
        (old("GlobalAveragePooling2D", "g", dim_ordering=ordering), call("c")),
        (dense("d", 3, "linear"), call("g")),
    ]
    config = {
        "name": "model_1",
        "layers": [{**entry, "name": entry["config"]["name"], "inbound_nodes": nodes}
                   for entry, nodes in layers],
        "input_layers": [["input_1", 0, 0]],
        "output_layers": [["d", 0, 0]],
    }
    weights = {entry["config"]["name"]: {} for entry, _ in layers}
    for name in ["a", "b", "c", "d"]:
        kernel, *bias = model.get_layer(name).get_weights()
        if is_first and name != "d":
            kernel = kernel.transpose(3, 2, 0, 1)
        weights[name] = {f"{name}_W:0": kernel, **{f"{name}_b:0": v for v in bias}}
    weights["n"] = statistics(model.get_layer("n"), "n", ":0")
    old_file(
        f"keras1_tensorflow_{ordering}", {"class_name": "Model", "config": config}, weights,
        version="1.2.2")
    return model


# Models in models


def nested(k):
    """A Sequential and a graph as layers of a graph; a layer's name occurs in two of them."""
    l = k.layers
    chain = k.Sequential([
        k.Input((8, 8, 1)), l.Conv2D(2, 3, name="c"), l.BatchNormalization(), l.Conv2D(2, 3),
        l.BatchNormalization(), l.Dropout(0.1)], name="chain")
    pixels = k.Input((4, 4, 2))
    a = l.Conv2D(2, 3, padding="same", name="c")(pixels)
    b = l.PReLU()(l.Add()([a, l.Conv2D(2, 1)(a)]))
    graph = k.Model(pixels, b, name="graph")
    pixels = k.Input((8, 8, 1))
    x = chain(pixels)
    x = graph(l.Add()([x, l.DepthwiseConv2D(1)(x)]))
    x = l.SeparableConv2D(3, 2)(x)
    return k.Model(pixels, l.Dense(3)(l.Flatten()(x)), name="outer")


def nested_in_chain(k):
    """A chain whose first and last layers are chains, the first of them partly frozen."""
    l = k.layers
    base = k.Sequential([
        k.Input((6, 6, 1)), l.Conv2D(2, 3), l.BatchNormalization(), l.Conv2D(2, 3),
        l.BatchNormalization()], name="base")
    head = k.Sequential([k.Input((4,)), l.Dense(3, activation="softmax")], name="head")
    model = k.Sequential([base, l.Flatten(), l.Dense(4, activation="relu"), head])
    model.build((None, 6, 6, 1))
    base.layers[0].trainable = False
    base.layers[1].trainable = False
    return model


# Activations


def activations(k):
    """Every function, as a layer, inside a layer, and as an object; global poolings that keep their axes."""
    l = k.layers
    names = ["linear", "relu", "relu6", "elu", "selu", "sigmoid", "hard_sigmoid", "tanh", "softplus",
             "softsign", "exponential", "silu", "gelu", "mish", "softmax", "leaky_relu", "hard_silu",
             "log_softmax"]
    if k is tf_keras:
        names = [n for n in names if n not in {"relu6", "silu", "leaky_relu", "hard_silu", "log_softmax"}]
    pixels = k.Input((5, 4, 2))
    ends = [l.Conv2D(3, 2, activation=n)(pixels) for n in names]
    ends += [l.Activation(n)(l.Cropping2D(((1, 0), (0, 1)))(pixels)) for n in names]
    slope = {"negative_slope": 0.4} if k is keras else {"alpha": 0.4}
    ends += [l.Conv2D(3, 2, activation=f)(pixels) for f in
             [l.LeakyReLU(**slope), l.ELU(alpha=0.7), l.ReLU(max_value=6)]]
    x = l.Activation("softsign")(l.Concatenate()(ends))
    x = l.Multiply()([x, l.GlobalAveragePooling2D(keepdims=True)(x)])
    x = l.Add()([x, l.GlobalMaxPooling2D(keepdims=True)(x)])
    return k.Model(pixels, l.GlobalAveragePooling2D()(x))


def save_all_forms(name, k, model):
    """Legacy file, archive and both kinds of weights alone, with the configuration they are for."""
    model.save(f"reader/{name}.h5")
    model.save(f"reader/{name}.keras")
    model.save_weights(f"reader/{name}.weights.h5")
    if k is tf_keras:
        model.save_weights(f"reader/{name}.legacy_weights.h5")
    with open(f"reader/{name}.json", "w") as f:
        f.write(model.to_json())


def main():
    os.makedirs("reader", exist_ok=True)
    with h5py.File("reader/goldens.h5", "w") as goldens:
        for make in [channels_first_chain, channels_first_flat, channels_first_graph,
                     mixed_formats]:
            model = shake(make())
            model.save(f"reader/{make.__name__}.h5")
            answer(make.__name__, model, goldens)
        answer("keras1_theano", keras1_theano(), goldens)
        for ordering in ["th", "tf"]:
            answer(f"keras1_tensorflow_{ordering}", keras1_tensorflow(ordering), goldens)
        for prefix, k in [("keras3", keras), ("tf_keras", tf_keras)]:
            for make in [nested, nested_in_chain]:
                model = shake(make(k))
                name = f"{prefix}_{make.__name__}"
                save_all_forms(name, k, model)
                answer(name, model, goldens)
            model = activations(k)
            for w in model.weights:
                w.assign(rng.normal(0, 0.3, w.shape).astype("float32"))
            model.save(f"reader/{prefix}_activations.h5")
            answer(f"{prefix}_activations", model, goldens)


main()
