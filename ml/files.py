"""Files that are whole or absent: written beside the target, synced, then renamed onto it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder; on success it becomes `path`, on any error it vanishes.

    A process killed inside the block leaves the old file (or none) in place.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays: some writers choose their format by it.
    temporary = path.with_name(f".{secrets.token_hex(8)}{''.join(path.suffixes)}")
    try:
        # Not `tempfile`, whose files are private: a result is as readable as the umask has any other file.
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    except OSError as error:
        # The name that a person knows, not the temporary one.
        error.filename = str(path)
        raise
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 `text` to `path`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def cache_folder() -> Path:
    """Where is kept what could be made again: EPSILON_CACHE_DIR, or the user's own cache."""
    own = os.environ.get("EPSILON_CACHE_DIR")
    return Path(own) if own else Path.home() / ".cache" / "epsilon"
