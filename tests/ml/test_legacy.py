"""Networks that Keras saved whole: imported as they answered, and nothing in their files is ever run."""

import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from ml import zoo
from ml.architectures import keras_layers
from ml.architectures.keras_config import every_layer
from ml.errors import EpsilonError, ModelUnavailable, OptionRefused
from ml.verdict import softmax
from ml.zoo import foreign, legacy

CLASSES = ["Bike", "Car", "Ship"]


def numbered(network, seed=0):
    """The network with weights near its untrained ones; those of normalisations are of every size near 1."""
    rng = np.random.default_rng(seed)
    for layer in every_layer(network):
        normalises = isinstance(layer, layers.BatchNormalization | layers.Normalization)
        spread = (0.5, 1.5) if normalises else (-0.05, 0.05)
        own = [np.zeros(()) if normalises else weight for weight in layer.get_weights()]
        layer.set_weights(
            [
                each + rng.uniform(*spread, weight.shape)
                for each, weight in zip(own, layer.weights, strict=True)
            ]
        )
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()
    return network


def small(end="softmax"):
    """A Sequential of the kind that a course would train."""
    return keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.RandomFlip(),
            layers.Conv2D(4, 3, activation="relu", kernel_regularizer="l2", kernel_initializer="he_normal"),
            layers.BatchNormalization(),
            layers.LeakyReLU(negative_slope=0.2),
            layers.MaxPooling2D(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(3, activation=end),
        ],
        name="small",
    )


def branched():
    """A Functional with a skip, a recurrent wrapper, separable convolutions and a softmax layer."""
    image = keras.Input((12, 16, 3))
    values = layers.SeparableConv2D(6, 3, padding="same", activation="swish")(image)
    values = layers.GroupNormalization(3)(values)
    values = layers.Add()([values, layers.Conv2D(6, 1)(image)])
    values = layers.Concatenate()([values, layers.DepthwiseConv2D(3, padding="same")(image)])
    values = layers.Reshape((-1, 9))(layers.AveragePooling2D(4)(values))
    values = layers.Bidirectional(layers.GRU(5, return_sequences=True))(values)
    values = layers.Bidirectional(layers.LSTM(4))(values)
    return keras.Model(image, layers.Softmax()(layers.Dense(3)(values)))


def transferred():
    """A frozen network inside another, a few of its layers free again, names that occur twice."""
    inner = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Rescaling(1 / 255),
            layers.Normalization(mean=None, name="standardised"),
            layers.Conv2D(4, 3, name="dense"),
            layers.BatchNormalization(),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
        ],
        name="features",
    )
    for layer in inner.layers[:4]:
        layer.trainable = False
    image = keras.Input((16, 16, 3))
    values = layers.GlobalAveragePooling2D()(inner(image, training=False))
    return keras.Model(image, layers.Dense(3, activation="softmax", name="dense")(values))


def imported(path, folder, pixels=None, classes=CLASSES):
    legacy.import_file(path, "theirs", domain="photos", class_names=classes, output=folder, pixels=pixels)
    return zoo.open_folder(folder)


def refused(path, folder, match, classes=CLASSES):
    """Importing is one sentence, and leaves nothing behind."""
    with pytest.raises(EpsilonError, match=match) as found:
        imported(path, folder, classes=classes)
    assert "\n" not in str(found.value)
    assert str(found.value).endswith(".")
    assert not folder.exists()


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@pytest.mark.parametrize(
    ("make", "pixels", "scale"),
    [(small, "0..1", 1), (small, "-1..1", 2), (branched, "0..255", 255), (transferred, None, 255)],
)
def test_an_imported_model_answers_as_the_saved_one_did(make, pixels, scale, suffix, tmp_path):
    network = numbered(make())
    network.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    network.save(tmp_path / f"old{suffix}")
    images = np.random.default_rng(1).random((5, *network.input_shape[1:]), np.float32)
    theirs = np.asarray(network(images * scale - (pixels == "-1..1"), training=False))
    model = imported(tmp_path / f"old{suffix}", tmp_path / "new", pixels)
    np.testing.assert_allclose(model.probabilities(images), theirs, atol=1e-5)
    assert theirs.std() > 1e-3
    assert model.gradient(images, [0, 1, 2, 0, 1]).shape == images.shape
    assert not np.allclose(model.logits(images).sum(axis=1), 1)


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_an_efficientnet_with_a_head_saved_whole_is_imported(suffix, tmp_path):
    backbone = keras.applications.EfficientNetB0(weights=None, include_top=False, input_shape=(32, 32, 3))
    backbone.trainable = False
    head = [
        layers.GlobalAveragePooling2D(),
        layers.Dense(8, activation="relu"),
        layers.Dense(3, activation="softmax"),
    ]
    network = keras.Sequential([keras.Input((32, 32, 3)), backbone, *head])
    numbered(network)
    network.save(tmp_path / f"old{suffix}")
    images = np.random.default_rng(1).random((2, 32, 32, 3), np.float32)
    model = imported(tmp_path / f"old{suffix}", tmp_path / "new")
    assert model.card.options["pixels"] == "0..255"
    theirs = np.asarray(network(images * 255, training=False))
    np.testing.assert_allclose(model.probabilities(images), theirs, atol=1e-5)


