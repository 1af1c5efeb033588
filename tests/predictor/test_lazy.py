"""TensorFlow and OpenCV are loaded when a model answers, not by looking at pages."""

import subprocess
import sys

import pytest

HEAVY = ("tensorflow", "keras", "cv2")
START = (
    "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'classification_site.settings'; django.setup()"
)
MIGRATED = (
    "from django.test.utils import setup_test_environment; setup_test_environment(); "
    "from django.core.management import call_command; call_command('migrate', verbosity=0); "
    "from django.contrib.auth.models import User; from django.test import Client; client = Client(); "
    "user, _ = User.objects.get_or_create(username='lazy', is_superuser=True, is_staff=True); "
    "client.force_login(user)"
)


@pytest.mark.parametrize(
    "steps",
    [
        "import classification_site.urls, predictor.services, predictor.selectors, predictor.access",
        f"{MIGRATED}",
        f"{MIGRATED}; assert client.get('/admin/predictor/image/').status_code == 200",
        f"{MIGRATED}; assert client.get('/history/').status_code == 200",
        f"{MIGRATED}; assert client.get('/try/').status_code == 200",
        f"{MIGRATED}; assert client.get('/models/').status_code == 200",
        f"{MIGRATED}; assert client.get('/models/digits-cnn/').status_code == 200",
    ],
    ids=["imports", "migrate", "admin", "history", "upload form", "models", "one model"],
)
def test_it_loads_neither_tensorflow_nor_opencv(steps, tmp_path):
    check = f"import sys; loaded = [m for m in {HEAVY} if m in sys.modules]; assert not loaded, loaded"
    environment = {"EPSILON_VAR_DIR": str(tmp_path), "DEBUG": "True", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", f"{START}; {steps}; {check}"], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr[-2000:]
