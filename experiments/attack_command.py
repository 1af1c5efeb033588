"""What `attack` and `robustness` share: an attack, its options and its norm from the command line."""

from argparse import ArgumentParser
from typing import TYPE_CHECKING, Any

from classification_site.commands import ModelCommand
from ml import epsilon, zoo
from ml.attacks import registry
from ml.errors import EpsilonRefused, OptionRefused, sentence

if TYPE_CHECKING:
    from ml.attacks import Attack
    from ml.attacks.norms import Name


class AttackCommand(ModelCommand):
    """A command over attacks by name."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--attack", required=True, metavar="NAME", help=", ".join(registry.ATTACKS))
        parser.add_argument(
            "--option", action="append", default=[], metavar="NAME=VALUE", help="of the attack, e.g. steps=40"
        )
        parser.add_argument("--source", metavar="MODEL", help="the second model of the attack transfer")
        parser.add_argument("--norm", choices=("linf", "l2"), help="the attack's own by default")
        parser.add_argument("--seed", type=int, default=0, metavar="N")


def chosen(options: dict[str, Any]) -> "tuple[Attack, Name]":
    """The attack and the norm that the command line asks for.

    Raises:
        OptionRefused: there is no such attack, option, value or norm.
        ModelUnavailable: there is no such source.
    """
    source = zoo.load(options["source"]) if options["source"] else None
    attack = registry.make(options["attack"], _options(options["option"]), source=source)
    norm: Name = options["norm"] or attack.norms[0]
    attack.check_norm(norm)
    return attack, norm


def read_epsilon(text: str | None, attack: "Attack", norm: "Name", name: str) -> float | None:
    """ε as asked, None where the attack called `name` takes none or finds its own.

    Raises:
        EpsilonRefused: it is missing, cannot be read, or bounds nothing.
    """
    if not attack.bounded:
        if text is not None:
            raise EpsilonRefused(sentence("%(attack)s is not bounded by ε: leave it out."), attack=name)
        return None
    if text is None:
        if attack.minimal:
            return None
        raise EpsilonRefused(sentence("%(attack)s needs an ε: how far the image may move."), attack=name)
    return epsilon.parse(text) if norm == "linf" else epsilon.length(text)


def described(attack: "Attack", options: dict[str, Any]) -> dict[str, Any]:
    """The attack as the commands print it, with every option, whether set or not."""
    parameters = registry.find(options["attack"]).parameters
    own = {parameter.name: getattr(attack, parameter.name) for parameter in parameters}
    if "attack" in own:
        own["attack"] = dict(_options(options["option"])).get("attack", parameters[0].default)
    return {"attack": options["attack"], "options": own, "source": options["source"]}


def _options(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, equals, _ in pairs:
        if not equals:
            raise OptionRefused(sentence("An option is written NAME=VALUE, not %(text)s."), text=name)
    return {name: value for name, _, value in pairs}
