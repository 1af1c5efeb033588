"""Taking one's data along."""

import errno
import io
import json
import zipfile

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from PIL import Image

from accounts import services

URL = "/accounts/export/"


def archive_of(response) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def test_it_asks_to_sign_in_first(client, db):
    assert client.get(URL).url == f"/accounts/sign-in/?next={URL}"


def test_it_rejects_post(signed_in):
    assert signed_in.post(URL).status_code == 405


def test_it_is_a_zip_with_the_account(signed_in):
    response = signed_in.get(URL)
    assert response["Content-Type"] == "application/zip"
    assert "attachment" in response["Content-Disposition"]
    account = json.loads(archive_of(response).read("account.json"))
    assert (account["username"], account["email"]) == ("Ada", "ada@example.org")


def test_it_holds_nothing_that_opens_the_account(signed_in, ada):
    archive = archive_of(signed_in.get(URL))
    assert all(ada.password.encode() not in archive.read(name) for name in archive.namelist())


def test_it_holds_every_picture_with_its_record(signed_in, picture):
    archive = archive_of(signed_in.get(URL))
    (record,) = json.loads(archive.read("images.json"))
    assert record["name"] == "noise.png"
    with Image.open(io.BytesIO(archive.read(record["file"]))) as copy:
        assert copy.size == (16, 12)


def test_it_holds_nothing_of_other_people(client, picture):
    client.force_login(User.objects.create_user("grace"))
    assert json.loads(archive_of(client.get(URL)).read("images.json")) == []


@pytest.mark.parametrize(
    "fault", [OSError(errno.ENOSPC, "No space left on device"), OperationalError("database or disk is full")]
)
def test_a_full_disk_is_one_sentence(signed_in, monkeypatch, fault):
    def full(**options):
        raise fault

    monkeypatch.setattr(services, "export_write", full)
    response = signed_in.get(URL)
    assert response.status_code == 507
    assert "no room left" in response.content.decode()
