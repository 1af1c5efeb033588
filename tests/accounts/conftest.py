"""The people of the accounts tests."""

import numpy as np
import pytest
from django.contrib.auth.models import User

from accounts import throttle
from predictor.models import Image
from predictor.services.upload import image_create

PASSWORD = "a-long-enough-phrase"


@pytest.fixture(autouse=True)
def _forgotten_failures():
    """Failed sign-ins of one test do not count in the next."""
    throttle.cache.clear()


@pytest.fixture
def ada(db) -> User:
    return User.objects.create_user("Ada", "ada@example.org", PASSWORD)


@pytest.fixture
def signed_in(client, ada):
    """A browser in which Ada is signed in."""
    client.force_login(ada)
    return client


@pytest.fixture
def picture(ada) -> Image:
    """A small stored picture of Ada's."""
    pixels = np.random.default_rng(1).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return image_create(owner=ada, name="noise.png", pixels=pixels)
