"""Two small real networks, trained in seconds: what the tests classify and attack.

`tiny-digits` reads scikit-learn's handwritten digits, enlarged to 28×28; `tiny-photos` tells three
drawn shapes apart, which go by the names of the vehicles.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from ml.card import Card, UnsureRule

SHAPES = ["Bike", "Car", "Ship"]
SIDE = 32
Pixels = npt.NDArray[np.uint8]


def shape(name: str, rng: np.random.Generator, side: int = SIDE) -> Pixels:
    """A drawn shape, uint8 (side, side, 3): a ring for Bike, a block for Car, a triangle for Ship."""
    light = tuple(int(v) for v in rng.integers(170, 256, 3))
    dark = tuple(int(v) for v in rng.integers(0, 90, 3))
    picture = Image.new("RGB", (side, side), light)
    draw = ImageDraw.Draw(picture)
    x, y = rng.uniform(0.3, 0.45, 2) * side
    r = rng.uniform(0.18, 0.28) * side
    if name == "Bike":
        draw.ellipse((x - r, y - r, x + 2 * r, y + 2 * r), outline=dark, width=max(2, side // 12))
    elif name == "Car":
        draw.rectangle((x - r, y, x + 2 * r, y + 1.3 * r), fill=dark)
    else:
        draw.polygon([(x - r, y + 2 * r), (x + 2 * r, y + 2 * r), (x + r / 2, y - r)], fill=dark)
    noisy = np.asarray(picture).astype(np.int16) + rng.integers(-8, 9, (side, side, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def shapes(count: int, seed: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """A balanced batch (count, 32, 32, 3) in [0, 1] with its labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(SHAPES)
    batch = np.stack([shape(SHAPES[label], rng) for label in labels])
    return batch.astype(np.float32) / 255, labels


def digits() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """scikit-learn's 1,797 digits, enlarged to 20×20 and framed as MNIST's are: (1797, 28, 28, 1)."""
    from sklearn.datasets import load_digits

    data = load_digits()
    batch = np.zeros((len(data.images), 28, 28, 1), np.float32)
    for row, image in zip(batch, data.images, strict=True):
        small = Image.fromarray((image * 15.9375).astype(np.uint8))
        row[4:24, 4:24, 0] = np.asarray(small.resize((20, 20), Image.Resampling.BICUBIC)) / 255
    return batch, data.target.astype(np.int64)


def make_zoo(folder: Path) -> None:
    """Train both and put them into `folder` as zoo models."""
    import keras

    keras.utils.set_random_seed(3)
    batch, labels = digits()
    _save(
        folder, "tiny-digits", "digits", _network((28, 28, 1), 10), batch, labels, [str(n) for n in range(10)]
    )
    batch, labels = shapes(900, seed=1)
    _save(folder, "tiny-photos", "photos", _network((SIDE, SIDE, 3), 3), batch, labels, SHAPES)


def _network(shape: tuple[int, int, int], classes: int):  # type: ignore[no-untyped-def]
    from ml import architectures

    return architectures.build("simple-cnn", input_shape=list(shape), classes=classes)


def _save(folder, name, domain, network, batch, labels, class_names) -> None:  # type: ignore[no-untyped-def]
    import keras

    from ml.zoo import weights

    network.compile(
        keras.optimizers.Adam(2e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    network.fit(batch, labels, batch_size=64, epochs=4, verbose=0)
    (folder / name).mkdir(parents=True, exist_ok=True)
    digest = weights.write(network, folder / name / "weights.h5")
    _, accuracy = network.evaluate(batch, labels, verbose=0)
    card = Card(
        name=name,
        title=name,
        domain=domain,
        architecture="simple-cnn",
        options={"input_shape": list(batch.shape[1:]), "classes": len(class_names)},
        class_names=class_names,
        input_shape=batch.shape[1:],
        parameters=network.count_params(),
        weights_sha256=digest,
        unsure=UnsureRule(score="confidence", threshold=0.5),
        metrics={"accuracy": float(accuracy)},
        confusion_matrix=np.eye(len(class_names), dtype=int).tolist(),
        data={"description": "made by the tests"},
        provenance="tests/tiny.py",
        licence="MIT",
        seed=3,
        command="pytest",
        trained_on="2026-01-01",
    )
    (folder / name / "card.json").write_text(card.to_json())
