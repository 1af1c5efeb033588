"""What the commands share: `--json` prints one object per line and nothing else on standard output."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from ml import files, images
from ml.errors import EpsilonError, ImageRefused
from ml.verdict import Verdict

if TYPE_CHECKING:
    from ml.images import Input
    from ml.model import Model


def answer_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the commands print it."""
    return {
        "class": verdict.class_name,
        "confidence": verdict.confidence,
        "unsure": verdict.unsure,
        "probabilities": verdict.probabilities,
    }


def write(path: Path, data: bytes) -> None:
    """Write a whole file or none.

    Raises:
        CommandError: it cannot be written.
    """
    try:
        with files.replacing(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error


def samples_check(count: int) -> None:
    """Raise CommandError unless `count` can be the number of --samples."""
    if count < 0:
        raise CommandError("--samples must be at least 0.")


class ModelCommand(BaseCommand):
    """A command over `ml`: its errors are one sentence, its answers a line of text or of JSON."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object per line")

    def answer(self, values: dict[str, Any], text: str) -> None:
        """Print `values` as a line of JSON when asked for, else `text`."""
        self.stdout.write(json.dumps(values, ensure_ascii=False) if self._json else text)

    def seen(self, model: "Model", file: str | Path) -> "Input | None":
        """What `model` sees of a file; None, and the reason is printed, when it is refused."""
        try:
            return images.to_input(images.decode(Path(file).read_bytes()), model.card)
        except (ImageRefused, OSError) as error:
            reason = str(error) if isinstance(error, ImageRefused) else f"{error.strerror or error}."
            self.answer({"file": str(file), "error": reason}, f"{file}: {reason}")
            return None

    def each(self, work: Callable[[str], bool], files: Sequence[str], done: str) -> None:
        """Do `work` on every file: one that it refuses (False) does not keep the others out.

        Raises:
            CommandError: any was refused, so that the exit code is 1; `done` says of what, e.g. "classified".
        """
        refused = [file for file in files if not work(file)]
        if refused:
            raise CommandError(f"{len(refused)} of {len(files)} files could not be {done}.")

    def execute(self, *arguments: Any, **options: Any) -> str | None:
        self._json = bool(options.get("json"))
        try:
            return super().execute(*arguments, **options)
        except EpsilonError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            # What names a file is for the person to mend; any other may be a mistake of ours, so it stays.
            if error.errno is None or error.filename is None:
                raise
            raise CommandError(f"{error.filename} cannot be used: {error.strerror}.") from error