def test_a_model_without_softmax_keeps_its_logits(tmp_path):
    network = numbered(small(end=None))
    network.save(tmp_path / "old.keras")
    images = np.random.default_rng(1).random((3, 16, 16, 3), np.float32)
    model = imported(tmp_path / "old.keras", tmp_path / "new")
    np.testing.assert_allclose(model.logits(images), network(images, training=False), rtol=1e-4, atol=1e-5)


def keras2(network, path, change=None):
    """The network as Keras 2 wrote it: no modules, the shape in the first layer, names ending in `:0`."""
    rows = []
    for layer in network.layers:
        inside = layer.get_config()
        inside = {key: value for key, value in inside.items() if not isinstance(value, dict)} | {
            "dtype": "float32"
        }
        if isinstance(layer, layers.BatchNormalization):
            inside |= {"axis": [3], "gamma_initializer": {"class_name": "Ones", "config": {}}}
        if isinstance(layer, layers.DepthwiseConv2D):
            inside["groups"] = 1
        if isinstance(layer, layers.LeakyReLU):
            inside["alpha"] = inside.pop("negative_slope")
        rows.append({"class_name": type(layer).__name__, "config": inside})
    rows[0]["config"]["batch_input_shape"] = list(network.input_shape)
    for row in rows:
        if change:
            change(row)
    with h5py.File(path, "w") as store:
        store.attrs["model_config"] = json.dumps(
            {"class_name": "Sequential", "config": {"name": "s", "layers": rows}}
        )
        group = store.create_group("model_weights")
        group.attrs["layer_names"] = [layer.name.encode() for layer in network.layers]
        for layer in network.layers:
            weights = [*layer.trainable_weights, *layer.non_trainable_weights]
            inside = group.create_group(layer.name)
            names = [f"{layer.name}/{weight.name}:0" for weight in weights]
            for name, weight in zip(names, weights, strict=True):
                inside[name] = np.asarray(weight)
            if isinstance(layer, layers.RandomFlip):
                names.append(f"{layer.name}/StateVar:0")
                inside[names[-1]] = np.arange(3)
            inside.attrs["weight_names"] = [name.encode() for name in names]


def old():
    """Layers whose descriptions have changed since Keras 2."""
    return keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.RandomFlip("horizontal"),
            layers.DepthwiseConv2D(3),
            layers.BatchNormalization(),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def test_what_keras_2_wrote_is_imported(tmp_path):
    network = numbered(old())
    keras2(network, tmp_path / "old.h5")
    images = np.random.default_rng(1).random((3, 16, 16, 3), np.float32)
    model = imported(tmp_path / "old.h5", tmp_path / "new")
    np.testing.assert_allclose(model.probabilities(images), network(images, training=False), atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "change", "match"),
    [
        ("Dense", {"activation": "os.system"}, "activation"),
        ("Dense", {"units": {"class_name": "__lambda__", "config": {"value": "x"}}}, "units"),
        ("DepthwiseConv2D", {"groups": 2}, "groups"),
        ("BatchNormalization", {"virtual_batch_size": 4}, "virtual_batch_size"),
        ("DepthwiseConv2D", {"data_format": "channels_first"}, "channels first"),
        ("Dense", {"units": -4}, "cannot rebuild"),
        ("Dense", {"units": 10**9}, "too large"),
        ("Dense", {"units": 4}, "4 numbers, but 3 classes"),
        ("Dense", {"activation": "sigmoid"}, "ends in sigmoid"),
    ],
)
def test_an_option_that_cannot_be_had_is_refused(kind, change, match, tmp_path):
    keras2(
        numbered(old()),
        tmp_path / "old.h5",
        lambda row: row["config"].update(change if row["class_name"] == kind else {}),
    )
    refused(tmp_path / "old.h5", tmp_path / "new", match)


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_a_lambda_is_refused_by_its_name_and_never_run(suffix, tmp_path):
    marker = tmp_path / "it-ran"

    def payload(values, path=str(marker)):
        open(path, "w").close()
        return values

    network = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Flatten(),
            layers.Lambda(payload, name="trojan"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    network.save(tmp_path / f"old{suffix}")
    assert marker.exists()
    marker.unlink()
    refused(tmp_path / f"old{suffix}", tmp_path / "new", "trojan is of the class Lambda")
    assert not marker.exists()


@keras.saving.register_keras_serializable("somebody")
class Dense(layers.Dense):
    """A custom layer under the name of a standard one."""


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_a_custom_layer_is_refused_also_under_a_standard_name(suffix, tmp_path):
    network = keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), Dense(3, activation="softmax")])
    network.save(tmp_path / f"old{suffix}")
    refused(tmp_path / f"old{suffix}", tmp_path / "new", "somebody>Dense")


