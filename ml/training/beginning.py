"""The folder of a run as the run begins: nothing of an earlier one is left that it would take for its own."""

import os
from contextlib import suppress
from pathlib import Path

from ml import files
from ml.errors import OptionRefused, sentence

RECIPE = "recipe.toml"
# Where the kinds of training keep what a resumed run goes on from, and what they write there.
FOLDERS = ("checkpoints", "steps", "fits", "guard", "attacked")
SUFFIXES = (".json", ".h5", ".npy", ".journal")


def begin(output: Path, name: str, text: str, *, resume: bool) -> None:
    """Make `output` the folder of a run of the recipe `name`, whose `text` is kept there.

    Unless the run is resumed, the state of an earlier one is removed; models, reports and every file that no
    run writes stay.

    Raises:
        OptionRefused: the run is resumed, but its recipe has changed.
    """
    kept = output / RECIPE
    if resume:
        _recipe_check(kept, name, text)
    elif kept.exists():
        _clear(output)
    files.write_text(kept, text)


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
