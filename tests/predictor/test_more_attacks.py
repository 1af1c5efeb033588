"""More attacks: every one with its own options, in the background, with its curve and its file."""

import csv
import io
import threading
import uuid

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.template import loader
from django.urls import reverse

from experiments.attack_form import AttackImageForm
from experiments.kinds import chosen, curve
from experiments.models import Run, Worker
from experiments.services import queue, run_cancel, run_submit
from experiments.services.runs import MAX_ACTIVE
from experiments.worker import Loop
from ml import images, zoo
from ml.attacks import registry
from ml.errors import EpsilonError
from predictor import storage
from predictor.models import AdversarialImage
from predictor.services.adversarial import adversarial_create
from predictor.services.attacked import eight_bits, lasting
from predictor.services.predict import prediction_get_or_create
from predictor.services.sweeps import input_of
from tests import tiny_estimators
from tests.predictor.conftest import DIGIT, PHOTO

FOREST = "tiny-random-forest"
State = Run.State
HTMX = {"hx-request": "true"}
PGD = {
    "more-model": DIGIT, "more-shown": "pgd linf", "more-attack": "pgd", "more-norm": "linf",
    "more-epsilon": "60/255", "more-target": "", "more-seed": "3",
    "more-option-steps": "4", "more-option-relative_step": "0.3", "more-option-restarts": "2",
    "more-option-random_start": "on",
}  # fmt: skip


@pytest.fixture
def answer(digit):
    return prediction_get_or_create(image=digit, model_name=DIGIT)


@pytest.fixture(scope="module")
def forest(tmp_path_factory):
    """A zoo with a model that has no gradient."""
    folder = tmp_path_factory.mktemp("forest")
    tiny_estimators.make(folder, "random-forest")
    return folder


@pytest.fixture
def send(owner_client, digit):
    """Send the form, by htmx unless it is told otherwise."""

    def send_(*, htmx=True, **changed):
        form = PGD | {f"more-{name}": value for name, value in changed.items()}
        form = {name: value for name, value in form.items() if value is not None}
        url = reverse("predictor:attack_form", args=[digit.pk])
        return owner_client.post(url, form, headers=HTMX if htmx else {})

    return send_


@pytest.fixture
def ask(owner, answer):
    def ask_(**parameters):
        wanted = {"prediction": str(answer.pk), "attack": "fgsm", "epsilon": "60/255", **parameters}
        return run_submit(owner=owner, kind="attack-image", parameters=wanted)

    return ask_


def work():
    return Loop(threading.Event()).run(until_empty=True)


def form_of(client, image, **query):
    url = reverse("predictor:attack_form", args=[image.pk])
    query = {f"more-{name}": value for name, value in query.items()}
    return client.get(url, query, headers=HTMX).context["more"]["form"]


def runs(client, image, **query):
    return client.get(reverse("predictor:attack_runs", args=[image.pk]), query, headers=HTMX)


def lab(client, image, model=DIGIT, **query):
    return client.get(reverse("predictor:lab", args=[image.pk]), {"model": model, **query})


def attacks_in(form):
    return [name for _, group in form.fields["attack"].choices for name, _ in group]


# What is offered


@pytest.mark.parametrize(
    ("model", "fixture", "missing"),
    [
        (PHOTO, "image", lambda entry: entry.needs == "source"),
        (DIGIT, "digit", lambda entry: entry.needs == "source"),
        (FOREST, "digit", lambda entry: entry.asks == "gradient"),
    ],
)
def test_every_attack_is_offered_that_the_model_allows(
    owner_client, request, forest, monkeypatch, model, fixture, missing
):
    """Without a gradient those that ask for answers alone; a transfer where another network is alike."""
    monkeypatch.setenv("EPSILON_ZOO_DIR", str(forest))
    form = form_of(owner_client, request.getfixturevalue(fixture), model=model)
    allowed = {name for name, entry in registry.ATTACKS.items() if not missing(entry)}
    assert set(attacks_in(form)) == allowed
    assert len(attacks_in(form)) == len(allowed)
    if model == FOREST:
        assert form_of(owner_client, request.getfixturevalue(fixture), model=model, attack="transfer").fields[
            "source"
        ].choices == [(DIGIT, DIGIT)]


def test_every_attack_belongs_to_a_group():
    assert {entry.group for entry in registry.ATTACKS.values()} == set(registry.GROUPS)


