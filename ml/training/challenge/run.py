"""The adversarial challenge, as run and as it should be: recipes of the kind `adversarial-challenge`."""

import dataclasses
import time
from functools import cached_property
from pathlib import Path

from ml.classifier import Classifier
from ml.datasets import kaggle_csv
from ml.datasets.mnist import Split
from ml.training import result
from ml.training.challenge import data as challenge_data
from ml.training.challenge import figures as challenge_figures
from ml.training.challenge import report as challenge_report
from ml.training.challenge import slips
from ml.training.challenge.attacks import Floats
from ml.training.challenge.data import Data, Digits
from ml.training.challenge.figures import Swept
from ml.training.challenge.report import Evaluation, Found
from ml.training.challenge.training import Trained, Trainer, Training
from ml.training.recipe import Recipe
from ml.training.steps import remembered

CLASSES = [str(digit) for digit in range(10)]
# The models that a run leaves; each has its own table of texts in the recipe's `[card]`.
PLAIN, HARDENED = "challenge-cnn", "challenge-cnn-adversarial"
measure = challenge_figures.measure


def train(
    recipe: Recipe,
    *,
    data: Path | None = None,
    epochs: int | None = None,
    resume: bool = False,
    output: Path,
    weights: Path | None = None,
    seed: int,
) -> Path:
    """Both protocols, two models and a report; see `ml.training.run`. `weights` has no use here.

    Returns:
        `output`, with the models in `models`.
    """
    started = time.time()
    written = output / kaggle_csv.FILE
    if not resume:
        written.unlink(missing_ok=True)
    digits, file = challenge_data.prepare(recipe.read("data", Data), data, written)
    job = Job(recipe=recipe, digits=digits, output=output, seed=seed, epochs=epochs, resume=resume)
    report = challenge_report.report(recipe, job.found(), digits, seed=seed, file=file, started=started)
    report.write(output)
    return output


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
    """One run: its trainings in order, and what is measured of them."""

    recipe: Recipe
    digits: Digits
    output: Path
    seed: int
    epochs: int | None
    resume: bool

    @cached_property
    def trainer(self) -> Trainer:
        return Trainer(
            recipe=self.recipe,
            how=self.recipe.read("training", Training),
            learned=self.digits.learned,
            tested=self.digits.tested,
            folder=self.output / "checkpoints",
            epochs=self.epochs,
        )

    @cached_property
    def evaluation(self) -> Evaluation:
        return self.recipe.read("evaluation", Evaluation)

    def found(self) -> Found:
        """Everything that the report is made of."""
        how = self.trainer.how
        plain = [self.trainer.plain(self.seed + offset, self.resume) for offset in range(how.seeds)]
        hard = self.trainer.hardened(plain[0].network.get_weights(), self.seed, self.resume)
        before, swept_before, strange_before = self._measured(PLAIN, plain[0])
        after, swept_after, strange_after = self._measured(HARDENED, hard)
        networks = [before, *(self._judged(each.network.get_weights(), before) for each in plain[1:])]
        return Found(
            how=how,
            evaluation=self.evaluation,
            before=before,
            after=after,
            seeds=[challenge_figures.of_network(each, self.digits) for each in networks],
            slips=self._slips(self._judged(plain[0].untrained, before), before),
            honest=(swept_before, swept_after),
            strange=(strange_before, strange_after),
            histories=(plain[0].history, hard.history),
        )

    def _slips(self, untrained: Classifier, trained: Classifier) -> slips.Slips:
        """Their protocol: the network is retrained on ten images, then once more on ten that do fool it."""
        how, tested = self.trainer.how, self.digits.tested
        ten = slips.first(tested)
        retrained = []
        for name, source, epsilon, epochs in (
            ("ten", untrained, slips.EPSILON, how.retraining_epochs),
            ("ten-at-the-limit", trained, slips.LIMIT, how.strong_epochs),
        ):
            made = slips.adversarial(source, ten, epsilon)
            network = self.trainer.retrained(name, self.seed, made, ten.labels, epochs, self.resume)
            retrained.append(self._judged(network.get_weights(), trained))
        return slips.slips(untrained, trained, retrained[0], retrained[1], tested)

    def _judged(self, weights: list[Floats], like: Classifier) -> Classifier:
        """A classifier for weights that are not stored, under the card of another."""
        return Classifier(self.trainer.copy(weights), like.card)

    def _measured(self, name: str, trained: Trained) -> tuple[Classifier, Swept, Swept]:
        """Store a model; with it, its accuracies on the test part and on MNIST's own test digits."""
        folder = self.output / "models" / name
        classifier = self._stored(folder, name, trained)
        swept = self._swept(name, classifier, self.digits.tested, self.evaluation.epsilons)
        strange: Swept = {}
        if self.digits.strange is not None:
            largest = self.evaluation.epsilons[-1:]
            strange = self._swept(f"{name}-mnist-test", classifier, self.digits.strange, largest)
        figures = challenge_figures.figures(classifier, self.digits, swept)
        confusion = challenge_figures.confusion(classifier, self.digits.tested)
        classifier.card = result.store_card(
            folder, classifier.card, metrics=figures, confusion_matrix=confusion
        )
        return classifier, swept, strange

    def _swept(self, name: str, classifier: Classifier, split: Split, epsilons: tuple[float, ...]) -> Swept:
        def keep(title: str, compute: challenge_figures.Compute) -> float:
            return float(remembered(self.output / "steps" / f"{title}.json", compute, self.resume))

        return challenge_figures.sweep(
            name, classifier, split, epsilons, self.evaluation.pgd_steps, keep=keep
        )

    def _stored(self, folder: Path, name: str, trained: Trained) -> Classifier:
        texts = dict(self.recipe.card[name])
        own = dataclasses.replace(self.recipe, name=name, title=texts.pop("title"), card=texts)
        described = self.recipe.read("data", Data)
        return result.store_weights(
            folder,
            self.trainer.copy(trained.network.get_weights()),
            own,
            domain="digits",
            class_names=CLASSES,
            seed=self.seed,
            data={
                "name": self.digits.source,
                **dataclasses.asdict(described),
                **dataclasses.asdict(self.evaluation),
                "training": len(self.digits.learned.labels),
            },
            training={**dataclasses.asdict(self.trainer.how), "history": trained.history},
            command=f"python manage.py recipe run {self.recipe.name}",
        )
