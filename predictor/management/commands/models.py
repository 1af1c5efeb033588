"""`manage.py models`: what is in the zoo."""

from typing import Any

from classification_site.commands import ModelCommand
from ml import zoo


class Command(ModelCommand):
    help = "List the models: domain, classes, input shape, parameters, metrics, weights hash."

    def handle(self, *arguments: Any, **options: Any) -> None:
        for name in zoo.names():
            card = zoo.card(name)
            values = {
                "name": name,
                "title": card.title,
                "domain": card.domain,
                "classes": card.class_names,
                "input_shape": list(card.input_shape),
                "parameters": card.parameters,
                "metrics": card.metrics,
                "weights_sha256": card.weights_sha256,
            }
            shape = "×".join(str(side) for side in card.input_shape)
            text = (
                f"{name:16} {card.domain:7} {shape:10} {card.parameters:>10,} parameters  "
                f"{card.short_hash}  {', '.join(card.class_names)}"
            )
            self.answer(values, text)
