"""The kinds of runs: each a module that `settings.RUN_KINDS` names and that holds one KIND."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import User

from ml.errors import OptionRefused, sentence

if TYPE_CHECKING:
    from experiments.kinds.context import Context
    from experiments.models import Run
    from predictor.models import Prediction


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a person asked for, once it is known to be possible.

    `parameters` are complete, with every default written out; `hashes` name what the result depends on.
    """

    parameters: dict[str, Any]
    hashes: dict[str, str] = field(default_factory=dict)
    prediction: "Prediction | None" = None


class Kind(ABC):
    """One kind of run. Nothing heavy is loaded before `work`, because pages call the rest."""

    name: ClassVar[str]
    # Shows `run.result`.
    template: ClassVar[str]

    @abstractmethod
    def title_of(self, run: "Run") -> Any:
        """What a run of this kind is about, in a few words."""

    @abstractmethod
    def detail_of(self, run: "Run") -> Any:
        """How it is done, in a line below the title."""

    @abstractmethod
    def order(self, *, owner: User, parameters: Mapping[str, Any]) -> Order:
        """Check and complete the parameters.

        Raises:
            EpsilonError: this cannot be done, and why.
        """

    @abstractmethod
    def work(self, context: "Context") -> dict[str, Any]:
        """Do it, going on from what an earlier attempt left in `context.folder`; the result is JSON.

        Raises:
            EpsilonError: it cannot be done after all.
            Stopped: raised by `context.progress`, and let through.
        """

    @abstractmethod
    def outcome_of(self, result: dict[str, Any]) -> Any:
        """The figure of a result that matters most, in a few words."""

    def shown(self, run: "Run") -> dict[str, Any]:
        """What `template` needs besides the run."""
        return {}


def registered() -> dict[str, Kind]:
    """The kinds of this site by name."""
    return _load(tuple(settings.RUN_KINDS))


@cache
def _load(modules: tuple[str, ...]) -> dict[str, Kind]:
    found = [import_module(module).KIND for module in modules]
    return {kind.name: kind for kind in found}


def named(name: str) -> Kind:
    """The kind of that name.

    Raises:
        OptionRefused: there is none.
    """
    try:
        return registered()[name]
    except KeyError:
        raise OptionRefused(sentence("There is no experiment “%(name)s”."), name=name) from None


def known_only(parameters: Mapping[str, Any], *names: str) -> None:
    """Refuse parameters that the kind does not have.

    Raises:
        OptionRefused: there is one.
    """
    for name in parameters:
        if name not in names:
            raise OptionRefused(
                sentence("This experiment has no parameter “%(name)s”; it has %(names)s."),
                name=name,
                names=", ".join(names),
            )
