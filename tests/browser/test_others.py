"""Same image, other model: the rows come when the table is scrolled to; a busy model can be asked again."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from ml import zoo
from ml.errors import BUSY, Busy
from predictor import engine
from predictor.services import others
from predictor.services.upload import image_create
from tests import tiny

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MODEL, PASSWORD = "tiny-photos", "a-long-pass-phrase"
ROW = ".others-table tbody tr"


@pytest.fixture
def laboratory(open_page, tiny_zoo, monkeypatch):
    """Opens the laboratory of a drawn ship, with the tiny networks alone; nothing was asked yet."""
    monkeypatch.setattr(zoo, "SHIPPED", tiny_zoo)
    monkeypatch.setattr(others, "_kept", type(others._kept)())
    owner = User.objects.create_user("owner", password=PASSWORD)
    pixels = (255 * tiny.shapes(3, seed=5)[0][2]).astype("uint8")
    image = image_create(owner=owner, name="ship.png", pixels=pixels)
    page = open_page("/accounts/sign-in/")
    page.fill("[name=username]", "owner")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url("**/try/")
    page.goto(f"/images/{image.pk}/?model={MODEL}")
    return page


def test_the_rows_come_when_they_are_scrolled_to(laboratory):
    expect(laboratory.locator("#others h2")).to_be_attached()
    assert laboratory.locator(ROW).count() == 0
    laboratory.locator("#others").scroll_into_view_if_needed()
    row = laboratory.locator(ROW)
    expect(row).to_have_count(1)
    expect(row.locator("td")).to_have_count(4)
    expect(row.get_by_role("link", name=MODEL)).to_be_visible()


def test_a_busy_model_is_asked_again_in_its_own_row(laboratory, monkeypatch):
    def busy(*arguments):
        raise Busy(BUSY)

    with monkeypatch.context() as patch:
        patch.setattr(engine, "answer", busy)
        laboratory.locator("#others").scroll_into_view_if_needed()
        expect(laboratory.locator(ROW)).to_contain_text("try again in a few seconds")
    laboratory.locator(ROW).get_by_role("button").click()
    expect(laboratory.locator(ROW).locator("td")).to_have_count(4)
