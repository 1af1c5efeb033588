"""An adversarial image names its owner itself, so that what one person made is found at once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def owner_noted(apps, schema_editor):
    """The owner of each is that of the image it was made from."""
    made = apps.get_model("predictor", "AdversarialImage")
    image = apps.get_model("predictor", "Image")
    origin = image.objects.filter(predictions=models.OuterRef("prediction"))
    made.objects.update(owner=models.Subquery(origin.values("owner")[:1]))


def owner(**options):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        **options,
    )


class Migration(migrations.Migration):
    # PostgreSQL changes no table whose rows the same transaction has just changed.
    atomic = False
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("predictor", "0003_suspicion"),
    ]

    operations = [
        migrations.AddField("adversarialimage", "owner", owner(null=True)),
        migrations.RunPython(owner_noted, migrations.RunPython.noop),
        migrations.AlterField("adversarialimage", "owner", owner()),
        migrations.AddIndex(
            "adversarialimage", models.Index(fields=["owner", "attack"], name="attacks_of_owner")
        ),
    ]
