"""What can go wrong with runs, and how a run that works is stopped."""

from ml.errors import EpsilonError


class RunLimit(EpsilonError):
    """This person has as many runs as one person may."""


class Stopped(Exception):
    """Raised inside a handler that is to end now."""


class Cancelled(Stopped):
    """The run is no longer this worker's: the person cancelled or deleted it, or another worker has it."""


class HandedBack(Stopped):
    """The worker is asked to end: the run goes back to the queue and goes on from its checkpoint."""
