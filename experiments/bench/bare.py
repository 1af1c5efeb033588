"""One bare process with zoo models, networks in TensorFlow: `python -m experiments.bench.bare NAME...`.

Prints the seconds until all could answer, importing included, and the megabytes then in memory.
"""

import time

START = time.perf_counter()

import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from experiments.bench.memory import resident  # noqa: E402
from ml import architectures, zoo  # noqa: E402
from ml.zoo import weights  # noqa: E402

networks, others = [], []
for name in sys.argv[1:]:
    card = zoo.card(name)
    blank = np.zeros((1, *card.input_shape), np.float32)
    if card.gradient:
        network = architectures.build(card.architecture, **card.options)
        weights.read_into(network, zoo.folder(name) / zoo.WEIGHTS)
        networks.append((network, blank))
    else:
        others.append((zoo.load(name), blank))
seconds = time.perf_counter() - START
# As warm as the site's: an answer and, of a network, a gradient.
for network, blank in networks:
    images = tf.constant(blank)
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = tf.reduce_sum(network(images, training=False))
    tape.gradient(value, images)
for model, blank in others:
    model.logits(blank)
print(json.dumps({"seconds": seconds, "megabytes": resident(os.getpid())}))  # noqa: T201
