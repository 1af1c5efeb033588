"""Zoo models without a gradient, fitted in a second on scikit-learn's digits."""

import hashlib
from pathlib import Path

import numpy as np

from ml import estimators
from ml.card import Card, UnsureRule
from ml.datasets import mnist
from ml.estimators import first_use, store
from ml.zoo import weights
from tests import tiny

OPTIONS = {
    "random-forest": {"trees": 20, "tried": 28, "criterion": "gini", "leaf": 1, "deskewed": False},
    "svm": {"c": 10.0, "gamma": 0.02, "temperature": 0.2, "deskewed": True},
}


def digits() -> tuple[np.ndarray, np.ndarray]:
    """The tests' digits as uint8 (1797, 28, 28, 1), with their labels."""
    batch, labels = tiny.digits()
    return np.rint(batch * 255).astype(np.uint8), labels


def data(folder: Path) -> Path:
    """Those digits as the `mnist.npz` of `folder`."""
    images, labels = digits()
    folder.mkdir(parents=True, exist_ok=True)
    x, test = images[..., 0], slice(1400, None)
    np.savez(
        folder / mnist.FILE, x_train=x[:1400], y_train=labels[:1400], x_test=x[test], y_test=labels[test]
    )
    return folder


def make(folder: Path, kind: str, *, data: Path | None = None) -> Path:
    """Put the model tiny-KIND into `folder`; given `data`, one that is fitted from there at first use."""
    name, options = f"tiny-{kind}", OPTIONS[kind]
    about = {"validation": 100}
    if data is not None:
        about["sha256"] = hashlib.sha256((data / mnist.FILE).read_bytes()).hexdigest()
        digest = first_use.fingerprint(kind, options, about, 1)
    else:
        images, labels = digits()
        fitted = estimators.fit(kind, images[:1400], labels[:1400], seed=1, **options)
        store.write(fitted.arrays(), folder / name / "weights.h5")
        digest = weights.sha256(folder / name / "weights.h5")
    card = Card(
        name=name,
        title=f"Tiny {kind}",
        domain="digits",
        architecture=kind,
        options=options,
        class_names=mnist.CLASSES,
        input_shape=(28, 28, 1),
        parameters=1000,
        weights_sha256=digest,
        unsure=UnsureRule(threshold=0.2),
        metrics={"test_accuracy": 0.9},
        confusion_matrix=np.eye(10, dtype=int).tolist(),
        data=about,
        provenance="tests/tiny_estimators.py",
        licence="MIT",
        seed=1,
        command="pytest",
        trained_on="2026-01-01",
        gradient=False,
        fitted_at_first_use=data is not None,
    )
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "card.json").write_text(card.to_json())
    return folder / name
