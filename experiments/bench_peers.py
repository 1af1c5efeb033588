"""Runs in .venv-peers for `manage.py bench`: one line in (a peer's name), one line of JSON out.

python bench_peers.py FOLDER   with network.keras and problem.npz; `save NAME` writes output.npy.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

folder = Path(sys.argv[1])
network = tf.keras.models.load_model(folder / "network.keras", compile=False)
problem = np.load(folder / "problem.npz")
batch, labels, epsilon = problem["batch"], problem["labels"], float(problem["epsilon"])


def predict() -> Callable[[], Any]:
    return lambda: network.predict(batch, verbose=0)


def cleverhans() -> Callable[[], Any]:
    from cleverhans.tf2.attacks.fast_gradient_method import fast_gradient_method

    images, y = tf.constant(batch), tf.constant(labels)
    return lambda: fast_gradient_method(
        network, images, epsilon, np.inf, clip_min=0.0, clip_max=1.0, y=y
    ).numpy()


def foolbox() -> Callable[[], Any]:
    import foolbox as fb

    model = fb.TensorFlowModel(network, bounds=(0, 1), device="/device:CPU:0")
    attack = fb.attacks.LinfFastGradientAttack(random_start=False)
    images, y = tf.constant(batch), tf.constant(labels)
    return lambda: attack(model, images, y, epsilons=epsilon)[0].numpy()


def art() -> Callable[[], Any]:
    from art.attacks.evasion import FastGradientMethod
    from art.estimators.classification import TensorFlowV2Classifier

    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = TensorFlowV2Classifier(
        network, network.output_shape[-1], batch.shape[1:], loss_object=loss, clip_values=(0, 1)
    )
    attack = FastGradientMethod(model, eps=epsilon)
    return lambda: attack.generate(batch, y=labels)


MAKERS = {"predict": predict, "cleverhans": cleverhans, "foolbox": foolbox, "art": art}
ready: dict[str, Callable[[], Any]] = {}
for line in sys.stdin:
    *save, name = line.split()
    if name not in ready:
        ready[name] = MAKERS[name]()
    start = time.perf_counter()
    result = ready[name]()
    seconds = time.perf_counter() - start
    if save:
        np.save(folder / "output.npy", result)
    print(json.dumps({"seconds": seconds}), flush=True)  # noqa: T201
