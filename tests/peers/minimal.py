"""Runs in .venv-peers, not here: minimal attacks on one exported network with Foolbox and ART.

python minimal.py NETWORK.keras PROBLEM.npz OUT.npz   where PROBLEM holds batch, labels, steps and searches of
the attack of Carlini & Wagner, and the saliency map's target. OUT holds one perturbed batch for each attack.
FMN stands in for FAB, which neither of them has.
"""

import sys

import numpy as np
import tensorflow as tf

network_path, problem_path, out_path = sys.argv[1:]
network = tf.keras.models.load_model(network_path, compile=False)
problem = np.load(problem_path)
batch, labels = problem["batch"], problem["labels"]
steps, searches, target = int(problem["steps"]), int(problem["searches"]), int(problem["target"])


def foolbox() -> dict[str, np.ndarray]:
    import foolbox as fb

    model = fb.TensorFlowModel(network, bounds=(0, 1), device="/device:CPU:0")
    attacks = {
        "foolbox_deepfool_l2": fb.attacks.L2DeepFoolAttack(),
        "foolbox_deepfool_linf": fb.attacks.LinfDeepFoolAttack(),
        "foolbox_cw_l2": fb.attacks.L2CarliniWagnerAttack(binary_search_steps=searches, steps=steps),
        "foolbox_fmn_linf": fb.attacks.LInfFMNAttack(),
    }
    return {
        name: attack(model, tf.constant(batch), tf.constant(labels), epsilons=None)[0].numpy()
        for name, attack in attacks.items()
    }


def art() -> dict[str, np.ndarray]:
    from art.attacks.evasion import DeepFool, SaliencyMapMethod
    from art.estimators.classification import TensorFlowV2Classifier

    model = TensorFlowV2Classifier(
        model=network,
        nb_classes=network.output_shape[-1],
        input_shape=batch.shape[1:],
        loss_object=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        clip_values=(0, 1),
    )
    size = len(batch)
    deepfool = DeepFool(model, epsilon=0.02, max_iter=50, batch_size=size, verbose=False)
    saliency = SaliencyMapMethod(model, theta=1.0, gamma=0.145, batch_size=size, verbose=False)
    return {
        "art_deepfool_l2": deepfool.generate(batch),
        "art_jsma": saliency.generate(batch, y=np.eye(network.output_shape[-1])[np.full(size, target)]),
    }


np.savez(out_path, **foolbox(), **art())
