"""Everything that is kept of one person's images, for them to take away."""

import json
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder

from ml.errors import EpsilonError
from predictor import storage
from predictor.models import AdversarialImage, Image, Prediction


def export_for(user: User) -> Iterator[tuple[str, bytes]]:
    """(name, content) of `images.json`, then of every picture it names."""
    images = (
        Image.objects.filter(owner=user)
        .order_by("created", "id")
        .prefetch_related("predictions__adversarials")
    )
    files: list[tuple[str, str]] = []
    records = [_image(row, files) for row in images]
    yield "images.json", json.dumps(records, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False).encode()
    for name, key in files:
        try:
            content = storage.read(key)
        except EpsilonError:
            # One lost file must not keep a person from the others; its record is still in the JSON.
            continue
        yield name, content


def _image(image: Image, files: list[tuple[str, str]]) -> dict[str, Any]:
    file = f"images/{image.pk}.webp"
    files.append((file, image.file))
    return {
        "id": image.pk,
        "file": file,
        "name": image.name,
        "width": image.width,
        "height": image.height,
        "sha256": image.sha256,
        "true_class": image.true_class,
        "created": image.created,
        "predictions": [_prediction(row, files) for row in image.predictions.all()],
    }


def _prediction(prediction: Prediction, files: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "id": prediction.pk,
        "model": prediction.model_name,
        "weights_sha256": prediction.weights_sha256,
        **_answer(prediction),
        "found": prediction.found,
        "seconds": prediction.seconds,
        "adversarial_images": [_adversarial(row, files) for row in prediction.adversarials.all()],
    }


def _adversarial(row: AdversarialImage, files: list[tuple[str, str]]) -> dict[str, Any]:
    file = f"adversarial/{row.pk}.png"
    files.append((file, row.file))
    return {
        "id": row.pk,
        "file": file,
        "attack": row.attack,
        "norm": row.norm,
        "target": row.target,
        "epsilon_asked": row.epsilon_asked,
        "steps": row.steps,
        "epsilon_written": row.epsilon,
        "resolution": row.resolution,
        "width": row.width,
        "height": row.height,
        **_answer(row),
        "linf": row.linf,
        "l2": row.l2,
        "psnr": row.psnr,
        "ssim": row.ssim,
        "parameters": row.parameters,
        "seed": row.seed,
    }


def _answer(row: Prediction | AdversarialImage) -> dict[str, Any]:
    return {
        "class": row.class_name,
        "confidence": row.confidence,
        "unsure": row.unsure,
        "probabilities": row.probabilities,
        "suspicion": row.suspicion,
        "tampered": row.tampered,
        "flip_steps": row.flip_steps,
        "flip_searched": row.flip_searched,
        "versions": row.versions,
        "created": row.created,
    }