@pytest.mark.parametrize("name", sorted(set(registry.ATTACKS) - {"transfer"}))
def test_each_attack_comes_with_its_own_options_norms_and_bound(owner_client, digit, name):
    entry, form = registry.ATTACKS[name], form_of(owner_client, digit, attack=name)
    options = {field.removeprefix("option-") for field in form.fields if field.startswith("option-")}
    assert options == {parameter.name for parameter in entry.parameters}
    assert ("norm" in form.fields) == (len(entry.norms) > 1)
    assert ("epsilon" in form.fields) == entry.bounded
    assert ("curve" in form.fields) == (entry.bounded and not entry.minimal)
    assert ("target" in form.fields) == entry.can_target
    if entry.bounded:
        assert form.fields["epsilon"].required != entry.minimal


def test_a_number_is_asked_for_within_its_range(owner_client, digit):
    text = str(form_of(owner_client, digit, attack="pgd")["option-steps"])
    assert 'type="number"' in text
    assert 'min="1" max="1000" step="1"' in text


def test_the_answer_itself_is_no_target(owner_client, digit, answer):
    names = [name for name, _ in form_of(owner_client, digit).fields["target"].choices]
    assert answer.class_name not in names
    assert len(names) == 10


def test_the_page_has_the_section_once_there_is_an_answer(owner_client, digit, monkeypatch):
    assert 'id="more-attacks"' in lab(owner_client, digit).content.decode()

    def unanswered(**_):
        raise EpsilonError("No.")

    monkeypatch.setattr("predictor.views.lab_page.prediction_get_or_create", unanswered)
    assert 'id="more-attacks"' not in lab(owner_client, digit).content.decode()


def test_a_model_without_a_gradient_has_the_section_and_a_place_for_its_files(
    owner_client, digit, forest, monkeypatch
):
    monkeypatch.setenv("EPSILON_ZOO_DIR", str(forest))
    text = lab(owner_client, digit, FOREST).content.decode()
    assert 'id="more-attacks"' in text
    assert 'id="saved-list"' in text


def test_the_options_are_open_where_they_are_not_the_defaults(owner_client, digit):
    assert not form_of(owner_client, digit, attack="pgd").options_open
    typed = {"shown": "pgd linf", "attack": "pgd", "option-random_start": "on"}
    assert form_of(owner_client, digit, **typed, **{"option-steps": "7"}).options_open
    assert not form_of(owner_client, digit, **typed, **{"option-steps": "40"}).options_open


# Another attack, another norm


@pytest.mark.parametrize(
    ("query", "kept", "lost"),
    [
        ({"attack": "pgd", "norm": "linf"}, {"epsilon": "0.3", "option-steps": "7", "seed": "5"}, []),
        ({"attack": "pgd", "norm": "l2"}, {"option-steps": "7", "seed": "5"}, ["epsilon"]),
        ({"attack": "bim", "norm": "linf"}, {"epsilon": "0.3", "seed": "5"}, ["option-steps"]),
        ({"attack": "deepfool", "norm": "linf"}, {"seed": "5"}, ["epsilon", "option-steps"]),
    ],
)
def test_what_fits_another_attack_or_norm_is_kept(owner_client, digit, query, kept, lost):
    typed = {"shown": "pgd linf", "epsilon": "0.3", "option-steps": "7", "seed": "5"}
    initial = form_of(owner_client, digit, **typed, **query).initial
    assert {name: initial[name] for name in kept} == kept
    assert not set(lost) & initial.keys()


def test_a_box_that_was_emptied_stays_empty(owner_client, digit):
    form = form_of(owner_client, digit, shown="pgd linf", attack="pgd", norm="l2")
    assert form.initial["option-random_start"] is False
    assert form_of(owner_client, digit, attack="pgd")["option-random_start"].value() is True


def test_in_l2_a_length_is_asked_for(owner_client, digit):
    field = form_of(owner_client, digit, attack="pgd", norm="l2").fields["epsilon"]
    assert "L2" in field.label
    assert "28" in field.help_text


def test_a_link_opens_the_page_on_an_attack(owner_client, digit):
    response = lab(owner_client, digit, **{"more-attack": "square"})
    assert "option-queries" in response.context["more"]["form"].fields


