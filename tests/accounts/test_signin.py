"""Signing in."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from accounts import services, throttle
from tests.accounts.conftest import PASSWORD

URL = "/accounts/sign-in/"
WRONG = "Please enter a correct username and password"
PAUSED = "Too many failed sign-ins"

pytestmark = pytest.mark.django_db


def sign_in(client, username="Ada", password=PASSWORD, **more):
    return client.post(URL, {"username": username, "password": password, **more})


def test_it_shows_the_form(client):
    assert "Sign in" in client.get(URL).content.decode()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_it_rejects_other_methods(client, method):
    assert getattr(client, method)(URL).status_code == 405


@pytest.mark.parametrize("spelling", ["Ada", "ada", "ADA"])
def test_any_spelling_of_the_name_signs_in(client, ada, spelling):
    assert sign_in(client, spelling).url == reverse("predictor:try")
    assert client.session["_auth_user_id"] == str(ada.pk)


@pytest.mark.parametrize(("name", "password"), [("Ada", "wrong"), ("nobody", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_read_the_same(client, ada, name, password):
    page = sign_in(client, name, password).content.decode()
    assert WRONG in page
    assert f'value="{name}"' in page
    assert password not in page


def test_it_goes_on_to_the_page_asked_for(client, ada):
    assert sign_in(client, next="/history/?q=car").url == "/history/?q=car"


def test_it_never_leaves_the_site(client, ada):
    assert sign_in(client, next="//elsewhere.example/").url == reverse("predictor:try")


def test_it_brings_the_stored_preferences(client, ada):
    services.preferences_update(user=ada, language="fr", theme="dark")
    response = sign_in(client)
    assert response.cookies["theme"].value == "dark"
    assert response.cookies["django_language"].value == "fr"
    assert 'lang="fr"' in client.get("/accounts/profile/").content.decode()


def test_a_preference_left_to_the_browser_changes_nothing_there(client, ada):
    client.cookies["theme"] = "dark"
    assert "theme" not in sign_in(client).cookies


def test_ten_failures_pause_the_name_even_for_the_right_password(client, ada):
    for _ in range(throttle.ALLOWED_FAILURES):
        assert WRONG in sign_in(client, password="wrong").content.decode()
    assert PAUSED in sign_in(client).content.decode()
    assert PAUSED in sign_in(client, "aDA").content.decode()


def test_the_pause_is_for_one_address_only(client, ada):
    for _ in range(throttle.ALLOWED_FAILURES):
        sign_in(client, password="wrong")
    other = client.post(URL, {"username": "Ada", "password": PASSWORD}, REMOTE_ADDR="192.0.2.7")
    assert other.status_code == 302


def test_a_success_forgives_earlier_failures(client, ada):
    for _ in range(throttle.ALLOWED_FAILURES - 1):
        sign_in(client, password="wrong")
    sign_in(client)
    client.logout()
    sign_in(client, password="wrong")
    assert sign_in(client).status_code == 302


def test_a_name_that_nobody_has_is_paused_as_well(client, db):
    for _ in range(throttle.ALLOWED_FAILURES):
        sign_in(client, "nobody", "wrong")
    assert PAUSED in sign_in(client, "nobody", "wrong").content.decode()


@pytest.mark.parametrize("spelling", ["Élodie", "élodie", "ÉLODIE"])
def test_any_spelling_signs_in_whatever_the_alphabet(client, db, spelling):
    person = User.objects.create_user("Élodie", password=PASSWORD)
    sign_in(client, spelling)
    assert client.session["_auth_user_id"] == str(person.pk)


def test_the_administration_slows_guessing_down_as_well(client, ada):
    for _ in range(throttle.ALLOWED_FAILURES):
        client.post("/admin/login/", {"username": "Ada", "password": "wrong"})
    page = client.post("/admin/login/", {"username": "Ada", "password": PASSWORD}).content.decode()
    assert PAUSED in page


def test_the_administration_lets_its_staff_in_only(client, ada):
    refused = client.post("/admin/login/", {"username": "Ada", "password": PASSWORD}).content.decode()
    assert "staff account" in refused
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    assert (
        client.post("/admin/login/?next=/admin/", {"username": "Ada", "password": PASSWORD}).url == "/admin/"
    )


def test_behind_a_trusted_proxy_the_pause_is_for_one_client(client, ada, settings):
    settings.TRUST_PROXY = True

    def come(address, password):
        data = {"username": "Ada", "password": password}
        return client.post(URL, data, headers={"x-forwarded-for": f"10.0.0.1, {address}"})

    for _ in range(throttle.ALLOWED_FAILURES):
        come("192.0.2.7", "wrong")
    assert PAUSED in come("192.0.2.7", PASSWORD).content.decode()
    assert come("192.0.2.8", PASSWORD).status_code == 302


def test_many_made_up_names_do_not_end_a_pause(client, ada):
    for _ in range(throttle.ALLOWED_FAILURES):
        sign_in(client, password="wrong")
    for number in range(2000):
        throttle.record_failure(f"made up {number}", "192.0.2.7")
    assert PAUSED in sign_in(client).content.decode()
