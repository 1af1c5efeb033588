"""Affine classifiers, whose smallest perturbations are known in closed form."""

from dataclasses import replace
from pathlib import Path

import numpy as np

import ml.zoo
from ml.card import read
from ml.classifier import Classifier
from ml.model import Model, gradient_refused

SHAPE = (4, 4, 3)


def affine(classes, seed=0):
    """(model, weights (values, classes), bias): logits of 4×4×3 images, with a boundary near grey ones."""
    import keras

    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 1, (int(np.prod(SHAPE)), classes)).astype(np.float32)
    bias = -0.5 * weights.sum(axis=0)
    network = keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(classes)])
    network.layers[-1].set_weights([weights, bias])
    return Classifier(network, _card(classes)), weights, bias


class WithoutGradient(Model):
    """Another model's answers, and nothing else."""

    def __init__(self, model):
        super().__init__(model.card)
        self._model = model

    def logits(self, batch):
        return self._model.logits(batch)

    def gradient(self, batch, labels):
        raise gradient_refused(self.card)

    def warm(self, *, several=True):
        pass


def clear(count, weights, bias):
    """`greys` whose class is clear: no boundary is nearer than 0.05 in l2, some 0.01 in linf."""
    images = greys(8 * count, spread=0.1)
    return images[distances(weights, bias, images, "l2") > 0.05][:count]


def greys(count, seed=1, spread=0.05):
    """Images (count, 4, 4, 3) near grey, so that no bound is met on the way."""
    return np.random.default_rng(seed).normal(0.5, spread, (count, *SHAPE)).astype(np.float32)


def distances(weights, bias, batch, norm):
    """(N,) from each image to the nearest boundary of its own class, were there no bounds."""
    logits = batch.reshape(len(batch), -1).astype(np.float64) @ weights + bias
    own = logits.argmax(axis=1)
    between = weights.T[None] - weights.T[own][:, None]
    dual = np.abs(between).sum(axis=2) if norm == "linf" else np.linalg.norm(between, axis=2)
    gaps = logits.max(axis=1, keepdims=True) - logits
    ratios = np.where(np.arange(logits.shape[1]) == own[:, None], np.inf, gaps / np.maximum(dual, 1e-12))
    return ratios.min(axis=1)


def _card(classes):
    card = read(Path(ml.zoo.__file__).parent / "digits-simple" / "card.json")
    return replace(card, name="affine", class_names=[str(n) for n in range(classes)], input_shape=SHAPE)
