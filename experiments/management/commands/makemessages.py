"""`manage.py makemessages`, which also collects what Django's own cannot see: sentences and cards of `ml`."""

import json
import tomllib
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.commands import makemessages

CARDS = "ml/zoo/*/card.json"
RECIPES = "ml/recipes/*.toml"


def card_texts() -> Iterator[str]:
    """What the shipped cards say to people, and what cards of models trained from the recipes will say."""
    for path in sorted(settings.BASE_DIR.glob(CARDS)):
        yield from _texts(json.loads(path.read_text("utf-8")))
    for path in sorted(settings.BASE_DIR.glob(RECIPES)):
        recipe = tomllib.loads(path.read_text("utf-8"))
        yield from _texts(recipe | recipe.get("card", {}))


def _texts(card: dict[str, Any]) -> Iterator[str]:
    names = ("title", "provenance", "licence", "notes")
    texts = [*(card.get(name) for name in names), *card.get("limits", [])]
    return (text for text in texts if text)


class Command(makemessages.Command):
    # `ml` imports no Django, hence no gettext: its marker is a function of its own.
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=sentence"]  # noqa: RUF012

    def process_files(self, file_list: list[makemessages.TranslatableFile]) -> None:
        super().process_files(file_list)
        if self.domain != "django":
            return
        # JSON writes a string as a message file does.
        entries = (f'msgid {json.dumps(text, ensure_ascii=False)}\nmsgstr ""\n\n' for text in card_texts())
        template = f"{settings.LOCALE_PATHS[0]}/django.pot"
        makemessages.write_pot_file(template, "\n\n" + "".join(entries))
