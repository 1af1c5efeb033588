"""Runs in .venv-peers, not here: ART's AutoAttack on one exported network.

python auto.py NETWORK.keras PROBLEM.npz OUT.npz   where PROBLEM holds batch, labels, epsilon, and the queries
and restarts of Square; the rest is ART's standard: APGD on two losses, 100 steps from 5 starts each, and
DeepFool. OUT holds the perturbed batch and the seconds it took.
"""

import multiprocessing
import sys
import time

import numpy as np
import tensorflow as tf
from art.attacks.evasion import AutoAttack, SquareAttack
from art.estimators.classification import TensorFlowV2Classifier

# AutoAttack imports it even where it runs in one process, as here; ART does not install it.
sys.modules.setdefault("multiprocess", multiprocessing)
network_path, problem_path, out_path = sys.argv[1:]
network = tf.keras.models.load_model(network_path, compile=False)
problem = np.load(problem_path)
batch, labels, epsilon = problem["batch"], problem["labels"], float(problem["epsilon"])
np.random.seed(0)
tf.random.set_seed(0)
model = TensorFlowV2Classifier(
    model=network,
    nb_classes=network.output_shape[-1],
    input_shape=batch.shape[1:],
    loss_object=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    clip_values=(0, 1),
)
size = len(batch)
attack = AutoAttack(model, norm=np.inf, eps=epsilon, eps_step=2 * epsilon, batch_size=size)
attack.attacks[-1] = SquareAttack(
    model,
    norm=np.inf,
    max_iter=int(problem["queries"]),
    eps=epsilon,
    p_init=0.8,
    nb_restarts=int(problem["restarts"]),
    batch_size=size,
    verbose=False,
)
for each in attack.attacks[:-1]:
    each.set_params(verbose=False)
started = time.perf_counter()
images = attack.generate(batch, y=labels)
np.savez(out_path, images=images, seconds=time.perf_counter() - started)
