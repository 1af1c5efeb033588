"""The pages of the experiments: whose they are, what they show, and how they are asked."""

import json
import uuid

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from experiments.kinds import figures
from experiments.models import Run, Worker
from experiments.services import queue, run_cancel, run_submit
from experiments.services.runs import MAX_ACTIVE
from predictor.models import AdversarialImage
from predictor.services.predict import prediction_get_or_create

OBJECT_PAGES = [("get", "run"), ("get", "json"), ("get", "file"), ("post", "cancel"), ("post", "delete")]
OWN_PAGES = [("get", "runs"), ("get", "new"), ("post", "new")]
State = Run.State


@pytest.fixture
def run(submit, work):
    found = submit(to=2)
    work()
    found.refresh_from_db()
    return found


def address(name, pk):
    return reverse(f"experiments:{name}", args=[pk, "numbers.txt"] if name == "file" else [pk])


@pytest.fixture
def over(run):
    Run.objects.filter(pk=run.pk).update(state=State.CANCELLED)
    return run


@pytest.mark.parametrize(("method", "name"), OBJECT_PAGES)
def test_the_owner_reaches_it(owner_client, over, method, name):
    response = getattr(owner_client, method)(address(name, over.pk))
    assert response.status_code in (200, 302)
    assert "signin" not in response.get("Location", "")


@pytest.mark.parametrize(("method", "name"), OBJECT_PAGES)
def test_an_outsider_gets_404_never_403_and_changes_nothing(outsider_client, over, method, name):
    assert getattr(outsider_client, method)(address(name, over.pk)).status_code == 404
    assert Run.objects.filter(pk=over.pk).exists()


@pytest.mark.parametrize(("method", "name"), OBJECT_PAGES)
def test_a_run_that_does_not_exist_looks_the_same(owner_client, method, name):
    assert getattr(owner_client, method)(address(name, uuid.uuid4())).status_code == 404


@pytest.mark.parametrize(("method", "name"), OBJECT_PAGES)
def test_a_signed_out_visitor_is_sent_to_sign_in(anonymous, over, method, name):
    response = getattr(anonymous, method)(address(name, over.pk))
    assert response["Location"].startswith(reverse("accounts:signin"))


@pytest.mark.parametrize(("method", "name"), OBJECT_PAGES)
def test_the_other_method_is_refused(owner_client, over, method, name):
    other = "post" if method == "get" else "get"
    assert getattr(owner_client, other)(address(name, over.pk)).status_code == 405


@pytest.mark.parametrize(("method", "name"), OWN_PAGES)
def test_own_pages_send_a_signed_out_visitor_to_sign_in(anonymous, method, name):
    response = getattr(anonymous, method)(reverse(f"experiments:{name}"))
    assert response["Location"].startswith(reverse("accounts:signin"))


def page(client, **query):
    return client.get(reverse("experiments:runs"), query)


def test_an_empty_list_invites(owner_client):
    text = page(owner_client).content.decode()
    assert reverse("experiments:new") in text
    assert 'class="empty"' in text


def test_nobody_sees_somebody_elses_in_the_list(outsider_client, run):
    assert not page(outsider_client).context["page"].object_list


def test_the_list_asks_again_only_while_something_waits_or_runs(owner_client, submit):
    waiting = submit()
    assert 'hx-trigger="every' in page(owner_client).content.decode()
    run_cancel(run=waiting)
    assert "hx-trigger" not in page(owner_client).content.decode()


def test_asked_by_itself_the_list_gives_the_rows_alone(owner_client, submit):
    run = submit()
    text = owner_client.get(reverse("experiments:runs"), headers={"hx-request": "true"}).content.decode()
    assert "<html" not in text
    assert run.title in text


def test_the_list_is_read_in_a_fixed_number_of_queries_along_an_index(owner_client, submit, owner):
    run_cancel(run=submit())
    with CaptureQueriesContext(connection) as few:
        page(owner_client)
    rows = Run.objects.filter(owner=owner).values().first()
    Run.objects.bulk_create(Run(**{**rows, "id": uuid.uuid4()}) for _ in range(50))
    with CaptureQueriesContext(connection) as many:
        page(owner_client)
    assert len(many) == len(few)
    plan = Run.objects.filter(owner=owner).order_by("-created", "-id")[:20].explain()
    assert "USING INDEX" in plan
    assert "TEMP B-TREE" not in plan