def test_a_registered_layer_of_this_process_does_not_take_the_place_of_a_standard_one(tmp_path):
    keras2(numbered(old()), tmp_path / "old.h5")
    keras.saving.get_custom_objects()["Dense"] = Dense
    try:
        model = imported(tmp_path / "old.h5", tmp_path / "new")
    finally:
        del keras.saving.get_custom_objects()["Dense"]
    assert type(model.network.layers[-1].layers[-1]) is layers.Dense


def test_an_operation_of_keras_is_no_layer(tmp_path):
    image = keras.Input((8, 8, 3))
    network = keras.Model(image, layers.Dense(3)(layers.Flatten()(keras.ops.sin(image))))
    network.save(tmp_path / "old.keras")
    refused(tmp_path / "old.keras", tmp_path / "new", "Sin")


def test_a_network_that_is_asked_in_training_mode_is_refused(tmp_path):
    image = keras.Input((8, 8, 3))
    values = layers.Dropout(0.5)(image, training=True)
    keras.Model(image, layers.Dense(3)(layers.Flatten()(values))).save(tmp_path / "old.keras")
    refused(tmp_path / "old.keras", tmp_path / "new", "training")


@pytest.mark.parametrize(
    ("shape", "classes", "match"), [((None, None, 3), 3, "fixed size"), ((16,), 3, "fixed size")]
)
def test_a_network_without_a_picture_size_is_refused(shape, classes, match, tmp_path):
    image = keras.Input(shape)
    values = layers.GlobalAveragePooling2D()(image) if len(shape) == 3 else image
    keras.Model(image, layers.Dense(classes)(values)).save(tmp_path / "old.keras")
    refused(tmp_path / "old.keras", tmp_path / "new", match)


def test_two_inputs_are_refused(tmp_path):
    images = [keras.Input((8, 8, 3)), keras.Input((8, 8, 3))]
    keras.Model(images, layers.Dense(3)(layers.Flatten()(layers.Add()(images)))).save(tmp_path / "old.keras")
    refused(tmp_path / "old.keras", tmp_path / "new", "one input and one output")


