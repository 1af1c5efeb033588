"""Upper and lower case are the same in every alphabet, in SQLite, too: of itself it knows ASCII's only."""

import re
from functools import lru_cache
from typing import Any

from django.db.backends.signals import connection_created

WILDCARDS = {"%": ".*", "_": "."}


def register() -> None:
    """From now on LIKE, by which Django asks `iexact` and `icontains`, compares casefolded texts."""
    connection_created.connect(_teach, dispatch_uid="predictor.sqlite_text")


def _teach(connection: Any, **rest: Any) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_function("like", 3, like, deterministic=True)


def like(pattern: str | None, text: object, escape: str) -> bool | None:
    """`text LIKE pattern ESCAPE escape`; NULL of NULL."""
    if pattern is None or text is None:
        return None
    return _expression(pattern, escape).fullmatch(str(text).casefold()) is not None


@lru_cache(maxsize=64)
def _expression(pattern: str, escape: str) -> re.Pattern[str]:
    letters, parts = iter(pattern), []
    for letter in letters:
        plain = next(letters, "") if letter == escape else letter
        parts.append(WILDCARDS[letter] if letter in WILDCARDS else re.escape(plain.casefold()))
    return re.compile("".join(parts), re.DOTALL)
