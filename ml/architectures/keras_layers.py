"""Which saved Keras layers are accepted: standard ones that hold nothing but numbers.

A saved network is a program: a `Lambda` carries Python bytecode, a registered name makes Keras import a
module. So nothing of a stranger's description reaches Keras unless it stands here, by name, and what
reaches it is written anew: class, name, plain options, wiring. Initializers, regularizers, constraints,
precision and optimizer are left out, as weights that are loaded do not need them.
"""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from ml.errors import OptionRefused, sentence

MODELS = {"Sequential", "Functional", "Model"}
WRAPPERS = {"Bidirectional", "TimeDistributed"}
STANDARD = """
InputLayer Dense Activation ReLU LeakyReLU PReLU ELU Softmax
Conv1D Conv2D Conv2DTranspose DepthwiseConv2D SeparableConv2D GRU LSTM SimpleRNN
MaxPooling1D MaxPooling2D AveragePooling1D AveragePooling2D
GlobalMaxPooling1D GlobalMaxPooling2D GlobalAveragePooling1D GlobalAveragePooling2D
BatchNormalization LayerNormalization GroupNormalization Normalization Rescaling Resizing
Identity Dropout SpatialDropout1D SpatialDropout2D GaussianNoise GaussianDropout
RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast RandomBrightness
Flatten Reshape Permute RepeatVector ZeroPadding2D Cropping2D UpSampling2D
Add Subtract Multiply Average Maximum Minimum Concatenate
"""
LAYERS = WRAPPERS | set(STANDARD.split())
FUNCTIONS = """
linear relu relu6 leaky_relu elu selu gelu silu swish mish softmax sigmoid hard_sigmoid tanh softplus softsign
exponential
"""
ACTIVATIONS = set(FUNCTIONS.split())
# What a network that was trained elsewhere wants of a pixel p in [0, 1]: (scale, offset) of scale·p + offset.
RANGES = {"0..1": (1.0, 0.0), "0..255": (255.0, 0.0), "-1..1": (2.0, -1.0)}
MOST_LAYERS = 2000
DEEPEST = 8
# Of no use to a network that is only asked, and never with a mask.
LEFT_OUT = ("initializer", "regularizer", "constraint")
DROPPED = {"dtype", "implementation", "seed", "batch_input_shape", "batch_shape", "zero_output_for_mask"}


def checked(config: Any) -> dict[str, Any]:
    """A saved network's description, written anew with nothing in it but accepted layers.

    Takes what Keras 2 and Keras 3 write, and what this function gave before.

    Returns:
        A `Sequential` or `Model` as `keras.saving.deserialize_keras_object` takes it, with one input
        and one output.

    Raises:
        OptionRefused: it names what is not accepted, the layer first of all.
    """
    return _model(config, depth=0)