def test_the_next_run_is_found_along_an_index(submit):
    plan = Run.objects.filter(state=State.WAITING).order_by("created", "id")[:1].explain()
    assert "run_queue" in plan
    assert "TEMP B-TREE" not in plan


def test_without_a_worker_the_pages_say_that_it_waits(owner_client, submit):
    run = submit()
    for url in (reverse("experiments:runs"), address("run", run.pk)):
        assert "No worker is running" in owner_client.get(url).content.decode()
    Worker.objects.create(host="here", process=1)
    for url in (reverse("experiments:runs"), address("run", run.pk)):
        assert "No worker is running" not in owner_client.get(url).content.decode()


def test_a_waiting_run_says_how_many_are_before_it(owner_client, submit, outsider):
    Worker.objects.create(host="here", process=1)
    run_submit(owner=outsider, kind="counting", parameters={})
    run = submit()
    assert "1 experiment is before it" in owner_client.get(address("run", run.pk)).content.decode()


def test_a_running_run_shows_how_far_it_is_and_asks_again(owner_client, submit):
    submit(to=2000)
    run = queue.claim()
    queue.progress_write(run=run, done=1240, total=2000, message="Loading the model")
    text = owner_client.get(address("run", run.pk), headers={"hx-request": "true"}).content.decode()
    assert '<progress class="run-bar" value="1240" max="2000"' in text
    assert "Loading the model" in text
    assert 'hx-trigger="every 2s"' in text
    assert "<html" not in text


def test_a_second_attempt_is_told(owner_client, submit):
    submit()
    queue.claim()
    Run.objects.update(attempt=2)
    run = Run.objects.get()
    assert "Attempt 2" in owner_client.get(address("run", run.pk)).content.decode()


def test_a_failed_run_says_why_in_one_sentence(owner_client, submit, work):
    run = submit(error="sentence")
    work()
    text = owner_client.get(address("run", run.pk)).content.decode()
    assert "There is no experiment “counting”." in text
    assert "hx-trigger" not in text


def test_cancelling_leads_back_and_cancelling_twice_says_so(owner_client, submit):
    run = submit()
    response = owner_client.post(address("cancel", run.pk))
    assert response["Location"] == address("run", run.pk)
    run.refresh_from_db()
    assert run.state == State.CANCELLED
    again = owner_client.post(address("cancel", run.pk), follow=True)
    assert "over already" in again.content.decode()


def test_deleting_leads_to_the_list(owner_client, over):
    response = owner_client.post(address("delete", over.pk))
    assert response["Location"] == reverse("experiments:runs")
    assert not Run.objects.exists()


def test_the_json_has_all_it_takes_to_do_it_again(owner_client, run):
    response = owner_client.get(address("json", run.pk))
    record = json.loads(response.content)
    assert "attachment" in response["Content-Disposition"]
    assert record["result"] == run.result
    assert record["parameters"] == run.parameters
    assert {"kind", "seed", "hashes", "versions", "started", "finished", "artefacts"} <= record.keys()


@pytest.mark.parametrize("name", ["counted", "..", "../counted", "/etc/passwd", "nothing"])
def test_only_recorded_files_are_given(owner_client, run, name):
    url = reverse("experiments:runs") + f"{run.pk}/files/{name}"
    assert owner_client.get(url).status_code == 404


def test_a_recorded_file_is_given(owner_client, run):
    response = owner_client.get(address("file", run.pk))
    assert b"".join(response.streaming_content) == b"0:1\n1:1\n"
    (run.folder / "numbers.txt").unlink()
    assert owner_client.get(address("file", run.pk)).status_code == 404


FLAGS = np.array([True, True, True, False])
MEASURED = {**figures.of_flags(FLAGS, np.array([True, False, False, False])), "chunk": 50}


def test_a_finished_measurement_leads_with_its_figures(owner_client, owner, tiny_zoo):
    parameters = {"model": "tiny-photos", "attack": "fgsm", "epsilon": "8/255", "data": "samples"}
    run = run_submit(owner=owner, kind="robustness", parameters=parameters)
    queue.finish(run=queue.claim(), result=MEASURED)
    text = owner_client.get(address("run", run.pk)).content.decode()
    assert [share in text for share in ("75.00", "25.00", "66.67")] == [True] * 3
    assert "1 / 4" in text
    assert "75.00\u202f% right, 25.00\u202f% under attack" in page(owner_client).content.decode()


