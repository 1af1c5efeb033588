"""What is kept of long work: one row for each run, and a sign of life of each worker."""

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from experiments import kinds
from predictor.models import Prediction

FOLDER = "runs"


class Run(models.Model):
    """One job, from being asked for to its result; the row is the place in the queue too."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    ACTIVE = (State.WAITING, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="runs")
    kind = models.CharField(_("kind"), max_length=40)
    parameters = models.JSONField(_("parameters"), default=dict)
    seed = models.PositiveIntegerField(_("seed"), default=0)
    # What the run is about, where that is an answer to one image; without the image the run says nothing.
    prediction = models.ForeignKey(Prediction, models.CASCADE, related_name="runs", null=True, blank=True)
    # SHA-256 of the weights and the data that were there when the run was asked for.
    hashes = models.JSONField(default=dict, blank=True)
    # Of the program and the packages that computed the result.
    versions = models.JSONField(default=dict, blank=True)

    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    # The token of whoever works on it, new each time it is taken; only its holder may write the row.
    holder = models.CharField(max_length=32, blank=True)
    heartbeat = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    done = models.PositiveIntegerField(default=0)
    # 0 when nobody knows how much there is to do.
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=200, blank=True)

    created = models.DateTimeField(_("created"), default=timezone.now)
    started = models.DateTimeField(_("started"), null=True, blank=True)
    finished = models.DateTimeField(_("finished"), null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    # A sentence as a template with its values, so that each reader gets it in their language.
    error = models.TextField(_("error"), blank=True)
    error_values = models.JSONField(default=dict, blank=True)
    # Files in `folder` that are whole: [{"name", "bytes", "sha256"}].
    artefacts = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ("-created", "-id")
        indexes = (
            models.Index(fields=["owner", "-created", "-id"], name="run_list"),
            models.Index(fields=["state", "created", "id"], name="run_queue"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=("waiting", "running", "done", "failed", "cancelled")),
                name="run_state_known",
            ),
            models.CheckConstraint(
                condition=Q(done__lte=F("total")) | Q(total=0), name="run_progress_within_total"
            ),
            models.CheckConstraint(
                condition=Q(state="running", heartbeat__isnull=False) & ~Q(holder="")
                | ~Q(state="running") & Q(holder=""),
                name="run_held_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("waiting", "running"), finished__isnull=True)
                | Q(state__in=("done", "failed", "cancelled"), finished__isnull=False),
                name="run_finished_when_over",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def active(self) -> bool:
        """Whether it waits or works."""
        return self.state in self.ACTIVE

    @property
    def folder(self) -> Path:
        """Where its checkpoints and files lie: below the media, which no address leads to."""
        return Path(settings.MEDIA_ROOT) / FOLDER / self.pk.hex

    @property
    def error_text(self) -> str:
        """Why it failed, in the reader's language."""
        text = gettext(self.error) if self.error else ""
        return text % self.error_values if self.error_values else text

    @property
    def message_text(self) -> str:
        """What it is doing, in the reader's language."""
        return gettext(self.message) if self.message else ""

    @property
    def percent(self) -> int:
        """How much of the work is done, 0 to 100."""
        if self.state == self.State.DONE:
            return 100
        return 100 * self.done // self.total if self.total else 0

    @property
    def seconds(self) -> float | None:
        """From the first start to the end, or to now; None before the start."""
        if self.started is None:
            return None
        until: dt.datetime = self.finished or timezone.now()
        return (until - self.started).total_seconds()

    @property
    def kind_known(self) -> kinds.Kind | None:
        """Its kind; None when this site no longer has it."""
        return kinds.registered().get(self.kind)

    @property
    def title(self) -> Any:
        """What it is about, in a few words; a kind that is gone is named as it was stored."""
        return self.kind_known.title_of(self) if self.kind_known else self.kind

    @property
    def outcome(self) -> Any:
        """The figure that matters most, once there is a result."""
        return self.kind_known.outcome_of(self.result) if self.kind_known and self.result else ""

    @property
    def detail(self) -> Any:
        """How it is done, in a line below the title."""
        return self.kind_known.detail_of(self) if self.kind_known else ""


class Worker(models.Model):
    """A process that does runs; the row goes when it ends, or grows stale when it is killed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(_("machine"), max_length=200)
    process = models.PositiveIntegerField(_("process"))
    started = models.DateTimeField(_("started"), default=timezone.now)
    heartbeat = models.DateTimeField(_("last sign of life"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering = ("started",)

    def __str__(self) -> str:
        return f"{self.host}:{self.process}"
