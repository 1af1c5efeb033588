"""Changing the password."""

from django.test import Client

from tests.accounts.conftest import PASSWORD

URL = "/accounts/password/"
NEW = "another-long-phrase"


def change(client, old=PASSWORD, new=NEW, again=NEW):
    return client.post(URL, {"old_password": old, "new_password1": new, "new_password2": again})


def test_it_asks_to_sign_in_first(client, db):
    assert client.get(URL).url == f"/accounts/sign-in/?next={URL}"


def test_it_changes_the_password_and_stays_signed_in(signed_in, ada):
    response = change(signed_in)
    assert "Password changed" in signed_in.get(response.url).content.decode()
    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_every_other_browser_is_signed_out(signed_in):
    other = Client()
    assert other.login(username="Ada", password=PASSWORD)
    change(signed_in)
    assert other.get("/accounts/profile/").status_code == 302


def test_it_refuses_a_wrong_old_password(signed_in, ada):
    assert "old password was entered incorrectly" in change(signed_in, old="wrong").content.decode()
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_it_refuses_a_weak_password(signed_in):
    assert "entirely numeric" in change(signed_in, new="91735264", again="91735264").content.decode()
