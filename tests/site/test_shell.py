"""The frame of every page: header, theme, language, messages, error pages."""

import errno
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.template import loader
from django.test import RequestFactory
from django.urls import reverse

from classification_site import errors

TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))
# Any page will do; this one needs no model.
PAGE = "/accounts/sign-in/"

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_needs_what_the_policy_forbids(template):
    text = template.read_text()
    assert not re.search(r"""\sstyle=["']|<style|\son[a-z]+=["']|javascript:""", text)
    assert not re.search(r"<script(?![^>]*\b(src|type=\"application/json\"))", text)
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_template_compiles(template):
    loader.get_template(str(template.relative_to(Path(settings.BASE_DIR, "templates"))))


def test_a_visitor_is_offered_to_sign_in(client):
    page = client.get(PAGE).content.decode()
    assert reverse("accounts:signup") in page
    assert reverse("predictor:history") not in page
    assert reverse("admin:index") not in page


@pytest.mark.parametrize(("staff", "shown"), [(True, True), (False, False)])
def test_only_staff_is_led_to_the_administration(client, staff, shown):
    client.force_login(User.objects.create_user("ada", is_staff=staff))
    assert (reverse("admin:index") in client.get("/accounts/profile/").content.decode()) is shown


@pytest.mark.parametrize(
    ("cookie", "choice", "first"),
    [
        ("", "auto", "light"),
        ("dark", "dark", "dark"),
        ("light", "light", "light"),
        ('"><b>', "auto", "light"),
    ],
)
def test_the_theme_is_the_one_chosen(client, cookie, choice, first):
    client.cookies["theme"] = cookie
    page = client.get(PAGE).content.decode()
    assert f'data-theme="{choice}" data-bs-theme="{first}"' in page


@pytest.mark.parametrize(("asked", "given"), [("fr-CA,fr;q=0.9", "fr"), ("de,en;q=0.5", "en"), ("de", "en")])
def test_the_browser_chooses_the_language(client, asked, given):
    page = client.get(PAGE, headers={"accept-language": asked}).content.decode()
    assert f'<html lang="{given}"' in page


def test_every_file_that_the_frame_names_is_shipped(client):
    page = client.get(PAGE).content.decode()
    names = re.findall(r'(?:href|src)="/static/([^"]+)"', page)
    assert len(names) >= 8
    assert [name for name in names if not finders.find(name)] == []


def test_an_unknown_address_says_so_with_a_way_out_and_a_number(client):
    response = client.get("/no/such/page/")
    page = response.content.decode()
    assert response.status_code == 404
    assert "There is nothing at this address" in page
    assert response["X-Request-ID"] in page
    assert reverse("predictor:try") in page


def request_without_a_session():
    request = RequestFactory().get("/")
    request.id = "0123456789ab"
    return request


def test_the_page_for_a_fault_needs_no_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        response = errors.server_error(request_without_a_session())
    assert response.status_code == 500
    assert "safe to try again" in response.content.decode()
    assert "0123456789ab" in response.content.decode()


def test_a_malformed_request_is_answered_with_a_sentence():
    response = errors.bad_request(request_without_a_session(), Exception())
    assert response.status_code == 400
    assert "not in a form" in response.content.decode()


def test_a_disk_that_is_full_while_a_form_arrives_is_one_sentence():
    request = RequestFactory().get("/")
    try:
        raise OSError(errno.ENOSPC, "No space left on device")
    except OSError:
        response = errors.server_error(request)
    assert response.status_code == 507
    assert "no room left" in response.content.decode()


def test_who_was_signed_out_meanwhile_signs_in_on_a_whole_page(client):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/history/?q=car"}
    response = client.get("/history/?q=care", headers=headers)
    assert response["HX-Redirect"] == "/accounts/sign-in/?next=/history/%3Fq%3Dcar"
    assert client.get("/history/").status_code == 302


def test_a_cache_knows_a_page_from_its_parts(client):
    assert "HX-Request" in client.get(PAGE)["Vary"]
