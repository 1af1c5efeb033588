"""A kind of run for tests: it counts, keeps each number in its folder, and does as it is told on the way."""

import time
from collections.abc import Mapping
from typing import Any

from experiments.kinds import Kind, Order, known_only
from ml.errors import OptionRefused, sentence

COUNTED = "counted"


class Counting(Kind):
    name = "counting"
    template = "experiments/results/robustness.html"

    def title_of(self, run) -> str:
        return f"Counting to {run.parameters['to']}"

    def detail_of(self, run) -> str:
        return f"with a pause of {run.parameters['pause']} s"

    def outcome_of(self, result) -> str:
        return f"{len(result['counted'])} counted"

    def order(self, *, owner, parameters: Mapping[str, Any]) -> Order:
        known_only(parameters, "to", "pause", "error")
        return Order(parameters={"to": 3, "pause": 0.0, "error": ""} | dict(parameters))

    def work(self, context) -> dict[str, Any]:
        file = context.folder / COUNTED
        found = len(file.read_text().split()) if file.exists() else 0
        for number in range(found, context.parameters["to"]):
            with file.open("a") as store:
                store.write(f"{number}:{context.run.attempt}\n")
            context.progress(number + 1, context.parameters["to"], sentence("Loading the model"))
            time.sleep(context.parameters["pause"])
        if context.parameters["error"] == "sentence":
            raise OptionRefused(sentence("There is no experiment “%(name)s”."), name="counting")
        if context.parameters["error"] == "bug":
            raise ZeroDivisionError
        context.artefact("numbers.txt", file.read_bytes())
        return {"found": found, "counted": file.read_text().split()}


KIND = Counting()
