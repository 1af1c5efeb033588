"""What every page answers with, signed in or not."""

import re

import pytest

PUBLIC = ["/", "/models/", "/accounts/sign-in/", "/accounts/sign-up/", "/nowhere/"]
PRIVATE = ["/try/", "/history/", "/accounts/profile/"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(django_user_model):
    return django_user_model.objects.create_user("ada", "ada@example.org", "a long secret")


def pages(client, person):
    for path in PUBLIC:
        yield path, client.get(path)
    client.force_login(person)
    for path in PUBLIC[:2] + PRIVATE:
        yield path, client.get(path)


def test_no_page_holds_a_script_or_a_style_of_its_own(client, person):
    """The policy would block it; here it is found by name."""
    for path, response in pages(client, person):
        html = response.content.decode()
        scripts = re.findall(r"<script\b([^>]*)>", html)
        assert all("src=" in s or 'type="application/json"' in s for s in scripts), path
        assert not re.search(r"\sstyle=", html), path
        assert not re.search(r"<style\b", html), path
        assert not re.search(r"\son[a-z]+=", html), path


def test_every_page_carries_the_policy(client, person):
    for path, response in pages(client, person):
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert response["X-Content-Type-Options"] == "nosniff", path
        assert response["X-Frame-Options"] == "DENY", path
        assert response["X-Request-ID"], path


def test_no_page_asks_another_machine_for_anything(client, person):
    for path, response in pages(client, person):
        html = response.content.decode()
        loaded = re.findall(r"<(?:script|link|img|source|iframe)\b[^>]*\b(?:src|href)=\"(https?:)?//", html)
        assert not loaded, path


def test_media_is_never_served(client, settings, person):
    client.force_login(person)
    assert client.get("/media/.gitkeep").status_code == 404


def test_a_page_that_is_not_there_says_so_and_leads_on(client):
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert 'href="/"' in response.content.decode()
