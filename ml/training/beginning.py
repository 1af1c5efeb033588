"""The folder of a run as the run begins: nothing of an earlier one is left that it would take for its own."""

import json
import os
import shlex
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ml import files
from ml.errors import OptionRefused, sentence

RECIPE, OPTIONS = "recipe.toml", "options.json"
# Where the kinds of training keep what a resumed run goes on from, and what they write there.
FOLDERS = ("checkpoints", "steps", "fits", "guard", "attacked")
SUFFIXES = (".json", ".h5", ".npy", ".journal")


def begin(output: Path, name: str, text: str, options: Mapping[str, Any], *, resume: bool) -> None:
    """Make `output` the folder of a run of the recipe `name`; its `text` and the `options` are kept there.

    Unless the run is resumed, the state of an earlier one is removed; models, reports and every file that no
    run writes stay.

    Args:
        options: all that decides what is trained beside the recipe, by their names on the command line; None
            and False stand for an option that was not given.

    Raises:
        OptionRefused: the run is resumed, but its recipe has changed or its options are others.
    """
    given = {
        key: str(value.resolve()) if isinstance(value, Path) else value
        for key, value in options.items()
        if value is not None and value is not False
    }
    if resume:
        _options_check(output / OPTIONS, name, given)
        _recipe_check(output / RECIPE, name, text)
    elif (output / RECIPE).exists():
        _clear(output)
    files.write_text(output / OPTIONS, json.dumps(given, sort_keys=True))
    files.write_text(output / RECIPE, text)


def _options_check(kept: Path, name: str, given: Mapping[str, Any]) -> None:
    """More epochs are refused too: those first asked for are what the learning rate falls over."""
    before = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else given
    if before != given:
        raise OptionRefused(
            sentence(
                "This run began as “recipe run %(command)s”: go on with the same options, or start again"
                " without --resume."
            ),
            command=_typed(name, before),
        )


def _typed(name: str, given: Mapping[str, Any]) -> str:
    words = [name]
    for key, value in given.items():
        words += [f"--{key}"] if value is True else [f"--{key}", str(value)]
    return shlex.join(words)


def _recipe_check(kept: Path, name: str, text: str) -> None:
    if kept.exists() and kept.read_text(encoding="utf-8") != text:
        raise OptionRefused(
            sentence("The recipe %(name)s has changed since this run began; start again without --resume."),
            name=name,
        )


def _clear(output: Path) -> None:
    for name in FOLDERS:
        for place, _, names in os.walk(output / name, topdown=False):
            for file in names:
                if file.endswith(SUFFIXES):
                    (Path(place) / file).unlink()
            # Not where a person keeps something beside it.
            with suppress(OSError):
                os.rmdir(place)
