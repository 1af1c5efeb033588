"""What can go wrong here beyond a refused image: no room, or too much of it taken."""

from ml.errors import EpsilonError, sentence


class StorageFull(EpsilonError):
    """The disk or bucket that holds the images has no room left."""


class QuotaReached(EpsilonError):
    """This person keeps as many images as one person may."""


class UploadRefused(EpsilonError):
    """The upload as a whole, not one of its files, is refused."""


class FileMissing(EpsilonError):
    """A stored file is not where its row says."""


class Deleted(EpsilonError):
    """The picture was deleted, in another window, while something was made of it."""

    def __init__(self) -> None:
        super().__init__(sentence("This picture has been deleted meanwhile."))
