"""What every test may use: its own var and media folders, and a zoo with two small real networks."""

import os
import tempfile
from pathlib import Path

# For `ml`, and for the processes that tests start: none touches the database, the secret or the pictures of a
# real site. pytest-django has read the settings of this process before; what it isolates otherwise is below.
_HOME = Path(tempfile.mkdtemp(prefix="epsilon-tests-"))
os.environ["EPSILON_VAR_DIR"] = str(_HOME / "var")
os.environ["MEDIA_ROOT"] = str(_HOME / "media")
os.environ["STATIC_ROOT"] = str(_HOME / "static")
(_HOME / "static").mkdir()
os.environ["EPSILON_ZOO_DIR"] = str(_HOME / "zoo")
os.environ["EPSILON_CACHE_DIR"] = str(_HOME / "cache")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault(
    "DJANGO_ALLOW_ASYNC_UNSAFE", "true"
)  # Playwright runs an event loop in the test's thread

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _plain_settings(settings, tmp_path_factory):
    """Fast password hashing, no manifest of static files, mail kept in memory, an empty media folder."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")


@pytest.fixture(autouse=True)
def _language_forgotten():
    """The language of one test's visitor stays in the thread; the next test begins without it."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def tiny_zoo() -> Path:
    """A zoo folder with `tiny-digits` and `tiny-photos`, found by `ml.zoo` beside the shipped models."""
    from tests.tiny import make_zoo

    folder = Path(os.environ["EPSILON_ZOO_DIR"])
    if not (folder / "tiny-photos" / "card.json").exists():
        make_zoo(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_digits(tiny_zoo):
    from ml import zoo

    return zoo.load("tiny-digits")


@pytest.fixture(scope="session")
def tiny_photos(tiny_zoo):
    from ml import zoo

    return zoo.load("tiny-photos")
