"""What short fits are fed with: tf.data without autotuning, whose thread makes `fit` return seconds late."""

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from ml.datasets import mnist
from ml.images import to_float
from ml.training.digits.run import Batches

AT_ONCE = 500


def training(batches: Batches) -> tf.data.Dataset:
    """`batches`, made while the network learns; `epoch` of the result says which epoch comes next."""

    def epoch() -> Iterator[Any]:
        batches.epoch, dataset.epoch = dataset.epoch, dataset.epoch + 1
        for index in range(len(batches)):
            yield batches[index]

    images, labels = batches[0]
    signature = (
        tf.TensorSpec((None, *images.shape[1:]), images.dtype),
        tf.TensorSpec((None,), labels.dtype),
    )
    made = tf.data.Dataset.from_generator(epoch, output_signature=signature)
    counted = made.apply(tf.data.experimental.assert_cardinality(len(batches)))
    dataset = _untuned(counted.prefetch(2))
    dataset.epoch = 0
    return dataset


def validation(split: mnist.Split) -> tf.data.Dataset:
    """The whole of `split`, in order."""
    whole = tf.data.Dataset.from_tensor_slices((to_float(split.images), split.labels))
    return _untuned(whole.batch(AT_ONCE))


def _untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
