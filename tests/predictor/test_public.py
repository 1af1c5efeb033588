"""What a visitor sees without signing in: the landing page, its demo, the samples, the models."""

import io

import pytest
from django.urls import reverse
from PIL import Image as Picture

from predictor import demo, engine, warming
from predictor.samples import SAMPLES
from tests.predictor.conftest import DIGIT, PHOTO

DRAWN = [slug for slug, sample in SAMPLES.items() if sample.path.exists()]
PHOTO_SLUG = next(slug for slug in DRAWN if SAMPLES[slug].domain == "photos")


@pytest.fixture(autouse=True)
def _fresh_cache():
    demo._sweep.cache_clear()
    demo.input_of.cache_clear()


def test_the_landing_page_answers_before_any_model_is_warm(anonymous, monkeypatch):
    monkeypatch.setattr(warming, "state", lambda: {"ready": False, "models": {PHOTO: "warming"}})
    response = anonymous.get("/")
    assert response.status_code == 200
    assert response.context["demo"]["bars"] is None


def test_the_landing_page_shows_the_answer_once_the_model_is_warm(anonymous, monkeypatch):
    monkeypatch.setattr(warming, "state", lambda: {"ready": True, "models": {PHOTO: "warm"}})
    bars = anonymous.get("/").context["demo"]["bars"]
    assert [bar.class_name for bar in bars] == ["Bike", "Car", "Ship"]


def test_another_sample_can_be_chosen(anonymous):
    slug = DRAWN[-1]
    assert anonymous.get("/", {"sample": slug}).context["demo"]["sample"].slug == slug
    assert anonymous.get("/", {"sample": "nothing"}).status_code == 200


@pytest.mark.parametrize("slug", DRAWN)
def test_a_sample_is_public_and_may_be_kept(anonymous, slug):
    response = anonymous.get(reverse("predictor:sample_file", args=[slug]))
    assert Picture.open(io.BytesIO(response.content)).format == "PNG"
    assert response["Cache-Control"] == "public, max-age=3600"
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize("slug", [PHOTO_SLUG, next(s for s in DRAWN if SAMPLES[s].domain == "digits")])
def test_the_demo_gives_input_and_sweep_of_one_size(anonymous, slug):
    sweep = anonymous.get(reverse("predictor:demo_sweep", args=[slug]))
    picture = Picture.open(io.BytesIO(anonymous.get(reverse("predictor:demo_input", args=[slug])).content))
    answer = sweep.json()
    assert picture.size == (answer["width"], answer["height"])
    assert answer["model"] == (PHOTO if SAMPLES[slug].domain == "photos" else DIGIT)
    assert sweep["Cache-Control"] == "public, max-age=3600"


def test_visitors_cause_one_computation_however_many_they_are(anonymous, monkeypatch):
    calls = []
    real = engine.sweep
    monkeypatch.setattr(engine, "sweep", lambda *args, **kwargs: calls.append(1) or real(*args, **kwargs))
    for _ in range(5):
        anonymous.get(reverse("predictor:demo_sweep", args=[PHOTO_SLUG]), {"model": "x", "max": 255})
    assert len(calls) == 1


def test_the_demo_takes_a_target_but_no_unknown_one(anonymous):
    url = reverse("predictor:demo_sweep", args=[PHOTO_SLUG])
    answer = anonymous.get(url).json()
    own = answer["classes"][answer["label"]]
    other = next(name for name in answer["classes"] if name != own)
    assert anonymous.get(url, {"target": other}).json()["target"] == answer["classes"].index(other)
    assert anonymous.get(url, {"target": own}).status_code == 400
    assert anonymous.get(url, {"target": "Submarine"}).status_code == 400


def test_while_the_model_warms_up_the_demo_asks_to_come_back(anonymous, monkeypatch):
    monkeypatch.setattr(warming, "state", lambda: {"ready": False, "models": {PHOTO: "warming"}})
    response = anonymous.get(reverse("predictor:demo_sweep", args=[PHOTO_SLUG]))
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "warming up" in response.json()["error"]


@pytest.mark.parametrize("name", ["sample_file", "demo_sweep", "demo_input"])
def test_a_sample_that_does_not_exist_is_not_found(anonymous, name):
    assert anonymous.get(reverse(f"predictor:{name}", args=["nothing"])).status_code == 404


@pytest.mark.parametrize(
    "url",
    ["/", "/models/", f"/models/{PHOTO}/", f"/samples/{PHOTO_SLUG}.png", f"/demo/{PHOTO_SLUG}/sweep/"],
)
def test_public_pages_only_read(anonymous, url):
    assert anonymous.get(url).status_code == 200
    assert anonymous.head(url).status_code == 200
    assert anonymous.post(url).status_code == 405


def test_the_models_are_listed_and_two_can_be_compared(anonymous):
    context = anonymous.get("/models/", {"compare": [PHOTO, DIGIT]}).context
    assert [card.name for card in context["cards"]] == [PHOTO, DIGIT]
    assert [card.name for card in context["compare"]] == [PHOTO, DIGIT]


def test_a_damaged_card_does_not_hide_the_others(anonymous, tiny_zoo):
    folder = tiny_zoo / "broken"
    folder.mkdir()
    (folder / "card.json").write_text("{")
    try:
        context = anonymous.get("/models/").context
        assert [row["name"] for row in context["broken"]] == ["broken"]
        assert len(context["cards"]) == 2
        assert anonymous.get("/models/broken/").status_code == 503
    finally:
        (folder / "card.json").unlink()
        folder.rmdir()


def test_an_unknown_model_is_not_found(anonymous):
    assert anonymous.get("/models/nothing/").status_code == 404


def test_the_confusion_matrix_has_a_row_for_each_class(anonymous):
    rows = anonymous.get(f"/models/{PHOTO}/").context["confusion"]
    assert [row["class_name"] for row in rows] == ["Bike", "Car", "Ship"]
    assert rows[0]["cells"][0] == {"class_name": "Bike", "count": 1, "share": 1.0, "right": True}
