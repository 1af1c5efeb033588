"""What a person wants of a picture that looks tampered with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="profile",
            name="when_tampered",
            field=models.CharField(
                choices=[("warn", "Warn, and show the answer"), ("reject", "Reject it, and show no answer")],
                default="warn",
                max_length=8,
                verbose_name="when a picture looks tampered with",
            ),
        ),
    ]
