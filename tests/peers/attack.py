"""Runs in .venv-peers, not here: attack one exported network with CleverHans, Foolbox and ART.

python attack.py NETWORK.keras PROBLEM.npz OUT.npz   where PROBLEM holds batch, labels, epsilon, steps, step.
OUT holds one perturbed batch for each peer; with steps > 1 it is BIM (PGD from the image itself).
"""

import sys

import numpy as np
import tensorflow as tf

network_path, problem_path, out_path = sys.argv[1:]
network = tf.keras.models.load_model(network_path, compile=False)
problem = np.load(problem_path)
batch, labels = problem["batch"], problem["labels"]
epsilon, steps, step = float(problem["epsilon"]), int(problem["steps"]), float(problem["step"])


def cleverhans() -> np.ndarray:
    from cleverhans.tf2.attacks.fast_gradient_method import fast_gradient_method
    from cleverhans.tf2.attacks.projected_gradient_descent import projected_gradient_descent

    images, y = tf.constant(batch), tf.constant(labels)
    if steps == 1:
        return fast_gradient_method(network, images, epsilon, np.inf, clip_min=0.0, clip_max=1.0, y=y).numpy()
    return projected_gradient_descent(
        network, images, epsilon, step, steps, np.inf, clip_min=0.0, clip_max=1.0, y=y, rand_init=False
    ).numpy()


def foolbox() -> np.ndarray:
    import foolbox as fb

    model = fb.TensorFlowModel(network, bounds=(0, 1), device="/device:CPU:0")
    attack = (
        fb.attacks.LinfFastGradientAttack(random_start=False)
        if steps == 1
        else fb.attacks.LinfBasicIterativeAttack(abs_stepsize=step, steps=steps, random_start=False)
    )
    raw, _, _ = attack(model, tf.constant(batch), tf.constant(labels), epsilons=epsilon)
    return raw.numpy()


def art() -> np.ndarray:
    from art.attacks.evasion import FastGradientMethod, ProjectedGradientDescent
    from art.estimators.classification import TensorFlowV2Classifier

    model = TensorFlowV2Classifier(
        model=network,
        nb_classes=network.output_shape[-1],
        input_shape=batch.shape[1:],
        loss_object=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        clip_values=(0, 1),
    )
    if steps == 1:
        return FastGradientMethod(model, eps=epsilon, batch_size=len(batch)).generate(batch, y=labels)
    attack = ProjectedGradientDescent(
        model, eps=epsilon, eps_step=step, max_iter=steps, batch_size=len(batch), verbose=False
    )
    return attack.generate(batch, y=labels)


np.savez(out_path, cleverhans=cleverhans(), foolbox=foolbox(), art=art())
