"""`manage.py recipe list | show NAME | run NAME | results`: the trainings, each a small TOML file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from classification_site.commands import ModelCommand
from ml import files
from ml.errors import DataMissing, sentence
from ml.training import recipe as recipes

RUNS = Path("runs")


class Command(ModelCommand):
    help = "List, show and run the training recipes, report a finished model, gather the figures of runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|run|report|results")
        listing = actions.add_parser("list", help="name and title of every recipe")
        show = actions.add_parser("show", help="the recipe file itself")
        run = actions.add_parser("run", help="train and measure; leaves report and models in runs/NAME")
        report = actions.add_parser("report", help="test a finished model again and write its report")
        results = actions.add_parser("results", help="write docs/results.md from the reports of full runs")
        for action in (listing, show, run, report, results):
            super().add_arguments(action)
        for action in (show, run):
            action.add_argument("name", metavar="NAME", help="a recipe's name, or the path of a .toml file")
        run.add_argument(
            "--quick", action="store_true", help="in seconds, on bundled digits: a check, no result"
        )
        report.add_argument("name", metavar="NAME", help="a model's name")
        for action in (run, report):
            action.add_argument("--data", type=Path, metavar="DIR", help="folder of the data")
            action.add_argument("--output", type=Path, metavar="DIR", help="runs/NAME by default")
        run.add_argument("--weights", type=Path, metavar="FILE", help="weights to start from")
        run.add_argument("--epochs", type=_positive, metavar="N", help="at most N epochs")
        run.add_argument("--seed", type=int, metavar="N")
        run.add_argument("--resume", action="store_true", help="go on after the last finished epoch")
        results.add_argument(
            "folders", nargs="*", type=Path, metavar="RUN_FOLDER", help="all in runs by default"
        )
        results.add_argument("--output", type=Path, metavar="FILE", default=Path("docs/results.md"))

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
        from ml.report.facts import commit

        commit()  # the code that runs from here on, whatever is committed until the report is written
        names = ("data", "weights", "epochs", "seed", "output", "resume", "quick")
        try:
            folder = training.run(options["name"], **{name: options[name] for name in names})
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. The finished epochs are kept: the same command with --resume goes on.",
                returncode=130,
            ) from None
        self.answer(*_outcome(recipes.load(options["name"]).name, folder))

    def _report(self, options: dict[str, Any]) -> None:
        from ml import training

        folder = training.report(options["name"], data=options["data"], output=options["output"])
        self.answer(*_outcome(options["name"], folder))

    def _results(self, options: dict[str, Any]) -> None:
        from ml.report import results

        folders = options["folders"] or _full_runs()
        if not folders:
            raise DataMissing(sentence("There is no report of a finished run in %(folder)s."), folder=RUNS)
        files.write_text(options["output"], results.markdown(folders))
        values = {"output": str(options["output"]), "runs": [str(folder) for folder in folders]}
        self.answer(values, f"{options['output']}: the figures of {len(folders)} runs.")


def _full_runs() -> list[Path]:
    """Every folder of runs/ with a report, but for those of quick runs."""
    folders = (path.parent for path in RUNS.glob("*/report.json"))
    return sorted(folder for folder in folders if not folder.name.endswith("-quick"))


def _outcome(name: str, folder: Path) -> tuple[dict[str, Any], str]:
    """What a run left behind, as JSON values and as lines: its report, its headlines, its model or models."""
    from ml.card import read
    from ml.report import results, words
    from ml.report.report import FIGURES, PAGE

    values: dict[str, Any] = {"name": name, "folder": str(folder)}
    lines = []
    # The folder is that of the run, or one model's inside it.
    written = next((place for place in (folder, *folder.parents[:2]) if (place / FIGURES).exists()), None)
    if written:
        values |= {"report": str(written / PAGE), "headlines": results.read(written)["headlines"]}
        lines += [
            f"{each['figure']}: {each['measured']}" for each in map(words.headline, values["headlines"])
        ]
        lines.append(f"Report: {written / PAGE}")
    places = [folder / "card.json", *sorted(folder.glob("models/*/card.json"))]
    cards = {path.parent: read(path) for path in places if path.exists()}
    if folder in cards:
        values |= {"metrics": cards[folder].metrics, "weights_sha256": cards[folder].weights_sha256}
    else:
        values["models"] = [
            {"name": card.name, "folder": str(place), "metrics": card.metrics}
            for place, card in cards.items()
        ]
    lines += [
        f"{card.name}: trained, in {place}. To use it on the site, move this folder into the zoo "
        f"(EPSILON_ZOO_DIR/NAME)."
        for place, card in cards.items()
    ]
    return values, "\n".join(lines or [f"{name}: done, in {folder}."])


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value
