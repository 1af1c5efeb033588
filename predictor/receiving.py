"""Receiving files: what is over the limit is dropped while it arrives."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler


class CappedUploadHandler(FileUploadHandler):
    """Lets a little more than UPLOAD_MAX_BYTES of a file through, so that it is refused by its size.

    Django reads a form before any view or sign-in check sees it; without this a stranger could fill the disk.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return None if start > settings.UPLOAD_MAX_BYTES else raw_data

    def file_complete(self, file_size: int) -> Any:
        """Nothing: the handlers after this one make the file."""
        return None
