"""The people of the accounts tests."""

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache

PASSWORD = "a-long-enough-phrase"


@pytest.fixture(autouse=True)
def _forgotten_failures():
    """Failed sign-ins of one test do not count in the next."""
    cache.clear()


@pytest.fixture
def ada(db) -> User:
    return User.objects.create_user("Ada", "ada@example.org", PASSWORD)


@pytest.fixture
def signed_in(client, ada):
    """A browser in which Ada is signed in."""
    client.force_login(ada)
    return client
