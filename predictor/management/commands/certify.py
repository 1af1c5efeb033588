"""`manage.py certify FILE... --epsilon 0.1`: is it proven that no change within ε alters the answer?"""

from argparse import ArgumentParser
from functools import partial
from typing import TYPE_CHECKING, Any

from classification_site.commands import ModelCommand, answer_json
from ml import epsilon, images, zoo

if TYPE_CHECKING:
    from ml.model import Model

CERTIFIED_MODEL = "digits-certified"


class Command(ModelCommand):
    help = (
        "Say for each image whether any change of its pixels by up to ε could alter the answer. A proof holds"
        " for every attack there is; without one nothing is known."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--model", default=CERTIFIED_MODEL, metavar="NAME", help="default: %(default)s")
        parser.add_argument("--epsilon", required=True, help="a decimal (0.1) or a fraction (8/255)")

    def handle(self, *arguments: Any, **options: Any) -> None:
        asked, model = epsilon.parse(options["epsilon"]), zoo.load(options["model"])
        self.each(partial(self._certify, model, asked), options["files"], "certified")

    def _certify(self, model: "Model", asked: float, file: str) -> bool:
        from ml.defences.certified import certified, certified_radius

        seen = self.seen(model, file)
        if seen is None:
            return False
        verdict, batch = model.answer(seen), images.to_float(seen.image)[None]
        holds = bool(certified(model, batch, [verdict.label], asked)[0])
        radius = float(certified_radius(model, batch, [verdict.label])[0])
        steps = epsilon.text(round(radius * epsilon.LEVELS))
        values = {
            "file": file,
            "model": model.card.name,
            **answer_json(verdict),
            "epsilon": asked,
            "certified": holds,
            "certified_epsilon": radius,
        }
        said = "no change within ε alters it" if holds else "not proven at this ε"
        text = f"{file}: {verdict.class_name} {verdict.confidence:.1%}, {said} (proven up to {steps})"
        self.answer(values, text)
        return True