def test_without_scripts_a_button_shows_the_options_for_the_same_model(owner_client, image):
    prediction_get_or_create(image=image, model_name=DIGIT)
    url = reverse("predictor:attack_form", args=[image.pk])
    form = PGD | {"more-model": PHOTO, "more-attack": "square", "show": "options"}
    response = owner_client.post(url, form)
    shown = response.context["more"]["form"]
    assert "option-queries" in shown.fields
    assert (shown.initial["model"], response.context["card"].name) == (PHOTO, PHOTO)
    assert shown.initial["seed"] == "3"
    assert response.status_code == 200
    assert 'name="show"' in response.content.decode()
    assert not Run.objects.exists()


def test_options_that_were_never_shown_are_shown_before_anything_runs(send):
    """Without scripts another attack may be sent together with the options of the one before."""
    response = send(htmx=False, attack="square")
    assert "look at them, then run it" in response.content.decode()
    assert "option-queries" in response.context["more"]["form"].fields
    assert not Run.objects.exists()


# Asking for one


def test_it_is_put_into_the_queue_with_all_that_was_typed(send, answer):
    response = send(curve="on", target="8" if answer.class_name != "8" else "1")
    run = Run.objects.get()
    assert (run.kind, run.seed, run.prediction) == ("attack-image", 3, answer)
    assert run.parameters["options"] == {
        "steps": 4, "relative_step": 0.3, "random_start": True, "restarts": 2, "until_solved": False,
    }  # fmt: skip
    assert run.parameters["epsilon"] == pytest.approx(60 / 255)
    assert run.parameters["target"] == ("8" if answer.class_name != "8" else "1")
    assert run.parameters["curve"] is True
    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    assert f"watched={run.pk}" in response.content.decode()


def test_what_was_typed_stays_after_it_is_sent(send):
    assert 'value="60/255"' in send().content.decode()


def test_without_scripts_it_leads_to_the_page_of_the_run(send):
    response = send(htmx=False)
    assert response["Location"] == reverse("experiments:run", args=[Run.objects.get().pk])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"epsilon": "lots"}, "ε must lie between 0 and 1"),
        ({"epsilon": "0.001"}, "below 1/255"),
        ({"epsilon": ""}, "This field is required"),
        ({"epsilon": "29", "norm": "l2", "shown": "pgd l2"}, "between 0 and 28"),
        ({"option-steps": "many"}, "steps must be a whole number from 1 to 1000"),
        ({"option-steps": "1001"}, "steps must be a whole number from 1 to 1000"),
        ({"option-relative_step": "0"}, "relative_step must be a number"),
        ({"target": "Submarine"}, "Submarine is not one of the available choices"),
        ({"attack": "magic", "shown": None}, "magic is not one of the available choices"),
        ({"attack": "transfer", "shown": None}, "transfer is not one of the available choices"),
        ({"norm": "l7", "shown": None}, "l7 is not one of the available choices"),
        ({"seed": "-1"}, "greater than or equal to 0"),
        ({"seed": "x"}, "Enter a whole number"),
    ],
)
@pytest.mark.parametrize("htmx", [True, False])
def test_a_wrong_value_comes_back_in_place_with_all_that_was_typed(send, changed, words, htmx):
    response = send(htmx=htmx, **{"option-restarts": "7", **changed})
    text = response.content.decode()
    assert words in text
    assert 'name="more-option-restarts" value="7"' in text
    assert ("<html" in text) is not htmx
    assert response.status_code == (200 if htmx else 400)
    assert not Run.objects.exists()


def test_a_full_queue_is_said_in_place(send, ask):
    for _ in range(MAX_ACTIVE):
        ask()
    assert "wait or run already" in send().content.decode()


def test_a_smallest_change_needs_no_epsilon_and_an_empty_option_has_its_default(send):
    send(attack="deepfool", norm="l2", epsilon="", shown="deepfool l2", **{"option-steps": ""})
    run = Run.objects.get()
    assert run.parameters["epsilon"] is None
    assert run.parameters["options"]["steps"] == registry.ATTACKS["deepfool"].parameters[0].default


# Whose it is


@pytest.mark.parametrize(
    ("method", "name"), [("get", "attack_form"), ("post", "attack_form"), ("get", "attack_runs")]
)
def test_an_outsider_gets_404_and_a_signed_out_visitor_is_sent_to_sign_in(
    outsider_client, anonymous, digit, method, name
):
    url = reverse(f"predictor:{name}", args=[digit.pk])
    assert getattr(outsider_client, method)(url, PGD).status_code == 404
    assert getattr(anonymous, method)(url, PGD)["Location"].startswith(reverse("accounts:signin"))
    assert not Run.objects.exists()


