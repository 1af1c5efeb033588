"""Runs in .venv-gradio for `manage.py bench`: python -P gradio_app.py FOLDER PORT, with network.keras.

The network is compiled to one function, which is more than most such pages do.
"""

import sys
from pathlib import Path
from typing import Any

import gradio
import numpy as np
import tensorflow as tf
from PIL import Image

folder, port = Path(sys.argv[1]), int(sys.argv[2])
network = tf.keras.models.load_model(folder / "network.keras", compile=False)
height, width, _ = network.input_shape[1:]
NAMES = ("Bike", "Car", "Ship")


@tf.function(input_signature=[tf.TensorSpec((1, height, width, 3), tf.float32)])  # type: ignore[untyped-decorator]
def answer(batch: Any) -> Any:
    return tf.nn.softmax(network(batch, training=False))


def predict(picture: Image.Image) -> dict[str, float]:
    small = picture.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
    values = np.asarray(small, np.float32)[None] / 255
    return dict(zip(NAMES, answer(values)[0].numpy().tolist(), strict=True))


answer(np.zeros((1, height, width, 3), np.float32))
page = gradio.Interface(predict, gradio.Image(type="pil"), gradio.Label(), api_name="predict")
page.queue(default_concurrency_limit=8).launch(server_port=port, quiet=True, share=False)
