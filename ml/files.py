"""Files that are whole or absent: written beside the target, synced, then renamed onto it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Less room than this is none.
_BLOCK = 1 << 20


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder; on success it becomes `path`, on any error it vanishes.

    An error of the disk names `path`, and is an OSError with its number whoever was writing.

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
    except (OSError, RuntimeError) as error:
        reason = error if isinstance(error, OSError) and error.errno else _refusal(temporary)
        if reason is None:
            raise
        if reason.filename in (None, str(temporary)):
            reason.filename = str(path)
        if reason is error:
            raise
        raise reason from error
    finally:
        temporary.unlink(missing_ok=True)


def _refusal(file: Path) -> OSError | None:
    """Why the disk takes no more of `file`, if so: NumPy and HDF5 say that writing failed, not why."""
    try:
        with file.open("ab") as more:
            more.write(bytes(_BLOCK))
            os.fsync(more.fileno())
    except OSError as error:
        return error
    return None


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 `text` to `path`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def cache_folder() -> Path:
    """Where is kept what could be made again: EPSILON_CACHE_DIR, or the user's own cache."""
    own = os.environ.get("EPSILON_CACHE_DIR")
    return Path(own) if own else Path.home() / ".cache" / "epsilon"
