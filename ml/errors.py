"""Errors that a person reads.

Each carries one sentence as a template and the values that fill it, so that a page can translate
the template while the command line prints the English.
"""

from typing import Any


def sentence(text: str) -> str:
    """Mark `text` for translation: the message extractor looks for this name."""
    return text


class EpsilonError(Exception):
    """Something a person asked for cannot be done; `str(error)` says why in one sentence."""

    def __init__(self, template: str, **params: Any) -> None:
        super().__init__(template % params if params else template)
        self.template = template
        self.params = params


class ImageRefused(EpsilonError):
    """The bytes are not an image that is accepted."""


class EpsilonRefused(EpsilonError):
    """The text is no ε, or an ε that cannot be used."""


class OptionRefused(EpsilonError):
    """A class, an attack option or a combination of them does not exist."""


class ModelUnavailable(EpsilonError):
    """A model is unknown, or its files are missing or damaged."""


class NotANetwork(EpsilonError):
    """The model is no network: it has no gradient to attack by and nothing to export."""


class DataMissing(EpsilonError):
    """A data set is not where it was looked for."""


class Busy(EpsilonError):
    """Every place in the queue is taken; worth trying again shortly."""


BUSY = sentence("Too many requests at once: try again in a few seconds.")
