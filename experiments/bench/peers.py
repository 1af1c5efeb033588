"""Runs in .venv-peers for `manage.py bench`: one line in (work and peer), one line of JSON out.

python -P peers.py FOLDER SECONDS   with network.keras and problem.npz; `save WORK PEER` writes the last
result to output.npy.
What is shorter than SECONDS is repeated until they are over.

-P keeps our own modules out of the path: one with a name of Python's would hide that from the peers.
"""

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

folder, burst = Path(sys.argv[1]), float(sys.argv[2])
network = tf.keras.models.load_model(folder / "network.keras", compile=False)
problem = dict(np.load(folder / "problem.npz"))
LOSS = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
RANDOM = "pgd-random"  # the work that begins at a random point of the ball
Call = Callable[[], Any]


def images_of(work: str) -> tuple[Any, Any, float]:
    """The images, labels and ε of one work."""
    return problem[f"{work}.batch"], problem[f"{work}.labels"], float(problem[f"{work}.epsilon"])


def keras_predict(work: str) -> Call:
    batch, *_ = images_of(work)
    return lambda: network.predict(batch, verbose=0)


def onnxruntime(work: str) -> Call:
    import onnxruntime as ort

    session = ort.InferenceSession(exported("onnx"), providers=["CPUExecutionProvider"])
    batch, *_ = images_of(work)
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: batch})[0]


def openvino(work: str) -> Call:
    import openvino as ov

    settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    batch, *_ = images_of(work)
    model = ov.Core().read_model(exported("onnx"))
    model.reshape(list(batch.shape))
    compiled = ov.Core().compile_model(model, "CPU", settings)
    return lambda: compiled(batch)[0]


def litert(work: str) -> Call:
    """TensorFlow Lite's interpreter with XNNPACK."""
    batch, *_ = images_of(work)
    converted = tf.lite.TFLiteConverter.from_saved_model(exported("tf_saved_model")).convert()
    interpreter = tf.lite.Interpreter(model_content=converted, num_threads=len(os.sched_getaffinity(0)))
    put = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(put, batch.shape)
    interpreter.allocate_tensors()
    got = interpreter.get_output_details()[0]["index"]

    def answer() -> Any:
        interpreter.set_tensor(put, batch)
        interpreter.invoke()
        return interpreter.get_tensor(got)

    return answer


@cache
def exported(form: str) -> str:
    """The network in another form, by Keras's own export."""
    path = str(folder / f"network.{form}")
    network(np.zeros((1, *network.input_shape[1:]), np.float32))
    network.export(path, format=form, verbose=False)
    return path


def cleverhans(work: str) -> Call:
    from cleverhans.tf2.attacks.fast_gradient_method import fast_gradient_method
    from cleverhans.tf2.attacks.projected_gradient_descent import projected_gradient_descent

    batch, labels, epsilon = images_of(work)
    images, y = tf.constant(batch), tf.constant(labels)
    bounds: dict[str, Any] = {"clip_min": 0.0, "clip_max": 1.0, "y": y}
    if work == "fgsm":
        return lambda: fast_gradient_method(network, images, epsilon, np.inf, **bounds).numpy()
    steps = int(problem["steps"])
    return lambda: projected_gradient_descent(
        network,
        images,
        epsilon,
        epsilon / 10,
        steps,
        np.inf,
        rand_init=work == RANDOM,
        sanity_checks=False,
        **bounds,
    ).numpy()


def foolbox(work: str) -> Call:
    import foolbox as fb

    model = fb.TensorFlowModel(network, bounds=(0, 1), device="/device:CPU:0")
    batch, labels, epsilon = images_of(work)
    images, y = tf.constant(batch), tf.constant(labels)
    if work in ("fgsm", "sweep"):
        attack = fb.attacks.LinfFastGradientAttack(random_start=False)
        if work == "fgsm":
            return lambda: attack(model, images, y, epsilons=epsilon)[0].numpy()
        every = list(problem["epsilons"])

        def swept() -> Any:
            attacked = attack(model, images, y, epsilons=every)[1]
            return np.stack([tf.nn.softmax(model(each)).numpy()[0] for each in attacked])

        return swept
    attack = fb.attacks.LinfPGD(rel_stepsize=0.1, steps=int(problem["steps"]), random_start=work == RANDOM)
    return lambda: attack(model, images, y, epsilons=epsilon)[1].numpy()


def art(work: str) -> Call:
    from art.attacks.evasion import FastGradientMethod, ProjectedGradientDescent
    from art.estimators.classification import TensorFlowV2Classifier

    batch, labels, epsilon = images_of(work)
    model = TensorFlowV2Classifier(
        network, network.output_shape[-1], batch.shape[1:], loss_object=LOSS, clip_values=(0, 1)
    )
    if work == "auto":
        return art_auto(model, work)
    if work == "fgsm":
        attack = FastGradientMethod(model, eps=epsilon)
    else:
        attack = ProjectedGradientDescent(
            model,
            eps=epsilon,
            eps_step=epsilon / 10,
            max_iter=int(problem["steps"]),
            num_random_init=int(work == RANDOM),
            batch_size=len(batch),
            verbose=False,
        )
    return lambda: attack.generate(batch, y=labels)


def art_auto(model: Any, work: str) -> Call:
    """Its AutoAttack: APGD on two losses, 100 steps from 5 starts each, DeepFool, Square as long as ours."""
    # It imports this package even where it runs in one process, as here; it does not bring it.
    sys.modules.setdefault("multiprocess", multiprocessing)
    from art.attacks.evasion import AutoAttack, SquareAttack

    batch, labels, epsilon = images_of(work)
    bounds: dict[str, Any] = {"norm": np.inf, "eps": epsilon, "batch_size": len(batch)}
    attack = AutoAttack(model, eps_step=2 * epsilon, **bounds)
    for each in attack.attacks[:-1]:
        each.set_params(verbose=False)
    questions = int(problem["queries"])
    attack.attacks[-1] = SquareAttack(
        model, max_iter=questions, p_init=0.8, nb_restarts=1, verbose=False, **bounds
    )
    return lambda: attack.generate(batch, y=labels)


MAKERS = {
    "predict": keras_predict,
    "onnxruntime": onnxruntime,
    "openvino": openvino,
    "litert": litert,
    "cleverhans": cleverhans,
    "foolbox": foolbox,
    "art": art,
}
ready: dict[tuple[str, str], Call] = {}
results: dict[tuple[str, str], Any] = {}
for line in sys.stdin:
    *save, work, name = line.split()
    key = work, name
    if save:
        np.save(folder / "output.npy", results[key])
        print(json.dumps({}), flush=True)  # noqa: T201
        continue
    if key not in ready:
        ready[key] = MAKERS[name](work)
    start, calls, seconds = time.perf_counter(), 0, 0.0
    while seconds < burst:
        results[key] = ready[key]()
        calls, seconds = calls + 1, time.perf_counter() - start
    print(json.dumps({"seconds": seconds / calls}), flush=True)  # noqa: T201
