"""The pages of the models."""

import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny_zoo")]


@pytest.mark.parametrize("url", ["/models/", "/models/tiny-digits/"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_they_reject_other_methods(client, url, method):
    assert getattr(client, method)(url).status_code == 405


def test_the_list_shows_every_model_to_everyone(client):
    page = client.get("/models/").content.decode()
    assert "/models/tiny-digits/" in page
    assert "/models/tiny-photos/" in page


def test_two_chosen_models_stand_side_by_side(client):
    page = client.get("/models/?compare=tiny-digits&compare=tiny-photos").content.decode()
    assert "Side by side" in page


@pytest.mark.parametrize("query", ["", "compare=tiny-digits", "compare=tiny-digits&compare=nothing"])
def test_fewer_than_two_are_not_compared(client, query):
    assert "Side by side" not in client.get(f"/models/?{query}").content.decode()


def test_a_card_shows_where_the_model_fails_and_how_to_make_it_again(client, tiny_digits):
    page = client.get("/models/tiny-digits/").content.decode()
    assert tiny_digits.card.weights_sha256 in page
    assert "manage.py verify tiny-digits" in page
    assert "What it takes for what" in page
    assert 'class="right-' in page


def test_an_unknown_model_is_not_found(client):
    assert client.get("/models/nothing/").status_code == 404
