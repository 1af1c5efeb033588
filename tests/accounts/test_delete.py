"""Deleting the account."""

from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.urls import reverse

from tests.accounts.conftest import PASSWORD

URL = "/accounts/delete/"


def test_it_asks_to_sign_in_first(client, db):
    assert client.get(URL).url == f"/accounts/sign-in/?next={URL}"


def test_it_asks_for_the_password(signed_in, ada):
    assert "Your password" in signed_in.get(URL).content.decode()
    assert User.objects.filter(pk=ada.pk).exists()


def test_a_wrong_password_deletes_nothing(signed_in, ada):
    page = signed_in.post(URL, {"password": "wrong"}).content.decode()
    assert "nothing was deleted" in page
    assert User.objects.filter(pk=ada.pk).exists()


def test_the_right_password_deletes_the_account_and_signs_out(signed_in, ada):
    response = signed_in.post(URL, {"password": PASSWORD}, follow=True)
    assert response.redirect_chain[0][0] == reverse("landing")
    assert "all its pictures are deleted" in response.content.decode()
    assert not User.objects.filter(pk=ada.pk).exists()
    assert "_auth_user_id" not in signed_in.session


def test_other_people_stay(signed_in):
    User.objects.create_user("grace")
    signed_in.post(URL, {"password": PASSWORD})
    assert User.objects.get().username == "grace"


def test_the_files_go_with_the_account(signed_in, picture, django_capture_on_commit_callbacks):
    assert default_storage.exists(picture.file)
    with django_capture_on_commit_callbacks(execute=True):
        signed_in.post(URL, {"password": PASSWORD})
    assert not any(default_storage.exists(key) for key in picture.keys)


def test_it_says_how_much_goes(signed_in, picture):
    assert "The account goes with 1 image and" in signed_in.get(URL).content.decode()
