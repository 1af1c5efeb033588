"""Getting back in without the password."""

import re

from tests.accounts.conftest import PASSWORD

URL = "/accounts/reset/"
NEW = "another-long-phrase"


def link_in(message) -> str:
    return re.search(r"http://testserver(/accounts/reset/\S+)", message.body).group(1)


def test_it_shows_the_form(client, db):
    assert "Forgotten password" in client.get(URL).content.decode()


def test_it_mails_a_link(client, ada, mailoutbox):
    client.post(URL, {"email": "ADA@example.org"})
    (message,) = mailoutbox
    assert message.to == [ada.email]
    assert message.subject == "A new password for Epsilon"
    assert "Hello Ada" in message.body


def test_a_known_and_an_unknown_address_get_the_same_page(client, ada, mailoutbox):
    pages = [client.post(URL, {"email": email}, follow=True) for email in (ada.email, "x@example.org")]
    known, unknown = (re.sub(r"[A-Za-z0-9]{64}", "", page.content.decode()) for page in pages)
    assert "If an account has this address" in known
    assert re.sub(r"Request <code>.*?</code>", "", known) == re.sub(r"Request <code>.*?</code>", "", unknown)
    assert len(mailoutbox) == 1


def test_the_link_sets_a_new_password_once(client, ada, mailoutbox):
    client.post(URL, {"email": ada.email})
    link = link_in(mailoutbox[0])
    form = client.get(link).url
    assert "Choose a new password" in client.get(form).content.decode()
    done = client.post(form, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert "Password changed" in done.content.decode()
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert "This link no longer works" in client.get(link, follow=True).content.decode()


def test_a_made_up_link_says_what_to_do(client, ada):
    page = client.get(f"{URL}MQ/abcdef-0123456789/").content.decode()
    assert "Ask for a new link" in page


def test_the_old_password_works_until_a_new_one_is_set(client, ada, mailoutbox):
    client.post(URL, {"email": ada.email})
    assert client.login(username="Ada", password=PASSWORD)