def test_only_the_owner_cancels(outsider_client, anonymous, owner_client, image, digit, ask):
    run = ask()
    url = reverse("predictor:attack_cancel", args=[digit.pk, run.pk])
    assert outsider_client.post(url).status_code == 404
    assert anonymous.post(url).status_code == 302
    assert owner_client.get(url).status_code == 405
    assert owner_client.post(url.replace(str(run.pk), str(uuid.uuid4()))).status_code == 404
    run.refresh_from_db()
    assert run.state == State.WAITING
    response = owner_client.post(url, headers=HTMX)
    run.refresh_from_db()
    assert run.state == State.CANCELLED
    assert "You ended it" in response.content.decode()
    assert "hx-trigger" not in response.content.decode()


def test_nobody_sees_the_attacks_on_another_image(owner_client, image, ask):
    ask()
    assert runs(owner_client, image).context["more"]["runs"] == []


# What it shows meanwhile and after


def test_it_asks_again_only_while_something_waits_or_runs(owner_client, digit, ask):
    run = ask()
    assert 'hx-trigger="every 2s"' in runs(owner_client, digit).content.decode()
    run_cancel(run=run)
    assert "hx-trigger" not in runs(owner_client, digit).content.decode()


def test_it_says_how_far_it_is_and_that_nobody_works(owner_client, digit, ask):
    ask()
    assert "No worker is running" in runs(owner_client, digit).content.decode()
    Worker.objects.create(host="here", process=1)
    assert "It is the next to begin" in runs(owner_client, digit).content.decode()
    queue.progress_write(run=queue.claim(), done=3, total=8, message="Values of ε tried")
    text = runs(owner_client, digit).content.decode()
    assert '<progress class="run-bar" value="3" max="8"' in text
    assert "Values of ε tried" in text


def test_once_it_is_done_the_saved_files_come_along_with_the_new_one_marked(owner_client, digit, ask):
    run = ask()
    assert "saved-list" not in runs(owner_client, digit, watched=str(run.pk)).content.decode()
    work()
    response = runs(owner_client, digit, watched=str(run.pk))
    made, text = AdversarialImage.objects.get(), response.content.decode()
    assert response.context["just_saved"] == made
    assert 'id="saved-list" hx-swap-oob="innerHTML"' in text
    assert reverse("predictor:adversarial_file", args=[made.pk]) in text
    assert made.class_name in text
    assert "saved-list" not in runs(owner_client, digit).content.decode()


def test_one_that_is_over_when_the_next_is_sent_brings_its_file_along(owner_client, digit, send, ask):
    first = ask()
    work()
    response = send()
    assert "saved-list" not in response.content.decode()
    url = reverse("predictor:attack_form", args=[digit.pk])
    response = owner_client.post(url, PGD | {"watched": str(first.pk)}, headers=HTMX)
    assert 'id="saved-list" hx-swap-oob="innerHTML"' in response.content.decode()


def test_one_that_failed_says_why_while_it_is_watched(owner_client, digit, ask):
    run = ask()
    queue.fail(run=queue.claim(), error=EpsilonError("There is no room."))
    assert "There is no room." in runs(owner_client, digit, watched=str(run.pk)).content.decode()
    assert "There is no room." not in lab(owner_client, digit).content.decode()


def test_the_newest_result_is_there_when_one_comes_back(owner_client, digit, ask):
    ask(epsilon="20/255")
    work()
    ask(curve=True)
    work()
    (shown,) = lab(owner_client, digit).context["more"]["runs"]
    assert shown["run"].parameters["curve"]
    assert "<svg" in shown["curve"]["drawing"]


def test_a_cancelled_one_stands_before_the_result_of_the_one_before(owner_client, digit, ask):
    first = ask()
    work()
    second = ask()
    run_cancel(run=second)
    shown = runs(owner_client, digit, watched=str(second.pk)).context["more"]["runs"]
    assert [each["run"] for each in shown] == [second, first]


def test_a_watched_id_that_is_none_changes_nothing(owner_client, digit, ask):
    assert runs(owner_client, digit, watched=["abc", str(uuid.uuid4())]).status_code == 200


# The curve


@pytest.mark.parametrize(
    ("epsilon", "norm", "below"),
    [
        (8 / 255, "linf", [n / 255 for n in (1, 2, 3, 4, 5, 6, 7)]),
        (80 / 255, "linf", [n / 255 for n in (10, 20, 30, 40, 50, 60, 70)]),
        (2 / 255, "linf", [1 / 255]),
        (1 / 255, "linf", []),
        (4.0, "l2", [0.5, 1, 1.5, 2, 2.5, 3, 3.5]),
    ],
)
def test_epsilon_is_tried_evenly_and_in_linf_in_whole_steps_each_once(epsilon, norm, below):
    attack = chosen.Chosen(attack="pgd", norm=norm, epsilon=epsilon)
    assert curve.below(attack) == pytest.approx(below)


