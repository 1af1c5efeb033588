"""What is kept: images, what the models said of them, and the adversarial images made from them."""

import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ml import epsilon
from ml.attacks import registry
from predictor.bars import Bar, bars
from predictor.naming import download_name
from predictor.outcome import Outcome, outcome_of

if TYPE_CHECKING:
    from ml.images import Pixels


class Image(models.Model):
    """One stored picture of one person; its pixels never change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="images")
    name = models.CharField(_("name"), max_length=120)
    # Of the decoded pixels, so that the same picture in another file format is still the same.
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    bytes = models.PositiveIntegerField(_("bytes"))
    file = models.CharField(max_length=200)
    thumbnail = models.CharField(max_length=200)
    true_class = models.CharField(_("true class"), max_length=100, blank=True)
    created = models.DateTimeField(_("created"), default=timezone.now)

    # The pixels, once a request has them: see `services.upload.pixels_of`.
    decoded: "Pixels | None" = None

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering = ("-created", "-id")
        indexes = (models.Index(fields=["owner", "-created", "-id"], name="image_history"),)

    def __str__(self) -> str:
        return self.name

    @property
    def keys(self) -> list[str]:
        """The storage keys of its own files."""
        return [self.file, self.thumbnail]


class Answer(models.Model):
    """What a model answered, of an image or of an adversarial image."""

    label = models.PositiveIntegerField()
    class_name = models.CharField(_("class"), max_length=100)
    confidence = models.FloatField(_("confidence"))
    unsure = models.BooleanField(_("unsure"))
    probabilities = models.JSONField()
    # The detector's score, from 0 to 1, and whether it reached the threshold; None without a detector.
    suspicion = models.FloatField(_("suspicion"), null=True, blank=True)
    tampered = models.BooleanField(_("looks tampered with"), null=True, blank=True)
    # The smallest n/255 of this attack that changes the answer, looked for up to `flip_searched`.
    # On a prediction: of untargeted FGSM at the model's resolution.
    flip_steps = models.PositiveSmallIntegerField(_("flips at"), null=True, blank=True)
    flip_searched = models.PositiveSmallIntegerField(default=0)
    versions = models.JSONField(default=dict)
    created = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        abstract = True

    @property
    def bars(self) -> list[Bar]:
        """The probabilities, the largest first."""
        return bars(self.probabilities)

    @property
    def flip_text(self) -> str:
        """`5/255`, or nothing when no flip is known."""
        return "" if self.flip_steps is None else epsilon.text(self.flip_steps)


class Prediction(Answer):
    """The answer of one set of weights to one image; a name trained anew gives a new row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    image = models.ForeignKey(Image, models.CASCADE, related_name="predictions")
    model_name = models.CharField(_("model"), max_length=100)
    weights_sha256 = models.CharField(max_length=64)
    # False when a digit network was given a picture without ink.
    found = models.BooleanField(default=True)
    seconds = models.FloatField()

    # Set by the selectors: made by other weights than the model of this name has today.
    changed = False

    class Meta:
        verbose_name = _("prediction")
        verbose_name_plural = _("predictions")
        ordering = ("-created", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["image", "model_name", "weights_sha256"], name="one_prediction_per_weights"
            ),
        )

    def __str__(self) -> str:
        return f"{self.model_name}: {self.class_name}"

    @property
    def short_hash(self) -> str:
        return self.weights_sha256[:12]

    @property
    def wrong(self) -> bool | None:
        """Whether the answer differs from the stated truth; None while that is not stated."""
        return self.class_name != self.image.true_class if self.image.true_class else None


def attack_check(name: str) -> None:
    """Refuse a name that no attack has."""
    if name not in registry.ATTACKS:
        raise ValidationError(_("There is no attack %(name)s."), params={"name": name})


class AdversarialImage(Answer):
    """A perturbed file, judged from its own bytes."""

    class Norm(models.TextChoices):
        LINF = "linf", "L∞"
        L2 = "l2", "L2"

    class Resolution(models.TextChoices):
        MODEL = "model", _("the model's resolution")
        STORED = "stored", _("the image's own resolution")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    prediction = models.ForeignKey(Prediction, models.CASCADE, related_name="adversarials")
    # The image's owner, here as well: what one person has is found without going through all their images.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # A name of `ml.attacks.registry`; rows of an attack that is gone keep theirs.
    attack = models.CharField(_("attack"), max_length=20, validators=[attack_check])
    norm = models.CharField(_("distance"), max_length=10, choices=Norm.choices, default=Norm.LINF)
    target = models.CharField(_("target"), max_length=100, blank=True)
    epsilon_asked = models.FloatField(_("ε asked"))
    steps = models.PositiveSmallIntegerField(_("steps of 1/255"))
    resolution = models.CharField(_("resolution"), max_length=10, choices=Resolution.choices)
    file = models.CharField(max_length=200)
    thumbnail = models.CharField(max_length=200)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    linf = models.FloatField()
    l2 = models.FloatField()
    # None stands for infinite: the two images are equal.
    psnr = models.FloatField(null=True, blank=True)
    ssim = models.FloatField()
    parameters = models.JSONField(default=dict)
    seed = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("adversarial image")
        verbose_name_plural = _("adversarial images")
        ordering = ("-created", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["prediction", "attack", "norm", "target", "steps", "resolution"],
                name="one_file_per_attack",
            ),
        )
        indexes = (models.Index(fields=["owner", "attack"], name="attacks_of_owner"),)

    def __str__(self) -> str:
        return f"{self.attack_title} {self.epsilon_text}"

    @property
    def keys(self) -> list[str]:
        """The storage keys of its own files."""
        return [self.file, self.thumbnail]

    @property
    def epsilon(self) -> float:
        """The ε that the file holds; at most the one that was asked."""
        return self.steps / epsilon.LEVELS

    @property
    def epsilon_text(self) -> str:
        return epsilon.text(self.steps)

    @property
    def attack_title(self) -> str:
        """The attack in the reader's language; of one that is gone, its name."""
        entry = registry.ATTACKS.get(self.attack)
        return gettext(entry.title) if entry else self.attack

    @property
    def bound_text(self) -> str:
        """What bounded the attack: `8/255`, or in L2 `L2 1.5`; nothing where no ε did."""
        if self.parameters.get("epsilon", self.epsilon_asked) is None:
            return ""
        if self.norm == self.Norm.L2:
            return f"{self.get_norm_display()} {number_format(f'{self.epsilon_asked:.4g}')}"
        return self.epsilon_text

    @property
    def outcome(self) -> Outcome:
        return outcome_of(
            truth=self.prediction.image.true_class, before=self.prediction.class_name, after=self.class_name
        )

    @property
    def outcome_text(self) -> Any:
        return self.outcome.label

    @property
    def download_name(self) -> str:
        """A safe file name, as `car-red-fgsm-6-255.png`."""
        marks = [self.attack, self.target and f"to-{self.target}", f"{self.steps}-255"]
        if self.norm == self.Norm.L2:
            marks.insert(1, self.norm)
        if self.resolution == self.Resolution.STORED:
            marks.append(f"{self.width}x{self.height}")
        return download_name(self.prediction.image.name, *(mark for mark in marks if mark), suffix=".png")