def layers_of(config: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Every layer of a checked description, those of networks inside it too, in order."""
    for layer in config["config"]["layers"]:
        yield layer
        if layer["class_name"] in MODELS:
            yield from layers_of(layer)


def _model(saved: Any, depth: int) -> dict[str, Any]:
    kind, name, inside = _parts(saved, "a network")
    if kind not in MODELS:
        raise _unaccepted(name, kind)
    if depth > DEEPEST:
        raise OptionRefused(
            sentence("The network %(name)s holds networks in networks too deeply."), name=name
        )
    # Before 2.3 a Sequential's description was the bare list of its layers.
    content = {"layers": inside} if isinstance(inside, list) else inside
    rows = content.get("layers")
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_LAYERS:
        raise OptionRefused(
            sentence("The network %(name)s does not list 1 to %(most)d layers."), name=name, most=MOST_LAYERS
        )
    wired = kind != "Sequential"
    layers = [_layer(row, depth, wired) for row in rows]
    made: dict[str, Any] = {"name": name, "trainable": content.get("trainable", True) is not False}
    if wired:
        made |= {
            "layers": layers,
            "input_layers": _end(content.get("input_layers"), name),
            "output_layers": _end(content.get("output_layers"), name),
        }
    else:
        made["layers"] = [*_input_of(rows[0], content, layers[0], name), *layers]
    # Keras rebuilds a functional network under the name of its public class.
    return _written("Model" if wired else kind, made, "keras")


def _layer(saved: Any, depth: int, wired: bool) -> dict[str, Any]:
    kind, name, inside = _parts(saved, "a layer")
    if kind in MODELS:
        made = _model(saved, depth + 1)
    elif kind in LAYERS:
        made = _written(kind, _options(kind, name, inside, depth))
    else:
        raise _unaccepted(name, kind)
    if wired:
        nodes = saved.get("inbound_nodes", [])
        if not isinstance(nodes, list):
            raise _unclear(name, "inbound_nodes")
        made |= {"name": name, "inbound_nodes": [_node(node, name) for node in nodes]}
    return made


def _parts(saved: Any, what: str) -> tuple[str, str, Any]:
    """Class, name and config of a saved object."""
    if not isinstance(saved, Mapping) or not isinstance(saved.get("class_name"), str):
        raise OptionRefused(
            sentence("The file does not describe a Keras network: %(what)s has no class."), what=what
        )
    kind, inside = saved["class_name"], saved.get("config")
    name = inside.get("name") if isinstance(inside, Mapping) else None
    name = name or saved.get("name") or kind.lower()
    # Keras' own classes are registered under no package; anything else is somebody's code.
    module, registered = saved.get("module") or "keras", saved.get("registered_name")
    own = isinstance(module, str) and module.partition(".")[0] in ("keras", "tensorflow", "tf_keras")
    if not own or registered not in (None, kind):
        raise _unaccepted(str(name), str(registered or f"{module}.{kind}"))
    if not isinstance(name, str) or not (isinstance(inside, Mapping | list)):
        raise _unclear(str(name), "config")
    return kind, name, inside


def _options(kind: str, name: str, inside: Any, depth: int) -> dict[str, Any]:
    """The layer's options that today's Keras has; others only where they are empty."""
    import keras

    if not isinstance(inside, Mapping):
        raise _unclear(name, "config")
    if kind == "InputLayer":
        return {"name": name, "batch_shape": _batch_shape(inside, name)}
    known = set(inspect.signature(getattr(keras.layers, kind).__init__).parameters) - {"self", "kwargs"}
    made: dict[str, Any] = {"name": name, "trainable": inside.get("trainable", True) is not False}
    for key, value in inside.items():
        if key in DROPPED or key in made or key.endswith(LEFT_OUT):
            continue
        if key == "alpha" and "negative_slope" in known:
            key = "negative_slope"
        if key in ("layer", "backward_layer") and kind in WRAPPERS:
            made[key] = None if value is None else _layer(value, depth, wired=False)
        elif key.endswith("activation"):
            made[key] = _activation(value, name)
        elif key in known:
            made[key] = _plain(value, name, key)
        elif not (value in (None, [], {}) or value is False or (value == 1 and value is not True)):
            raise _unclear(name, key)
    if made.get("data_format") not in (None, "channels_last"):
        raise OptionRefused(
            sentence("The layer %(name)s wants the channels first; they come last."), name=name
        )
    # Keras 2 wrote the one axis of a batch normalisation as a list.
    if kind == "BatchNormalization" and isinstance(made.get("axis"), list) and len(made["axis"]) == 1:
        made["axis"] = made["axis"][0]
    return made


def _activation(value: Any, name: str) -> str:
    """The name of an activation: text, or Keras 3's description of a function of its own."""
    if isinstance(value, Mapping) and value.get("class_name") == "function":
        value = value.get("config")
    value = "linear" if value is None else value
    if value not in ACTIVATIONS:
        raise OptionRefused(
            sentence("The layer %(name)s has an activation that is not accepted: %(value)s."),
            name=name,
            value=str(value)[:80],
        )
    return str(value)


def _plain(value: Any, name: str, key: str) -> Any:
    """Numbers, texts and lists of them; anything else could be an object to be made."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_plain(each, name, key) for each in value]
    # A tuple as Keras 3 may write it.
    if isinstance(value, Mapping) and value.get("class_name") == "__tuple__":
        return _plain(value.get("items"), name, key)
    raise _unclear(name, key)


def _batch_shape(inside: Mapping[str, Any], name: str) -> list[Any]:
    """(batch, H, W, C) of an input layer, the batch left open."""
    shape = _plain(inside.get("batch_shape") or inside.get("batch_input_shape"), name, "batch_shape")
    sizes = shape[1:] if isinstance(shape, list) else None
    if not sizes or not all(size is None or (type(size) is int and size > 0) for size in sizes):
        raise _unclear(name, "batch_shape")
    return [None, *sizes]


def _input_of(
    first: Any, content: Mapping[str, Any], made: dict[str, Any], name: str
) -> list[dict[str, Any]]:
    """The input layer of a Sequential that lacks one: Keras 2 kept the shape in the first layer."""
    inside = first["config"]
    if made["class_name"] in MODELS | {"InputLayer"}:
        return []
    known = inside.get("batch_input_shape") or inside.get("batch_shape") or content.get("build_input_shape")
    shape = _batch_shape({"batch_shape": known}, name)
    return [_written("InputLayer", {"name": f"{name}_input", "batch_shape": shape})]


def _node(node: Any, name: str) -> list[list[Any]]:
    """One call of a layer as Keras 2 wrote it: [[layer, node, tensor, {}], ...]."""
    if isinstance(node, Mapping):
        options = node.get("kwargs") or {}
        found = [_tensor(each, name) for each in _flat(node.get("args"))]
    elif isinstance(node, list):
        # A single input was sometimes written without its own list.
        calls = [node] if node and isinstance(node[0], str) else node
        options = {}
        for call in calls:
            if isinstance(call, list) and len(call) == 4 and isinstance(call[3], Mapping):
                options = {**options, **call[3]}
        found = [_place(call, name) for call in calls]
    else:
        raise _unclear(name, "inbound_nodes")
    # training=True would keep dropout at work while the network is asked.
    if any(value not in (None, False) for value in options.values()):
        raise _unclear(name, ", ".join(sorted(map(str, options))))
    return [[*place, {}] for place in found]


def _flat(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [leaf for each in value for leaf in _flat(each)]
    return [value]


def _tensor(value: Any, name: str) -> list[Any]:
    if not isinstance(value, Mapping) or value.get("class_name") != "__keras_tensor__":
        raise _unclear(name, "inbound_nodes")
    inside = value.get("config")
    return _place(inside.get("keras_history") if isinstance(inside, Mapping) else None, name)


def _place(value: Any, name: str) -> list[Any]:
    """[layer, node, tensor] of a tensor."""
    if isinstance(value, list) and len(value) in (3, 4):
        layer, node, tensor = value[:3]
        if isinstance(layer, str) and type(node) is int and type(tensor) is int:
            return [layer, node, tensor]
    raise _unclear(name, "inbound_nodes")


def _end(value: Any, name: str) -> list[Any]:
    """The one input or output of a network, [layer, node, tensor]."""
    places = [value] if isinstance(value, list) and value and isinstance(value[0], str) else value
    if not isinstance(places, list) or len(places) != 1:
        raise OptionRefused(sentence("The network %(name)s must have one input and one output."), name=name)
    return _place(places[0], name)


def _written(kind: str, inside: dict[str, Any], module: str = "keras.layers") -> dict[str, Any]:
    return {"module": module, "class_name": kind, "config": inside, "registered_name": None}


def _unaccepted(name: str, kind: str) -> OptionRefused:
    return OptionRefused(
        sentence(
            "The layer %(name)s is of the class %(kind)s, which is not accepted: only standard Keras layers"
            " are, and none that carries code."
        ),
        name=name[:80],
        kind=kind[:80],
    )


def _unclear(name: str, key: str) -> OptionRefused:
    return OptionRefused(
        sentence("The layer %(name)s cannot be rebuilt: its %(key)s is not understood."),
        name=name[:80],
        key=key[:80],
    )
