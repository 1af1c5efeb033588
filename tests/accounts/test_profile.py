"""The profile page."""

import pytest
from django.contrib.auth.models import User

from tests.accounts.conftest import PASSWORD

URL = "/accounts/profile/"


def test_it_asks_to_sign_in_first(client, db):
    assert client.get(URL).url == f"/accounts/sign-in/?next={URL}"


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_it_rejects_other_methods(signed_in, method):
    assert getattr(signed_in, method)(URL).status_code == 405


def test_it_shows_the_account_and_what_is_kept(signed_in):
    page = signed_in.get(URL).content.decode()
    assert "ada@example.org" in page
    assert "adversarial images" in page
    assert "Export my data" in page


def test_it_stores_name_and_address(signed_in, ada):
    response = signed_in.post(URL, {"username": "Lovelace", "email": ""}, follow=True)
    ada.refresh_from_db()
    assert (ada.username, ada.email) == ("Lovelace", "")
    assert "Saved." in response.content.decode()


def test_one_may_change_the_spelling_of_ones_own_name(signed_in, ada):
    signed_in.post(URL, {"username": "ADA", "email": ""})
    ada.refresh_from_db()
    assert ada.username == "ADA"


def test_a_name_that_somebody_has_is_refused_and_kept_in_the_field(signed_in, ada):
    User.objects.create_user("grace")
    page = signed_in.post(URL, {"username": "Grace", "email": ""}).content.decode()
    assert "already exists" in page
    assert 'value="Grace"' in page
    assert "<h1>Ada</h1>" in page
    ada.refresh_from_db()
    assert ada.username == "Ada"


@pytest.mark.parametrize("name", ["marie²", "ﬁona", "Ａｄａ"])
def test_a_new_name_signs_in_as_it_was_typed(client, signed_in, ada, name):
    signed_in.post(URL, {"username": name, "email": ""})
    client.logout()
    client.post("/accounts/sign-in/", {"username": name, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(ada.pk)