@pytest.mark.parametrize("deleted", [False, True])
def test_a_finished_attack_shows_both_pictures_unless_the_file_is_gone(
    owner_client, owner, tiny_zoo, digit, work, deleted
):
    prediction = prediction_get_or_create(image=digit, model_name="tiny-digits")
    asked = {"prediction": prediction.pk, "attack": "fgsm", "epsilon": "0.4"}
    run = run_submit(owner=owner, kind="attack-image", parameters=asked)
    work()
    made = AdversarialImage.objects.get()
    if deleted:
        AdversarialImage.objects.all().delete()
    text = owner_client.get(address("run", run.pk)).content.decode()
    assert (reverse("predictor:adversarial_file", args=[made.pk]) in text) is not deleted
    assert ("deleted or replaced since" in text) is deleted
    assert digit.name in page(owner_client).content.decode()


FORM = {
    "model": "tiny-photos", "attack": "pgd", "norm": "linf", "epsilon": "8/255", "data_set": "samples",
    "count": "6", "seed": "3",
    "option-steps": "4", "option-relative_step": "0.25", "option-restarts": "1",
}  # fmt: skip


def test_the_form_starts_a_measurement(owner_client, tiny_zoo):
    response = owner_client.post(reverse("experiments:new"), FORM)
    run = Run.objects.get()
    assert response["Location"] == address("run", run.pk)
    assert run.seed == 3
    assert run.parameters["options"] == {
        "steps": 4, "relative_step": 0.25, "random_start": False, "restarts": 1, "until_solved": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"epsilon": "lots"}, "ε must lie between 0 and 1"),
        ({"option-steps": "many"}, "steps must be a whole number"),
        ({"count": "0"}, "greater than or equal to 1"),
        ({"model": "nothing"}, "nothing is not one of the available choices"),
    ],
)
def test_a_wrong_value_comes_back_with_its_sentence_and_what_was_typed(owner_client, tiny_zoo, values, words):
    response = owner_client.post(reverse("experiments:new"), {**FORM, **values})
    assert response.status_code == 200
    assert words in response.content.decode()
    assert 'value="3"' in response.content.decode()
    assert not Run.objects.exists()


def test_a_full_queue_is_said_on_the_form(owner_client, submit, tiny_zoo):
    for _ in range(MAX_ACTIVE):
        submit()
    assert "wait or run already" in owner_client.post(reverse("experiments:new"), FORM).content.decode()


@pytest.mark.parametrize(
    ("attack", "there", "missing"),
    [
        ("pgd", ["option-steps", "epsilon", "norm"], ["source", "option-queries"]),
        ("square", ["option-queries", "epsilon"], ["option-steps"]),
        ("one-pixel", ["option-pixels"], ["epsilon", "norm"]),
        ("transfer", ["source", "option-attack"], ["option-source"]),
        ("nothing", ["option-steps"], []),
    ],
)
def test_the_form_has_the_options_of_the_attack(owner_client, tiny_zoo, attack, there, missing):
    fields = owner_client.get(reverse("experiments:new"), {"attack": attack}).context["form"].fields
    assert set(there) <= fields.keys()
    assert not set(missing) & fields.keys()


def test_an_option_that_may_be_left_empty_says_what_it_then_is(owner_client, tiny_zoo):
    form = owner_client.get(reverse("experiments:new"), {"attack": "pgd"}).context["form"]
    step = form["option-relative_step"]
    assert (step.value(), str(step.help_text)) == ("", "0.001 to 2; empty: 2.5 divided by the steps")
    owner_client.post(reverse("experiments:new"), {**FORM, "option-relative_step": ""})
    run = Run.objects.get()
    assert run.parameters["options"]["relative_step"] is None
    assert "2.5 divided by the steps" in owner_client.get(address("run", run.pk)).content.decode()


def test_the_form_opens_for_the_model_of_a_link(owner_client, tiny_zoo):
    form = owner_client.get(reverse("experiments:new"), {"model": "tiny-photos"}).context["form"]
    assert form.initial["model"] == "tiny-photos"
    assert [name for name, _ in form.fields["data_set"].choices] == ["samples"]
