"""Where the pictures lie: random names in Django's default storage, reached by no URL.

Only the storage API is used, so a bucket serves as well as a folder.
"""

import errno
import logging
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError, transaction

from ml.errors import sentence
from predictor.errors import FileMissing, StorageFull

logger = logging.getLogger(__name__)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def no_room(error: BaseException | None) -> StorageFull | None:
    """What to say where `error` tells that the disk is full: a file's, or the database's."""
    of_file = isinstance(error, OSError) and error.errno in _NO_ROOM
    of_database = isinstance(error, OperationalError) and "full" in str(error)
    if of_file or of_database:
        return StorageFull(
            sentence("There is no room left to store images: delete some, or tell the administrator.")
        )
    return None


class Draft:
    """Files written for a row that does not exist yet."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def put(self, folder: str, data: bytes, suffix: str) -> str:
        """Write `data` under a new random name and return its key.

        Raises:
            StorageFull: there is no room left.
        """
        name = uuid.uuid4().hex
        key = f"{folder}/{name[:2]}/{name}{suffix}"
        # Noted before the write: a write that fails half-way leaves a part of the file behind.
        self.keys.append(key)
        try:
            return default_storage.save(key, ContentFile(data))
        except OSError as error:
            if full := no_room(error):
                raise full from error
            raise


@contextmanager
def draft() -> Iterator[Draft]:
    """Files for one row: kept when the block ends well, removed when it raises."""
    files = Draft()
    try:
        yield files
    except BaseException:
        remove(files.keys)
        raise


def remove(keys: Iterable[str]) -> None:
    """Delete files; one that cannot be deleted is logged and does not keep the others."""
    for key in keys:
        try:
            default_storage.delete(key)
        except OSError:
            logger.exception("the file %s could not be deleted", key)


def remove_after_commit(keys: Iterable[str]) -> None:
    """Delete files once their rows are gone for good; a rollback keeps both."""
    doomed = list(keys)
    transaction.on_commit(lambda: remove(doomed))


def read(key: str) -> bytes:
    """The content of a file.

    Raises:
        FileMissing: it is not there.
    """
    try:
        with default_storage.open(key) as file:
            return bytes(file.read())
    except FileNotFoundError as error:
        raise FileMissing(sentence("The file of this image is missing: upload the image again.")) from error