@pytest.mark.parametrize(("norm", "epsilon"), [("linf", "40/255"), ("l2", "2.5")])
def test_each_point_is_the_answer_to_the_file_of_that_epsilon(ask, answer, norm, epsilon):
    run = ask(curve=True, norm=norm, epsilon=epsilon)
    work()
    run.refresh_from_db()
    points, made = run.result["curve"], AdversarialImage.objects.get()
    model, seen = zoo.load(DIGIT), input_of(prediction=answer, card=zoo.card(DIGIT))
    attack = registry.make("fgsm")
    for point in points[1:]:
        found = attack(model, images.to_float(seen)[None], epsilon=point["epsilon"], norm=norm).images[0]
        file = images.encode_png(eight_bits(seen, found, norm, point["epsilon"]))
        verdict = model.answer(images.to_input(images.decode(file), model.card))
        assert point["class"] == verdict.class_name
        assert point["probabilities"] == pytest.approx(verdict.probabilities, abs=1e-4)
    assert points[0] == {"epsilon": 0.0, "class": answer.class_name, "probabilities": answer.probabilities}
    assert points[-1]["probabilities"] == made.probabilities
    assert points[-1]["epsilon"] == run.parameters["epsilon"]
    assert len(points) == 9
    changed = [point["epsilon"] for point in points if point["class"] != answer.class_name]
    assert run.result["first_change"] == (changed[0] if changed else None)


def test_the_curve_is_drawn_and_taken_away_as_csv(owner_client, digit, ask):
    run = ask(curve=True)
    work()
    url = reverse("experiments:file", args=[run.pk, "curve.csv"])
    for page in (lab(owner_client, digit), owner_client.get(reverse("experiments:run", args=[run.pk]))):
        assert "Confidence of each class against ε" in page.content.decode()
        assert url in page.content.decode()
    lines = list(csv.DictReader(io.StringIO(b"".join(owner_client.get(url)).decode())))
    run.refresh_from_db()
    assert [line["class"] for line in lines] == [point["class"] for point in run.result["curve"]]
    for line, point in zip(lines, run.result["curve"], strict=True):
        assert float(line["epsilon"]) == pytest.approx(point["epsilon"], rel=1e-5)
        shares = {name: float(line[name]) for name in point["probabilities"]}
        assert shares == pytest.approx(point["probabilities"], abs=1e-6)


def test_an_attack_that_finds_nothing_has_a_flat_curve(ask, answer, monkeypatch):
    monkeypatch.setattr("ml.attacks.FGSM.run", lambda self, problem: problem.batch.copy())
    run = ask(curve=True)
    work()
    run.refresh_from_db()
    assert {point["class"] for point in run.result["curve"]} == {answer.class_name}
    assert run.result["first_change"] is None


@pytest.mark.parametrize(
    ("tried", "first", "words"),
    [
        (1, "2/255", "The only value of ε tried, 2/255, succeeds."),
        (8, "2/255", "Of the 8 values of ε tried, the smallest that succeeds is 2/255."),
        (1, None, "The only value of ε tried does not succeed."),
        (8, None, "None of the 8 values of ε tried succeeds."),
    ],
)
def test_a_curve_says_what_succeeded_of_one_value_and_of_several(tried, first, words):
    shown = loader.render_to_string("experiments/_curve.html", {"curve": {"tried": tried, "first": first}})
    assert words in shown


def test_progress_counts_the_values_of_epsilon(ask, monkeypatch):
    told = []
    monkeypatch.setattr(
        "experiments.kinds.context.Context.progress", lambda self, *values: told.append(values[:2])
    )
    ask(curve=True)
    work()
    assert {total for _, total in told} == {0, 8}
    assert [done for done, total in told if total] == sorted(done for done, total in told if total)
    assert max(done for done, total in told if total) == 7


@pytest.mark.parametrize("name", ["deepfool", "one-pixel", "salt-and-pepper"])
def test_where_epsilon_decides_nothing_there_is_no_curve(ask, name):
    with pytest.raises(EpsilonError, match="no curve"):
        ask(attack=name, epsilon="", curve=True)


