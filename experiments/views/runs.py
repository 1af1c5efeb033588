"""Runs: the list, one run and how far it is, starting, cancelling, deleting, taking the result away."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classification_site.middleware import sentence_of
from experiments import access, selectors
from experiments.facts import facts_of
from experiments.forms import RobustnessForm
from experiments.models import Run
from experiments.services import run_cancel, run_delete, run_submit
from ml.errors import EpsilonError


@require_safe
@access.signed_in
def run_list(request: HttpRequest) -> HttpResponse:
    """The list; a page that asks again by itself gets the rows alone."""
    page = selectors.runs_page(user=access.owner_of(request), number=request.GET.get("page", 1))
    active = any(run.active for run in page.object_list)
    context = {"page": page, "active": active, "idle": active and not selectors.worker_alive()}
    return render(request, f"experiments/{'_rows' if _partial(request) else 'runs'}.html", context)


@require_safe
@access.signed_in
def run_page(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run; a page that asks again by itself gets what changes alone."""
    run = access.run_or_404(request, run_id)
    context: dict[str, Any] = {"run": run, "kind": run.kind_known, "facts": facts_of(run)}
    if run.kind_known and run.state == Run.State.DONE:
        context |= run.kind_known.shown(run)
    if run.state == Run.State.WAITING:
        context |= {"idle": not selectors.worker_alive(), "ahead": selectors.ahead_of(run=run)}
    return render(request, f"experiments/{'_run' if _partial(request) else 'run'}.html", context)


@require_http_methods(["GET", "POST"])
@access.signed_in
def run_new(request: HttpRequest) -> HttpResponse:
    """The form for measuring a model; POST puts the run into the queue."""
    form = RobustnessForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            run = run_submit(
                owner=access.owner_of(request),
                kind="robustness",
                parameters=form.parameters(),
                seed=form.cleaned_data["seed"],
            )
        except EpsilonError as error:
            form.add_error(None, sentence_of(error))
        else:
            return redirect("experiments:run", run.pk)
    return render(request, "experiments/new.html", {"form": form})


@require_POST
@access.signed_in
def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run = access.run_or_404(request, run_id)
    if not run_cancel(run=run):
        messages.info(request, gettext("This experiment was over already."))
    return redirect("experiments:run", run.pk)


@require_POST
@access.signed_in
def delete(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run_delete(run=access.run_or_404(request, run_id))
    messages.success(request, gettext("The experiment is deleted."))
    return redirect("experiments:runs")


@require_safe
@access.signed_in
def run_json(request: HttpRequest, run_id: UUID) -> JsonResponse:
    """The record and the result of a run."""
    run = access.run_or_404(request, run_id)
    response = JsonResponse(
        selectors.record_of(run=run), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response["Content-Disposition"] = f'attachment; filename="epsilon-{run.kind}-{run.pk.hex[:8]}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@access.signed_in
def run_file(request: HttpRequest, run_id: UUID, name: str) -> FileResponse:
    """One recorded file of a run; what is not recorded, such as a checkpoint, is not there."""
    run = access.run_or_404(request, run_id)
    if name not in [record["name"] for record in run.artefacts]:
        raise Http404
    try:
        file = (run.folder / name).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, as_attachment=True, filename=name)
    response["Cache-Control"] = "private, no-cache"
    return response


def _partial(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted")
