"""`manage.py recipe list | show NAME | run NAME`: the trainings, each a small TOML file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from classification_site.commands import ModelCommand
from ml.training import recipe as recipes


class Command(ModelCommand):
    help = "List the training recipes, show one, or run one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|run")
        listing = actions.add_parser("list", help="name and title of every recipe")
        show = actions.add_parser("show", help="the recipe file itself")
        run = actions.add_parser("run", help="train; leaves card.json and weights.h5 in runs/NAME/model")
        for action in (listing, show, run):
            super().add_arguments(action)
        for action in (show, run):
            action.add_argument("name", metavar="NAME", help="a recipe's name, or the path of a .toml file")
        run.add_argument("--data", type=Path, metavar="DIR", help="folder of the data")
        run.add_argument("--weights", type=Path, metavar="FILE", help="weights to start from")
        run.add_argument("--epochs", type=_positive, metavar="N", help="at most N epochs")
        run.add_argument("--seed", type=int, metavar="N")
        run.add_argument("--output", type=Path, metavar="DIR", help="runs/NAME by default")
        run.add_argument("--resume", action="store_true", help="go on after the last finished epoch")

    def handle(self, *arguments: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        for recipe in recipes.listing():
            values = {"name": recipe.name, "title": recipe.title, "kind": recipe.kind}
            self.answer(values, f"{recipe.name:20} {recipe.title}")

    def _show(self, options: dict[str, Any]) -> None:
        recipe = recipes.load(options["name"])
        self.answer({"name": recipe.name, "text": recipe.text}, recipe.text)

    def _run(self, options: dict[str, Any]) -> None:
        from ml import training
        from ml.card import read

        names = ("data", "weights", "epochs", "seed", "output", "resume")
        try:
            folder = training.run(options["name"], **{name: options[name] for name in names})
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. The finished epochs are kept: the same command with --resume goes on.",
                returncode=130,
            ) from None
        card = read(folder / "card.json")
        self.answer(
            {
                "name": card.name,
                "folder": str(folder),
                "metrics": card.metrics,
                "weights_sha256": card.weights_sha256,
            },
            f"{card.name}: trained, in {folder}. To use it on the site, move this folder into the zoo "
            f"(EPSILON_ZOO_DIR/NAME).",
        )


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value