def repacked(path, **members):
    """The `.keras` file with some of its files replaced."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()} | members
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            if data is not None:
                archive.writestr(name, data)


def _text(path):
    path.write_text("no network at all")


def _missing(path):
    path.unlink()


def _cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _bomb(path):
    repacked(path, **{"config.json": b" " * (64 * 2**20)})


def _deep(path):
    repacked(path, **{"config.json": b"[" * 200_000})


def _no_weights(path):
    repacked(path, **{"model.weights.h5": None})


def _empty_weights(path):
    content = io.BytesIO()
    h5py.File(content, "w").close()
    repacked(path, **{"model.weights.h5": content.getvalue()})


def _nested(path):
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": []}}
    for _ in range(50):
        config = {"class_name": "Sequential", "config": {"name": "s", "layers": [config]}}
    repacked(path, **{"config.json": json.dumps(config).encode()})


def _not_a_network(path):
    repacked(path, **{"config.json": b'{"epsilon": 1}'})


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (_text, "no network that Keras saved"),
        (_missing, "no file old.keras"),
        (_cut, "damaged"),
        (_bomb, "larger than any"),
        (_deep, "damaged"),
        (_no_weights, "it has no model.weights.h5"),
        (_empty_weights, "not those of the network"),
        (_nested, "too deeply"),
        (_not_a_network, "does not describe"),
    ],
)
def test_a_damaged_or_hostile_file_is_one_sentence(damage, match, tmp_path):
    small().save(tmp_path / "old.keras")
    damage(tmp_path / "old.keras")
    refused(tmp_path / "old.keras", tmp_path / "new", match)


@pytest.mark.parametrize(
    ("damage", "match"), [(_text, "no network"), (_missing, "no file"), (_cut, "damaged")]
)
def test_a_damaged_h5_is_one_sentence(damage, match, tmp_path):
    small().save(tmp_path / "old.h5")
    damage(tmp_path / "old.h5")
    refused(tmp_path / "old.h5", tmp_path / "new", match.replace("old.keras", "old.h5"))


def test_weights_alone_are_no_network(tmp_path):
    small().save_weights(tmp_path / "some.weights.h5")
    refused(tmp_path / "some.weights.h5", tmp_path / "new", "without the network")


def test_weights_of_another_network_are_refused(tmp_path):
    small().save(tmp_path / "old.h5")
    with h5py.File(tmp_path / "old.h5", "a") as store:
        kernel = store[
            "model_weights/dense"
            if "dense" in store["model_weights"]
            else next(f"model_weights/{name}" for name in store["model_weights"] if name.startswith("dense"))
        ]
        kernel.attrs["weight_names"] = kernel.attrs["weight_names"][:1]
    refused(tmp_path / "old.h5", tmp_path / "new", "not those of the network")


def _external_link(store, secret):
    del store["model_weights"]
    store["model_weights"] = h5py.ExternalLink(secret, "/")


def _soft_link(store, secret):
    store["model_weights/more"] = h5py.SoftLink("/model_weights")


def _external_data(store, secret):
    store.create_dataset("model_weights/more", (4,), "u1", external=[(secret, 0, 4)])


def _virtual_data(store, secret):
    layout = h5py.VirtualLayout((4,), "u1")
    layout[:] = h5py.VirtualSource(secret, "x", (4,))
    store.create_virtual_dataset("model_weights/more", layout)


def _objects(store, secret):
    store.create_dataset("model_weights/more", data=["text"], dtype=h5py.string_dtype())


@pytest.mark.parametrize("change", [_external_link, _soft_link, _external_data, _virtual_data, _objects])
def test_no_other_file_is_read_through_it(change, tmp_path):
    small().save(tmp_path / "old.h5")
    with h5py.File(tmp_path / "old.h5", "a") as store:
        change(store, str(tmp_path / "secret"))
    refused(tmp_path / "old.h5", tmp_path / "new", "something else than numbers of its own")


def test_a_size_that_is_only_claimed_takes_no_memory(tmp_path):
    small().save(tmp_path / "old.h5")
    with h5py.File(tmp_path / "old.h5", "a") as store:
        store.create_dataset("model_weights/more", (10**12,), "f4", chunks=(2**20,))
    refused(tmp_path / "old.h5", tmp_path / "new", "larger than any")


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "vehicles"])
def test_a_name_must_be_that_of_a_new_model(name, tmp_path):
    with pytest.raises(OptionRefused, match="cannot be named"):
        legacy.import_file(tmp_path / "x.h5", name, domain="photos", class_names=CLASSES, output=tmp_path)


@pytest.mark.parametrize("classes", [["Bike", "Car"], ["Bike", "Bike", "Car"], ["Bike", "Car", ""], ["one"]])
def test_the_classes_must_be_those_of_the_outputs(classes, tmp_path):
    small().save(tmp_path / "old.keras")
    refused(tmp_path / "old.keras", tmp_path / "new", "classes", classes)


def test_the_card_is_checked_again_when_it_is_loaded(tmp_path):
    numbered(small()).save(tmp_path / "old.keras")
    imported(tmp_path / "old.keras", tmp_path / "new")
    text = (tmp_path / "new" / "card.json").read_text()
    (tmp_path / "new" / "card.json").write_text(text.replace('"Flatten"', '"Lambda"'))
    with pytest.raises(OptionRefused, match="class Lambda"):
        zoo.open_folder(tmp_path / "new")


def test_checking_twice_changes_nothing(tmp_path):
    for make in (small, branched, transferred):
        make().save(tmp_path / "old.keras")
        once = keras_layers.checked(foreign.description(tmp_path / "old.keras"))
        assert keras_layers.checked(once) == once


def test_damaged_weights_of_an_import_are_noticed(tmp_path):
    numbered(small()).save(tmp_path / "old.keras")
    imported(tmp_path / "old.keras", tmp_path / "new")
    (tmp_path / "new" / "weights.h5").write_bytes(b"")
    with pytest.raises(ModelUnavailable, match="damaged"):
        zoo.open_folder(tmp_path / "new")


def test_probabilities_are_of_the_logits(tmp_path):
    network = numbered(small())
    network.save(tmp_path / "old.keras")
    model = imported(tmp_path / "old.keras", tmp_path / "new")
    images = np.random.default_rng(1).random((3, 16, 16, 3), np.float32)
    np.testing.assert_allclose(softmax(model.logits(images)), network(images, training=False), atol=1e-5)
