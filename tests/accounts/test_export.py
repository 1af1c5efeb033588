"""Taking one's data along."""

import io
import json
import zipfile

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
