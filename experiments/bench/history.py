"""How the page of the history grows with the table: `manage.py shell` of a site of its own runs `measure`."""

import json
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from experiments.bench.servers import Site
from experiments.bench.table import Row

if TYPE_CHECKING:
    from django.contrib.auth.models import User

FEW, MANY = 50, 10_000
ANSWER: dict[str, Any] = {
    "label": 1,
    "class_name": "Car",
    "confidence": 0.9,
    "unsure": False,
    "probabilities": {"Bike": 0.05, "Car": 0.9, "Ship": 0.05},
    "versions": {},
}


def rows(site: Site, rounds: int) -> Iterator[Row]:
    """The page with MANY images in the table beside the page with FEW, and the number of its queries."""
    found = growth(site, [FEW, MANY], rounds)
    for key, work, title, unit, goal in (
        ("ms", "history", "page of the history", "ms", (1.3, 1.05)),
        ("queries", "history-queries", "queries of that page", "queries", (1, 1)),
    ):
        yield Row(
            model="–",
            work=work,
            title=f"{title}, {MANY:,} images kept",
            peer=f"{FEW} images",
            ours=found[MANY][key],
            theirs=found[FEW][key],
            goal=goal,
            unit=unit,
            most=True,
        )


def growth(site: Site, counts: Sequence[int], rounds: int) -> dict[int, dict[str, float]]:
    """Milliseconds and queries of the page, for so many images of one person."""
    code = f"from experiments.bench.history import measure; measure({list(counts)}, {rounds})"
    printed = site.manage(["shell", "--verbosity", "0", "-c", code])
    return {int(count): values for count, values in json.loads(printed.splitlines()[-1]).items()}


def measure(counts: Sequence[int], rounds: int) -> None:
    """Print as JSON what the page of a person costs who has each of `counts` images: taken in turns."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    clients = {}
    for count in counts:
        client = Client(SERVER_NAME="localhost")
        client.force_login(_person(count))
        clients[count] = client
    times: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(rounds + 2):
        for count, client in clients.items():
            start = time.perf_counter()
            status = client.get("/history/").status_code
            times[count].append(1000 * (time.perf_counter() - start))
            assert status == 200
    found = {}
    for count, client in clients.items():
        with CaptureQueriesContext(connection) as queries:
            client.get("/history/")
        found[count] = {"ms": statistics.median(times[count][2:]), "queries": len(queries)}
    print(json.dumps(found))  # noqa: T201


def _person(count: int) -> "User":
    """Somebody with `count` images, each with an answer and an adversarial image."""
    from django.contrib.auth.models import User

    from ml import zoo
    from predictor.models import AdversarialImage, Image, Prediction

    user, _ = User.objects.get_or_create(username=f"bench-{count}")
    card = zoo.card("vehicles")
    images = [
        Image(
            owner=user,
            name=f"{n}.jpg",
            sha256=f"{n:064}",
            width=8,
            height=8,
            bytes=1,
            file=f"a{n}",
            thumbnail=f"b{n}",
        )
        for n in range(count)
    ]
    answers = [
        Prediction(
            image=image,
            model_name=card.name,
            weights_sha256=card.weights_sha256,
            seconds=0.01,
            **ANSWER,
        )
        for image in images
    ]
    Image.objects.bulk_create(images, batch_size=500)
    attacked = [
        AdversarialImage(
            prediction=answer,
            owner=user,
            attack="fgsm",
            epsilon_asked=4 / 255,
            steps=4,
            resolution=AdversarialImage.Resolution.MODEL,
            file=f"c{n}",
            thumbnail=f"d{n}",
            width=8,
            height=8,
            linf=4 / 255,
            l2=0.1,
            ssim=0.99,
            **ANSWER,
        )
        for n, answer in enumerate(answers)
    ]
    Prediction.objects.bulk_create(answers, batch_size=500)
    AdversarialImage.objects.bulk_create(attacked, batch_size=500)
    return user
