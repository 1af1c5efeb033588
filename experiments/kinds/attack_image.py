"""A long attack on one image that the site keeps."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.models import User
from django.utils.translation import gettext

from experiments.facts import attack_line
from experiments.kinds import Kind, Order, chosen, curve, known_only
from experiments.kinds.context import Context
from experiments.kinds.watched import Watched
from ml import epsilon as epsilons
from ml import zoo
from ml.errors import OptionRefused, sentence
from predictor import access
from predictor.models import AdversarialImage, Prediction
from predictor.services.attacked import attacked_create
from predictor.services.sweeps import target_label

if TYPE_CHECKING:
    from experiments.models import Run

LOADING = sentence("Loading the model")
ASKED = sentence("Questions put to the model")
TRIED = sentence("Values of ε tried")


class AttackImage(Kind):
    """One attack on what a model saw of one image; its file is kept with the image's others."""

    name = "attack-image"
    template = "experiments/results/attack_image.html"

    def title_of(self, run: "Run") -> Any:
        name = run.prediction.image.name if run.prediction else ""
        return gettext("An attack on %(name)s") % {"name": name}

    def detail_of(self, run: "Run") -> Any:
        target = run.parameters["target"]
        headed = ", " + gettext("towards %(name)s") % {"name": target} if target else ""
        return f"{attack_line(run.parameters)}{headed}"

    def outcome_of(self, result: dict[str, Any]) -> Any:
        if not result["adversarial"]:
            return gettext("nothing found")
        return f"{result['before']['class']} → {result['after']['class']}"

    def order(self, *, owner: User, parameters: Mapping[str, Any]) -> Order:
        known_only(parameters, "prediction", *chosen.NAMES, "target", "curve")
        prediction = _prediction(owner, parameters.get("prediction"))
        chosen.weights_check(prediction.model_name, prediction.weights_sha256)
        card = zoo.card(prediction.model_name)
        attack = chosen.read(parameters, card)
        if attack.norm == "linf" and attack.epsilon is not None:
            epsilons.file_steps(attack.epsilon)
        target = str(parameters.get("target") or "")
        target_label(card=card, prediction=prediction, target=target)
        hashes = {"weights": prediction.weights_sha256, "data": prediction.image.sha256}
        if attack.source:
            hashes["source"] = zoo.card(attack.source).weights_sha256
        complete = {
            "prediction": str(prediction.pk),
            "model": prediction.model_name,
            **attack.as_parameters(),
            "target": target,
            "curve": curve.read(parameters.get("curve", False), attack),
        }
        return Order(parameters=complete, hashes=hashes, prediction=prediction)

    def work(self, context: Context) -> dict[str, Any]:
        values, attack = context.parameters, chosen.of_parameters(context.parameters)
        target, wanted = values["target"], values.get("curve", False)
        context.progress(0, 0, LOADING)
        chosen.weights_check(values["model"], context.hashes["weights"])
        if attack.source:
            chosen.weights_check(attack.source, context.hashes["source"])
        prediction = Prediction.objects.select_related("image").get(pk=values["prediction"])
        asking = _Asking(context, len(curve.below(attack)) + 1 if wanted else 0)
        call: dict[str, Any] = {
            "prediction": prediction,
            "attack": attack.make(),
            "model": Watched(zoo.load(values["model"]), asking.asked),
            "norm": attack.norm,
            "target": target,
            "seed": context.seed,
        }
        points = curve.measured(attack, call, asking.next_epsilon) if wanted else []
        row = attacked_create(
            **call,
            name=attack.attack,
            epsilon=attack.epsilon,
            parameters={"options": attack.options, "source": attack.source, "run": str(context.run.pk)},
        )
        result = {"questions": asking.questions, **_figures(prediction, target, row)}
        if wanted:
            points = curve.finished(points, attack, row or prediction)
            context.artefact(curve.FILE, curve.as_csv(points))
            result |= {"curve": points, "first_change": curve.first_change(points, target)}
        return result

    def shown(self, run: "Run") -> dict[str, Any]:
        """The file, unless it was deleted since, and the curve."""
        result = run.result or {}
        made = result.get("adversarial")
        rows = AdversarialImage.objects.filter(prediction=run.prediction).select_related("prediction__image")
        return {
            "adversarial": rows.filter(pk=made).first() if made else None,
            "curve": curve.shown(result, run.parameters),
        }


class _Asking:
    """How far the attack is: at which of `total` values of ε, or without a curve after how many questions."""

    def __init__(self, context: Context, total: int) -> None:
        self.questions, self._done = 0, 0
        self._context, self._total = context, total

    def asked(self) -> None:
        self.questions += 1
        if self._total:
            self._context.progress(self._done, self._total, TRIED)
        else:
            self._context.progress(self.questions, 0, ASKED)

    def next_epsilon(self) -> None:
        self._done += 1


def _prediction(owner: User, pk: object) -> Prediction:
    try:
        wanted = UUID(str(pk))
    except ValueError:
        wanted = UUID(int=0)
    rows = Prediction.objects.filter(image__in=access.images_of(owner)).select_related("image")
    found = rows.filter(pk=wanted).first()
    if found is None:
        raise OptionRefused(sentence("There is no such answer to attack: open the picture again."))
    return found


def _figures(prediction: Prediction, target: str, row: AdversarialImage | None) -> dict[str, Any]:
    before = {"class": prediction.class_name, "confidence": prediction.confidence}
    if row is None:
        return {"adversarial": None, "success": False, "before": before}
    reached = row.class_name == target if target else row.class_name != prediction.class_name
    return {
        "adversarial": str(row.pk),
        "success": reached,
        "before": before,
        "after": {"class": row.class_name, "confidence": row.confidence, "tampered": bool(row.tampered)},
        "linf": row.linf,
        "l2": row.l2,
        "psnr": row.psnr,
        "ssim": row.ssim,
    }


KIND = AttackImage()