@pytest.mark.parametrize("value", ["on", 1, None])
def test_a_curve_is_asked_for_by_true_or_false(ask, value):
    with pytest.raises(EpsilonError, match="true or false"):
        ask(curve=value)


# The files


def test_a_file_in_l2_stands_beside_one_of_the_slider(owner_client, digit, ask):
    slider = adversarial_create(image=digit, model_name=DIGIT, epsilon_text="60/255")
    ask(norm="l2", epsilon="28")
    work()
    other = AdversarialImage.objects.get(norm="l2")
    AdversarialImage.objects.filter(pk=other.pk).update(steps=slider.steps)
    assert AdversarialImage.objects.filter(pk=slider.pk).exists()
    again = adversarial_create(image=digit, model_name=DIGIT, epsilon_text="60/255")
    assert again == slider
    assert storage.read(again.file) != storage.read(other.file)


@pytest.mark.parametrize(
    ("parameters", "bound"),
    [
        ({"attack": "pgd", "options": {"steps": 3}}, "60/255"),
        ({"attack": "pgd", "norm": "l2", "epsilon": "2.5", "options": {"steps": 3}}, "L2 2.5"),
        ({"attack": "salt-and-pepper", "epsilon": "", "options": {"draws": 2}}, ""),
    ],
)
def test_a_saved_file_names_its_attack_its_bound_and_its_options(owner_client, digit, ask, parameters, bound):
    ask(**parameters)
    work()
    made, entry = AdversarialImage.objects.get(), registry.ATTACKS[parameters["attack"]]
    assert (made.attack_title, made.bound_text) == (entry.title, bound)
    saved, history = lab(owner_client, digit), owner_client.get(reverse("predictor:history"))
    assert entry.title in history.content.decode()
    text = saved.content.decode()
    for option in entry.parameters:
        assert f"<dt>{option.title}</dt>" in text
    assert bound in text


def test_the_history_is_filtered_by_the_attacks_this_person_used(owner_client, outsider, image, digit, ask):
    adversarial_create(image=image, model_name=PHOTO, epsilon_text="8/255")
    ask(attack="uniform-noise")
    work()
    page = owner_client.get(reverse("predictor:history"), {"attack": "uniform-noise"})
    assert page.context["choices"]["attacks"] == [
        ("fgsm", "Fast gradient sign (FGSM)"),
        ("uniform-noise", "Uniform noise"),
    ]
    assert [row.image for row in page.context["page"]] == [digit]


def test_a_name_that_no_attack_has_is_not_kept(answer, ask):
    ask()
    work()
    made = AdversarialImage.objects.get()
    made.attack = "magic"
    with pytest.raises(ValidationError, match="no attack magic"):
        made.full_clean()
    assert made.attack_title == "magic"


def test_a_change_in_l2_is_no_larger_than_the_length_asked(ask, answer):
    ask(norm="l2", epsilon="2.5")
    work()
    made = AdversarialImage.objects.get()
    seen = input_of(prediction=answer, card=zoo.card(DIGIT)).astype(float)
    after = images.decode(storage.read(made.file))[..., :1].astype(float)
    assert 0 < np.sqrt(((after - seen) ** 2).sum()) / 255 <= 2.5 + 1e-6


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_file_of_a_smallest_change_does_what_was_asked(ask, answer, norm):
    """Found a hair beyond the boundary, where rounding to 8 bits may fall back."""
    run = ask(attack="deepfool", norm=norm, epsilon="")
    work()
    run.refresh_from_db()
    made = AdversarialImage.objects.get()
    assert run.result["success"]
    assert made.class_name != answer.class_name
    assert made.linf < 0.5


@pytest.mark.parametrize(("needed", "step"), [(1, 1), (2, 2), (3, 3), (9, 1)])
def test_a_change_is_stretched_as_little_as_its_file_takes(needed, step):
    seen, found = np.full((1, 2, 1), 100, np.uint8), np.array([[[101.1], [98.9]]], np.float32) / 255
    pixels = lasting(seen, found, lambda pixels: int(pixels.max()) >= 100 + needed)
    assert pixels.ravel().tolist() == [100 + step, 100 - step]


def test_the_form_is_made_without_loading_a_model(answer, digit, monkeypatch):
    def loaded(name):
        raise AssertionError(name)

    monkeypatch.setattr(zoo, "load", loaded)
    assert AttackImageForm(card=zoo.card(DIGIT), prediction=answer).entry.name == "pgd"
