"""Language and theme."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

URL = "/accounts/preferences/"


def test_it_rejects_get(client, db):
    assert client.get(URL).status_code == 405


def test_a_visitor_gets_cookies(client, db):
    response = client.post(URL, {"theme": "dark", "language": "fr", "next": "/accounts/sign-in/"})
    assert response.url == "/accounts/sign-in/"
    page = client.get(response.url).content.decode()
    assert 'data-bs-theme="dark"' in page
    assert 'lang="fr"' in page


def test_one_choice_leaves_the_other(client, db):
    client.post(URL, {"theme": "dark"})
    client.post(URL, {"language": "fr"})
    assert client.cookies["theme"].value == "dark"


def test_auto_takes_the_cookie_away(client, db):
    client.post(URL, {"theme": "dark"})
    client.post(URL, {"theme": "auto"})
    assert client.cookies["theme"].value == ""
    assert 'data-theme="auto"' in client.get("/accounts/sign-in/").content.decode()


def test_who_is_signed_in_has_them_stored(signed_in, ada):
    signed_in.post(URL, {"theme": "light", "language": "fr"})
    profile = User.objects.get(pk=ada.pk).profile
    assert (profile.theme, profile.language) == ("light", "fr")


@pytest.mark.parametrize("choice", [{"theme": "pink"}, {"language": "xx"}, {"language": "../fr"}])
def test_a_choice_that_does_not_exist_changes_nothing(client, db, choice):
    response = client.post(URL, choice)
    assert not {"theme", "django_language"} & set(response.cookies)


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""]
)
def test_it_never_leaves_the_site(client, db, elsewhere):
    assert client.post(URL, {"theme": "dark", "next": elsewhere}).url == "/"


def test_a_form_from_another_site_is_refused_with_a_sentence(db):
    response = Client(enforce_csrf_checks=True).post(URL, {"theme": "dark"})
    assert response.status_code == 403
    assert "came from another site" in response.content.decode()
