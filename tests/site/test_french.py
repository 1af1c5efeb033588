"""The site in French: the catalogue is whole, the language is the one asked for, the pages are French."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib.auth.models import User
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import loader
from django.test import Client
from django.utils import translation
from django.utils.translation.template import templatize

from experiments.management.commands.makemessages import card_texts

CATALOGUE = Path(settings.BASE_DIR, "locale/fr/LC_MESSAGES/django.po")
UNREADABLE = "Ce fichier n’est pas une image lisible (JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF)."
PASSWORD = "a-long-enough-phrase"
SOURCES = [
    path
    for folder in ("ml", "predictor", "accounts", "classification_site", "experiments")
    for path in sorted(Path(settings.BASE_DIR, folder).rglob("*.py"))
]
TEMPLATES = sorted(
    path for kind in ("html", "txt") for path in Path(settings.BASE_DIR, "templates").rglob(f"*.{kind}")
)
MARKERS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "sentence"}
IN_TEMPLATE = re.compile(
    r"""\b(?:n?gettext\(|pgettext\(u?'[^']*', *)u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
)
PLACES = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")
# An ordinary space before double punctuation or inside guillemets would break the line there.
BREAKABLE = re.compile(r" [;:!?»]| %(?!\()|« ")

with CATALOGUE.open("rb") as _file:
    MESSAGES = [message for message in read_po(_file, locale="fr") if message.id]


def forms(value: str | tuple[str, ...] | list[str]) -> list[str]:
    """Singular and plural, or the one form there is."""
    return [value] if isinstance(value, str) else list(value)


KNOWN = {text for message in MESSAGES for text in forms(message.id)}


def calls(path: Path, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
            yield node


def literals(call: ast.Call) -> list[str]:
    values = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
    return [value for value in values if isinstance(value, str)]


def sentences() -> list[tuple[str, str]]:
    """Every literal marked by `sentence(...)`, with its place."""
    found = []
    for path in SOURCES:
        for call in calls(path, {"sentence"}):
            assert literals(call), f"{path}:{call.lineno} marks no literal"
            found.append((f"{path.name}:{call.lineno}", literals(call)[0]))
    return found


@pytest.fixture(scope="module")
def compiled():
    """The catalogue as Django reads it; `make test` compiles it first."""
    binary = CATALOGUE.with_suffix(".mo")
    if not binary.exists() or binary.stat().st_mtime < CATALOGUE.stat().st_mtime:
        pytest.fail("The French catalogue is not compiled as it stands: run the tests by `make test`.")


@pytest.fixture
def french(compiled, db) -> Client:
    """A visitor whose browser asks for French."""
    return Client(headers={"accept-language": "fr-FR,fr;q=0.9,en;q=0.5"})


@pytest.fixture
def ada(db) -> User:
    return User.objects.create_user("ada", "ada@example.org", PASSWORD)


def language_of(client: Client) -> str:
    shown = re.search(r'<html lang="(\w+)"', client.get("/models/").content.decode())
    return shown[1] if shown else ""


def test_every_text_is_translated_with_all_its_places():
    assert [message.id for message in MESSAGES if "fuzzy" in message.flags or not whole(message)] == []


def whole(message: Message) -> bool:
    pairs = zip(forms(message.id), forms(message.string), strict=True)
    return all(text and places(text) == places(original) for original, text in pairs)


def places(text: str) -> list[str]:
    return sorted(PLACES.findall(text))


def test_every_text_has_french_typography():
    texts = [text for message in MESSAGES for text in forms(message.string)]
    assert [text for text in texts if re.search("['\"“”]", text) or BREAKABLE.search(text)] == []


def test_every_text_marked_in_the_program_is_in_the_catalogue():
    marked = [text for path in SOURCES for call in calls(path, MARKERS) for text in literals(call)]
    assert len(marked) > 100
    assert [text for text in marked if text not in KNOWN] == [], "run `make messages` and translate"


def test_every_text_marked_in_a_template_is_in_the_catalogue():
    # Django's own reading of a template: calls of gettext among blanked-out characters.
    read = "\n".join(templatize(path.read_text("utf-8")) for path in TEMPLATES)
    marked = [ast.literal_eval(literal) for literal in IN_TEMPLATE.findall(read)]
    assert len(marked) > 100
    assert [text for text in marked if text not in KNOWN] == [], "run `make messages` and translate"


def test_every_text_of_a_shipped_card_is_in_the_catalogue():
    texts = list(card_texts())
    assert texts
    assert [text for text in texts if text not in KNOWN] == [], "run `make messages` and translate"


def test_a_per_cent_sign_in_a_sentence_is_the_start_of_a_place():
    """A sentence is filled only when it has values: without them a doubled sign would be shown doubled."""
    assert [place for place, text in sentences() if "%" in PLACES.sub("", text)] == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "Quel infime changement fait basculer la réponse"),
        ("/accounts/sign-up/", "J’ai déjà un compte"),
        ("/accounts/sign-in/", "J’ai oublié mon mot de passe"),
        ("/models/", "leurs données d’apprentissage"),
        ("/nowhere/", "Il n’y a rien à cette adresse"),
    ],
)
def test_a_french_browser_gets_french_pages(french: Client, path: str, words: str):
    answer = french.get(path)
    assert '<html lang="fr"' in answer.content.decode()
    assert words in answer.content.decode()
    assert answer["Content-Language"] == "fr"


def test_the_choice_of_a_visitor_beats_the_browser(french: Client):
    assert language_of(french) == "fr"
    french.post("/accounts/preferences/", {"language": "en"})
    assert language_of(french) == "en"


def test_the_choice_in_the_profile_beats_another_browser(compiled, ada: User):
    chooser = Client()
    chooser.force_login(ada)
    chooser.post("/accounts/preferences/", {"language": "fr"})
    other = Client(headers={"accept-language": "en"})
    assert language_of(other) == "en"
    other.post("/accounts/sign-in/", {"username": "ada", "password": PASSWORD})
    assert language_of(other) == "fr"


def test_a_bad_file_is_refused_in_french(french: Client, ada: User):
    french.force_login(ada)
    answer = french.post("/try/", {"files": SimpleUploadedFile("notes.txt", b"hello"), "model": "auto"})
    assert UNREADABLE in answer.content.decode()


def test_a_refused_sign_up_says_why_in_french(french: Client, ada: User):
    answer = french.post("/accounts/sign-up/", {"username": "Ada", "password1": "12", "password2": "12"})
    words = answer.content.decode()
    assert "Ce nom est déjà pris." in words
    assert "au minimum 8 caractères" in words


def test_the_message_for_a_forgotten_password_is_french(french: Client, ada: User):
    french.post("/accounts/reset/", {"email": ada.email})
    assert mail.outbox[0].subject == "Un nouveau mot de passe pour Epsilon"
    assert "Bonjour ada" in mail.outbox[0].body


def test_what_the_scripts_say_is_french(compiled):
    with translation.override("fr"):
        words = loader.render_to_string("predictor/_words.html")
    assert f'data-wrong-kind="{UNREADABLE}"' in words
    assert 'data-flip="bascule à ε' in words
