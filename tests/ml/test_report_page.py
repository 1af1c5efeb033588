"""The page of a report: well-formed, whole without other files, safe whatever the words are."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.report import Bars, Block, Lines, Matrix, Picture, Pictures, Table, words
from tests.ml.test_report import BARS, FACTS, LINES, MATRIX, TABLE, report

VOID = {"meta", "img", "br", "link"}
EVIL = "<script>alert(1)</script>"


class Page(HTMLParser):
    """Keeps tags, attributes and text, and refuses a tag that is closed out of turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def page(folder: Path, *blocks: Block, **changes: Any) -> Page:
    return Page(report(*blocks, **changes).write(folder).read_text(encoding="utf-8"))


def test_every_figure_is_on_the_page_and_in_a_csv_beside_it(tmp_path: Path) -> None:
    shown = page(tmp_path, TABLE, LINES, BARS, MATRIX)
    for text in ("98.00%", "33.33%", "97.00%", "14,700", "460", "adam, slow", "What came out.", "Second."):
        assert text in shown.text
    links = [attributes["href"] for tag, attributes in shown.tags if tag == "a"]
    assert len(links) == 4
    for link in links:
        assert (tmp_path / str(link)).is_file()


def test_the_page_needs_no_other_file_and_runs_no_script(tmp_path: Path) -> None:
    picture = Picture(image=np.zeros((8, 8, 3), np.uint8), caption="a picture")
    shown = page(tmp_path, LINES, Pictures(name="p", title="P", rows=[[picture]]))
    tags = [tag for tag, _ in shown.tags]
    assert tags.count("style") == 1
    assert not {"script", "link", "iframe", "object"} & set(tags)
    for _, attributes in shown.tags:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
    (source,) = [attributes["src"] for tag, attributes in shown.tags if tag == "img"]
    assert str(source).startswith("data:image/png;base64,")
    assert [attributes["alt"] for tag, attributes in shown.tags if tag == "img"] == ["a picture"]


def test_words_of_a_run_are_shown_and_never_taken_for_html(tmp_path: Path) -> None:
    made = report(
        Table(name="t", title=EVIL, columns=(EVIL,), rows=[(EVIL,)]),
        Lines(name="l", title=EVIL, x=EVIL, y=EVIL, series={EVIL: [(1, 2), (2, 3)]}),
        Bars(name="b", title=EVIL, labels=(EVIL,), series={EVIL: (1.0,)}, y=EVIL),
        Matrix(name="m", title=EVIL, labels=(EVIL, "b"), counts=[[1, 2], [3, 4]]),
        Pictures(name="p", title=EVIL, rows=[[Picture(image=np.zeros((2, 2, 1), np.uint8), caption=EVIL)]]),
        title=EVIL,
        summary=EVIL,
        facts={**FACTS, "command": EVIL, "data": {EVIL: EVIL}},
    )
    made.headline(EVIL, 0.5)
    made.section(EVIL, EVIL)
    shown = Page(made.write(tmp_path).read_text(encoding="utf-8"))
    assert "script" not in [tag for tag, _ in shown.tags]
    assert shown.text.count(EVIL) > 15


def test_headlines_say_what_was_measured_what_was_asked_and_what_was_reached(tmp_path: Path) -> None:
    made = report()
    made.headline("CNN", 0.9965, spread=0.0003, theirs=0.99, at_least=0.996, aim=0.9979)
    made.headline("GRU", 0.98, at_least=0.992)
    shown = Page(made.write(tmp_path).read_text(encoding="utf-8")).text.split("\n")
    assert "CNN99.65% ± 0.03%at least99.00%99.60%99.79%" in shown
    assert "GRU98.00%no–99.20%–" in shown


@pytest.mark.parametrize("quick", [True, False])
def test_a_quick_run_says_that_its_figures_say_nothing(quick: bool, tmp_path: Path) -> None:
    shown = page(tmp_path, facts={**FACTS, "quick": quick})
    assert (words.QUICK in shown.text) is quick


def test_a_matrix_of_many_classes_is_shown_by_its_most_frequent_mistakes(tmp_path: Path) -> None:
    counts = np.diag(np.full(60, 50))
    counts[17, 42], counts[3, 4] = 12, 1
    names = [f"class {number}" for number in range(60)]
    shown = page(tmp_path, Matrix(name="m", title="M", labels=names, counts=counts.tolist()))
    assert "svg" not in [tag for tag, _ in shown.tags]
    assert shown.text.index("class 17class 4212") < shown.text.index("class 3class 41")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(4.26, "4.3 s"), (59.2, "59 s"), (200, "3 min 20 s"), (7500, "2 h 05 min"), (59.7, "1 min 00 s")],
)
def test_a_duration_reads_as_a_person_says_it(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text
