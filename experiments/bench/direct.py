"""Decoding, storing and answering called directly: `python -m experiments.bench.direct`, JSON in and out.

{"model", "files", "threads", "count", "folder"} asks for the seconds that `count` photos take. It is what the
site does of an upload without a request, a database or a page.
"""

import json
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ml import images, zoo
from ml.batching import Batcher

question = json.load(sys.stdin)
photos = [Path(name).read_bytes() for name in question["files"]]
model, folder = zoo.load(question["model"]), Path(question["folder"])
batcher = Batcher(model.logits, name="direct")


def upload(place: int) -> int:
    pixels = images.decode(photos[place % len(photos)])
    (folder / f"{uuid.uuid4().hex}.webp").write_bytes(images.encode_store(pixels))
    (folder / f"{uuid.uuid4().hex}.webp").write_bytes(images.thumbnail(pixels))
    return int(batcher.answer(images.to_input(pixels, model.card).image).argmax())


with ThreadPoolExecutor(question["threads"]) as pool:
    list(pool.map(upload, range(2 * question["threads"])))
    start = time.perf_counter()
    list(pool.map(upload, range(question["count"])))
    print(json.dumps({"seconds": time.perf_counter() - start}))  # noqa: T201
