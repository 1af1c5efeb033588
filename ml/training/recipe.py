"""Recipes: small TOML files that say how a model is trained.

A recipe names its kind (which module of `ml.training` runs it) and has five tables: `[data]`,
`[architecture]` (`family` plus that family's options; a kind that builds several networks has none),
`[training]`, `[evaluation]` and `[card]` (texts for the model card); `[defence]` says what the model is to
withstand. What a table may hold is said by a
frozen dataclass of the kind, so that a mistyped key is refused instead of being ignored. `[quick]` holds
tables that override these. A recipe with a `base` has all that the recipe of that name has and it has not.
"""

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ml.errors import OptionRefused, sentence

TABLES = ("data", "architecture", "training", "defence", "evaluation")
FOLDER = Path(__file__).resolve().parent.parent / "recipes"
Form = TypeVar("Form")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One recipe as read; `text` is the file and then its base: both are kept beside what they produced."""

    name: str
    title: str
    kind: str
    seed: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)
    architecture: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    defence: Mapping[str, Any] = field(default_factory=dict)
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
    quick: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    @property
    def family(self) -> str:
        """Name of the architecture family, as `ml.architectures.build` takes it."""
        return str(self.architecture["family"])

    @property
    def options(self) -> dict[str, Any]:
        """The family's options."""
        return {key: value for key, value in self.architecture.items() if key != "family"}

    def quickened(self) -> "Recipe":
        """The same recipe with what its table `[quick]` overrides in the others: small enough for seconds.

        Raises:
            OptionRefused: it has no such table, or one that overrides no table of a recipe.
        """
        if not self.quick or not set(self.quick) <= set(TABLES):
            raise OptionRefused(
                sentence("The recipe %(name)s has no table [quick], so it cannot run with --quick."),
                name=self.name,
            )
        tables = {name: getattr(self, name) for name in self.quick}
        return dataclasses.replace(self, **_over(tables, self.quick))

    def read(self, table: str, form: type[Form]) -> Form:
        """Fill the dataclass `form` from one table of the recipe, e.g. `read("training", Training)`.

        Raises:
            OptionRefused: a key that `form` does not have, a missing one, or a value of another type.
        """
        return filled(form, getattr(self, table), where=f"{self.name} [{table}]")


def load(name: str | Path) -> Recipe:
    """Read a shipped recipe by its name, or any other by the path of its `.toml` file.

    Raises:
        OptionRefused: no such recipe, no valid TOML, a key that recipes do not have, or its own base.
    """
    return _load(name, ())


def _load(name: str | Path, above: tuple[Path, ...]) -> Recipe:
    """`above` are the recipes that this one is a base of."""
    path = FOLDER / f"{name}.toml"
    if str(name).endswith(".toml"):
        path = Path(name)
    elif str(name) not in names():
        raise OptionRefused(
            sentence("There is no recipe %(name)s; there are: %(names)s."),
            name=name,
            names=", ".join(names()),
        )
    if path in above:
        raise OptionRefused(sentence("The recipe %(name)s is its own base."), name=name)
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise OptionRefused(
            sentence("The recipe %(path)s cannot be read: %(reason)s."), path=path, reason=error
        ) from error
    if "base" in table:
        base = _load(table.pop("base"), (*above, path))
        lacked = {each.name: getattr(base, each.name) for each in dataclasses.fields(base)}
        table = {**_over(lacked, table), "quick": _over(base.quick, table.get("quick", {}))}
        text += f"\n# The base:\n{_as_comment(base.text)}"
    recipe = filled(Recipe, {**table, "text": text}, where=path.name)
    for key, value in recipe.quick.items():
        _checked(value, Mapping[str, Any], path.name, f"quick.{key}")
    if recipe.architecture and not isinstance(recipe.architecture.get("family"), str):
        raise OptionRefused(
            sentence("In %(where)s the key %(key)s is missing."), where=path.name, key="family"
        )
    return recipe


def _over(base: Mapping[str, Any], own: Any) -> Any:
    """`own` with what it lacks from `base`: single values, and single keys of tables.

    What should be a table and is none stays as it is, to be refused.
    """
    if not isinstance(own, Mapping):
        return own
    found = {**base, **own}
    for name, value in own.items():
        under = base.get(name)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            # Another family has options of its own.
            alone = name == "architecture" and "family" in value
            found[name] = value if alone else {**under, **value}
    return found


def _as_comment(text: str) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())


def names() -> list[str]:
    """Names of the shipped recipes, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def listing() -> list[Recipe]:
    """The shipped recipes, read."""
    return [load(name) for name in names()]


def filled(form: type[Form], table: Mapping[str, Any], where: str) -> Form:
    """The dataclass `form` with the values of a table; `where` names it in refusals.

    Raises:
        OptionRefused: a key that `form` does not have, a missing one, or a value of another type.
    """
    hints = typing.get_type_hints(form)
    fields = {each.name: each for each in dataclasses.fields(form)}  # type: ignore[arg-type]
    for key in table:
        if key not in fields:
            raise OptionRefused(
                sentence("In %(where)s the key %(key)s is not known; known are: %(keys)s."),
                where=where,
                key=key,
                keys=", ".join(fields),
            )
    for key, each in fields.items():
        needed = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        if needed and key not in table:
            raise OptionRefused(sentence("In %(where)s the key %(key)s is missing."), where=where, key=key)
    values = {key: _checked(value, hints[key], where, key) for key, value in table.items()}
    return form(**values)


def _checked(value: Any, hint: Any, where: str, key: str) -> Any:
    """`value` as `hint` asks, its parts too: TOML's whole numbers do for floats, its arrays become tuples."""
    kind, parts = typing.get_origin(hint) or hint, typing.get_args(hint)
    if kind in (types.UnionType, typing.Union):
        for member in parts:
            with suppress(OptionRefused):
                return _checked(value, member, where, key)
    if kind in (list, tuple) and isinstance(value, list):
        hints = parts if kind is tuple and parts[-1] is not ... else parts[:1] * len(value)
        if len(hints) == len(value):
            return kind(_checked(one, asked, where, key) for one, asked in zip(value, hints, strict=True))
    if kind in (dict, Mapping) and isinstance(value, Mapping):
        return {name: _checked(one, parts[1], where, f"{key}.{name}") for name, one in value.items()}
    if kind is float and type(value) is int:
        return float(value)
    if kind in (Any, type(value)) or (kind is typing.Literal and value in parts):
        return value
    raise _refused(value, hint, where, key)


def _refused(value: Any, hint: Any, where: str, key: str) -> OptionRefused:
    known = _choices(hint)
    text = (
        sentence("In %(where)s the key %(key)s cannot be %(value)s; it can be: %(known)s.")
        if known
        else sentence("In %(where)s the key %(key)s cannot be %(value)s.")
    )
    return OptionRefused(text, where=where, key=key, value=repr(value), known=", ".join(known))


def _choices(hint: Any) -> list[str]:
    """What can be chosen, where `hint` says so."""
    parts = typing.get_args(hint)
    if typing.get_origin(hint) is typing.Literal:
        return [str(each) for each in parts]
    return [choice for part in parts for choice in _choices(part)]
