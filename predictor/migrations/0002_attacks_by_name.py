"""Files of any attack in either norm: the name is one of the registry's, and two norms are two files."""

from django.db import migrations, models

import predictor.models

IDENTITY = ("prediction", "attack", "norm", "target", "steps", "resolution")


def norm_told(apps, schema_editor):
    """Rows made in L2 say so in their parameters."""
    made = apps.get_model("predictor", "AdversarialImage")
    made.objects.filter(parameters__norm="l2").update(norm="l2")


class Migration(migrations.Migration):
    dependencies = [("predictor", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="adversarialimage",
            name="attack",
            field=models.CharField(
                max_length=20, validators=[predictor.models.attack_check], verbose_name="attack"
            ),
        ),
        migrations.AddField(
            model_name="adversarialimage",
            name="norm",
            field=models.CharField(
                choices=[("linf", "L∞"), ("l2", "L2")], default="linf", max_length=10, verbose_name="distance"
            ),
        ),
        migrations.RunPython(norm_told, migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name="adversarialimage", name="one_file_per_attack"),
        migrations.AddConstraint(
            model_name="adversarialimage",
            constraint=models.UniqueConstraint(fields=IDENTITY, name="one_file_per_attack"),
        ),
    ]
