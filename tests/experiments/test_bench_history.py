"""The page of the history beside itself: a site of its own, and so many images that are not there."""

from experiments.bench.history import growth
from experiments.bench.servers import Site


def test_the_page_asks_as_often_for_many_images_as_for_few(tmp_path):
    found = growth(Site(tmp_path), [3, 60], 1)
    assert set(found) == {3, 60}
    assert found[3]["queries"] == found[60]["queries"] > 3
    assert all(each["ms"] > 0 for each in found.values())
