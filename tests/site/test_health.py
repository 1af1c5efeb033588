"""`/healthz` and `/readyz`."""

import pytest

from predictor import warming


@pytest.mark.django_db
def test_healthz_answers_while_the_process_lives(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_readyz_is_red_until_every_model_is_warm(client, monkeypatch):
    monkeypatch.setattr(warming, "_states", {})
    monkeypatch.setattr(warming.zoo, "names", lambda: ["one", "two"])
    assert client.get("/readyz").status_code == 503
    warming._states["one"] = "warm"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["models"] == {"one": "warm", "two": "cold"}
    warming._states["two"] = "failed: The weights of the model “two” are missing."
    assert client.get("/readyz").status_code == 200


def test_a_model_that_cannot_be_loaded_does_not_stop_the_others(tiny_zoo, monkeypatch):
    monkeypatch.setattr(warming, "_states", {"tiny-photos": "warming", "nobody": "warming"})
    warming._warm()
    assert warming._states["tiny-photos"] == "warm"
    assert warming._states["nobody"].startswith("failed: There is no model called")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_reading_is_allowed(path, client):
    assert client.post(path).status_code == 405
