"""Signing out."""

from django.urls import reverse

URL = "/accounts/sign-out/"


def test_it_signs_out(signed_in):
    response = signed_in.post(URL)
    assert response.url == reverse("landing")
    assert "_auth_user_id" not in signed_in.session


def test_it_rejects_get(signed_in):
    assert signed_in.get(URL).status_code == 405
    assert "_auth_user_id" in signed_in.session
