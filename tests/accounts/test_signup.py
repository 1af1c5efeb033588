"""Signing up."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from accounts.forms import SignUpForm

URL = "/accounts/sign-up/"
GOOD = {
    "username": "grace",
    "email": "",
    "password1": "a-long-enough-phrase",
    "password2": "a-long-enough-phrase",
}

pytestmark = pytest.mark.django_db


def test_it_shows_the_form(client):
    assert "Sign up" in client.get(URL).content.decode()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_it_rejects_other_methods(client, method):
    assert getattr(client, method)(URL).status_code == 405


def test_it_makes_the_account_and_signs_in(client):
    response = client.post(URL, GOOD)
    assert response.status_code == 302
    assert response.url == reverse("predictor:try")
    assert client.session["_auth_user_id"] == str(User.objects.get(username="grace").pk)


def test_it_keeps_the_choices_made_before(client):
    client.cookies["theme"], client.cookies["django_language"] = "dark", "fr"
    client.post(URL, GOOD)
    profile = User.objects.get(username="grace").profile
    assert (profile.theme, profile.language) == ("dark", "fr")


def test_it_hashes_with_argon2(client, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    client.post(URL, GOOD)
    assert User.objects.get(username="grace").password.startswith("argon2$argon2id$")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"username": "GRACE H"}, "Enter a valid username"),
        ({"username": "ADA"}, "A user with that username already exists."),
        ({"password2": "another-phrase-here"}, "didn’t match"),
        ({"password1": "12345678", "password2": "12345678"}, "too common"),
        ({"email": "nowhere"}, "Enter a valid email address."),
    ],
)
def test_bad_input_keeps_what_was_typed(client, ada, changes, sentence):
    response = client.post(URL, {**GOOD, "email": "g@example.org", **changes})
    page = response.content.decode()
    assert sentence in page
    assert f'value="{changes.get("username", "grace")}"' in page
    assert f'value="{changes.get("email", "g@example.org")}"' in page
    assert User.objects.count() == 1


def test_an_address_that_somebody_has_is_not_given_away(client, ada):
    client.post(URL, {**GOOD, "email": ada.email})
    assert User.objects.filter(email=ada.email).count() == 2


def test_it_goes_on_to_the_page_asked_for(client):
    assert client.post(URL, {**GOOD, "next": "/models/"}).url == "/models/"


def test_it_never_leaves_the_site(client):
    assert client.post(URL, {**GOOD, "next": "https://elsewhere.example/"}).url == reverse("predictor:try")


def test_who_is_signed_in_goes_on(signed_in):
    assert signed_in.get(URL).url == reverse("predictor:try")


def test_a_button_pressed_twice_makes_one_account_and_says_so(client, monkeypatch):
    real = SignUpForm.is_valid

    def valid_while_the_first_is_stored(form):
        valid = real(form)
        User.objects.create_user("grace")
        return valid

    monkeypatch.setattr(SignUpForm, "is_valid", valid_while_the_first_is_stored)
    response = client.post(URL, GOOD)
    assert response.status_code == 200
    assert "already exists" in response.content.decode()
    assert User.objects.filter(username="grace").count() == 1
