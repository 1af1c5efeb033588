"""The version of Epsilon, and of what it runs on, as cards and rows record them."""

from importlib.metadata import PackageNotFoundError, version

VERSION = "0.1.0"
# The same library under several names: TensorFlow's package depends on the machine.
TENSORFLOW = ("tensorflow-cpu", "tensorflow")


def installed(*names: str) -> str | None:
    """The version of the first of these distributions that is installed, without importing it."""
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return None
