"""A long attack on one image that the site keeps."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.models import User
from django.utils.translation import gettext

from experiments.facts import attack_line
from experiments.kinds import Kind, Order, chosen, known_only
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
        known_only(parameters, "prediction", *chosen.NAMES, "target")
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
        }
        return Order(parameters=complete, hashes=hashes, prediction=prediction)

    def work(self, context: Context) -> dict[str, Any]:
        values, attack = context.parameters, chosen.of_parameters(context.parameters)
        questions = 0

        def asked() -> None:
            nonlocal questions
            questions += 1
            context.progress(questions, 0, ASKED)

        context.progress(0, 0, LOADING)
        chosen.weights_check(values["model"], context.hashes["weights"])
        if attack.source:
            chosen.weights_check(attack.source, context.hashes["source"])
        prediction = Prediction.objects.select_related("image").get(pk=values["prediction"])
        row = attacked_create(
            prediction=prediction,
            name=attack.attack,
            attack=attack.make(),
            model=Watched(zoo.load(values["model"]), asked),
            norm=attack.norm,
            epsilon=attack.epsilon,
            target=values["target"],
            seed=context.seed,
            parameters={"options": attack.options, "source": attack.source, "run": str(context.run.pk)},
        )
        return {"questions": questions, **_figures(prediction, values["target"], row)}

    def shown(self, run: "Run") -> dict[str, Any]:
        """The file, unless it was deleted since."""
        made = (run.result or {}).get("adversarial")
        rows = AdversarialImage.objects.filter(prediction=run.prediction).select_related("prediction__image")
        return {"adversarial": rows.filter(pk=made).first() if made else None}


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
        "after": {"class": row.class_name, "confidence": row.confidence},
        "linf": row.linf,
        "l2": row.l2,
        "psnr": row.psnr,
        "ssim": row.ssim,
    }


KIND = AttackImage()
