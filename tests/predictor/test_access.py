"""Who may reach what: one table of every address that leads to somebody's object."""

import uuid

import pytest
from django.urls import reverse

OBJECT_PAGES = [
    ("get", "lab", "image"),
    ("post", "truth", "image"),
    ("post", "invert", "image"),
    ("post", "image_delete", "image"),
    ("get", "others", "image"),
    ("get", "sweep", "image"),
    ("get", "curve_csv", "image"),
    ("get", "sign_file", "image"),
    ("get", "preview_file", "image"),
    ("get", "difference_file", "image"),
    ("get", "image_file", "image"),
    ("get", "image_thumb", "image"),
    ("get", "input_file", "image"),
    ("post", "attack_save", "image"),
    ("get", "attack_runs", "image"),
    ("get", "adversarial_file", "adversarial"),
    ("get", "adversarial_thumb", "adversarial"),
    ("post", "adversarial_delete", "adversarial"),
]
OWN_PAGES = [
    ("get", "try"),
    ("post", "try"),
    ("get", "history"),
    ("post", "history_delete"),
    ("get", "history_csv"),
]
FORM = {"epsilon": "8/255", "model": "tiny-photos"}


def address(name, kind, image, adversarial):
    return reverse(f"predictor:{name}", args=[{"image": image, "adversarial": adversarial}[kind].pk])


@pytest.mark.parametrize(("method", "name", "kind"), OBJECT_PAGES)
def test_the_owner_reaches_it(owner_client, image, adversarial, method, name, kind):
    response = getattr(owner_client, method)(address(name, kind, image, adversarial), FORM)
    assert response.status_code in (200, 302)
    assert "signin" not in response.get("Location", "")


@pytest.mark.parametrize(("method", "name", "kind"), OBJECT_PAGES)
def test_an_outsider_gets_404_never_403(outsider_client, image, adversarial, method, name, kind):
    assert getattr(outsider_client, method)(address(name, kind, image, adversarial), FORM).status_code == 404


@pytest.mark.parametrize(("method", "name", "kind"), OBJECT_PAGES)
def test_an_object_that_does_not_exist_looks_the_same(owner_client, method, name, kind):
    url = reverse(f"predictor:{name}", args=[uuid.uuid4()])
    assert getattr(owner_client, method)(url, FORM).status_code == 404


@pytest.mark.parametrize(("method", "name", "kind"), OBJECT_PAGES)
def test_a_signed_out_visitor_is_sent_to_sign_in(anonymous, image, adversarial, method, name, kind):
    response = getattr(anonymous, method)(address(name, kind, image, adversarial), FORM)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:signin"))


@pytest.mark.parametrize(("method", "name", "kind"), OBJECT_PAGES)
def test_the_other_method_is_refused(owner_client, image, adversarial, method, name, kind):
    other = "post" if method == "get" else "get"
    assert getattr(owner_client, other)(address(name, kind, image, adversarial)).status_code == 405


@pytest.mark.parametrize(("method", "name"), OWN_PAGES)
def test_own_pages_send_a_signed_out_visitor_to_sign_in(anonymous, method, name):
    response = getattr(anonymous, method)(reverse(f"predictor:{name}"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:signin"))


def test_nothing_of_an_outsider_is_changed_by_the_attempt(outsider_client, image, adversarial):
    for method, name, kind in OBJECT_PAGES:
        getattr(outsider_client, method)(address(name, kind, image, adversarial), FORM)
    image.refresh_from_db()
    adversarial.refresh_from_db()
    assert image.true_class == ""
