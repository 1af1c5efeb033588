"""What the detector of a model said of a picture, beside the answer."""

from django.db import migrations, models

FIELDS = {
    "suspicion": models.FloatField(blank=True, null=True, verbose_name="suspicion"),
    "tampered": models.BooleanField(blank=True, null=True, verbose_name="looks tampered with"),
}


class Migration(migrations.Migration):
    dependencies = [("predictor", "0002_attacks_by_name")]

    operations = [
        migrations.AddField(model_name=model, name=name, field=field.clone())
        for model in ("prediction", "adversarialimage")
        for name, field in FIELDS.items()
    ]
