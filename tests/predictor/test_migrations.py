"""Rows that were there before a migration are as they would have been made after it."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)
ANSWER = {"label": 1, "class_name": "Car", "confidence": 0.9, "unsure": False, "probabilities": {"Car": 0.9}}


@pytest.fixture
def migrated():
    """Go to a migration of the predictor; in the end to the newest."""

    def to(name):
        executor = MigrationExecutor(connection)
        executor.migrate([("predictor", name)])
        return MigrationExecutor(connection).loader.project_state([("predictor", name)]).apps

    yield to
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_an_adversarial_image_belongs_to_whom_its_image_does(migrated, django_user_model):
    before = migrated("0003_suspicion")
    made = {}
    for name in ("ada", "bob"):
        owner = django_user_model.objects.create(username=name)
        image = before.get_model("predictor", "Image").objects.create(
            owner_id=owner.pk, name="a", sha256="0", width=1, height=1, bytes=1, file="a", thumbnail="b"
        )
        answer = before.get_model("predictor", "Prediction").objects.create(
            image=image, model_name="m", weights_sha256="0", seconds=0.1, **ANSWER
        )
        row = before.get_model("predictor", "AdversarialImage").objects.create(
            prediction=answer, attack="fgsm", epsilon_asked=0.1, steps=1, resolution="model",
            file="c", thumbnail="d", width=1, height=1, linf=0.1, l2=0.1, ssim=1, **ANSWER,
        )  # fmt: skip
        made[row.pk] = owner.pk
    after = migrated("0004_owner_of_adversarial").get_model("predictor", "AdversarialImage")
    assert dict(after.objects.values_list("pk", "owner")) == made
