"""Settings from the environment: strict, and secrets from files."""

import stat

import pytest
from django.core.exceptions import ImproperlyConfigured

from classification_site import environment


@pytest.mark.parametrize(("value", "meaning"), [("True", True), ("False", False)])
def test_a_flag_is_true_or_false(value, meaning, monkeypatch):
    monkeypatch.setenv("X", value)
    assert environment.flag("X", not meaning) is meaning


@pytest.mark.parametrize("value", ["true", "1", "yes", "", "False "])
def test_any_other_flag_stops_the_start(value, monkeypatch):
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match="must be True or False"):
        environment.flag("X", False)


def test_a_number_must_be_one(monkeypatch):
    monkeypatch.setenv("X", "12x")
    with pytest.raises(ImproperlyConfigured, match="whole number"):
        environment.integer("X", 1)


def test_a_list_is_written_with_commas(monkeypatch):
    monkeypatch.setenv("X", " a.org, b.org,,")
    assert environment.words("X", "") == ["a.org", "b.org"]


def test_a_secret_may_lie_in_a_file(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("hidden\n")
    monkeypatch.setenv("X_FILE", str(tmp_path / "key"))
    assert environment.secret("X") == "hidden"


def test_a_missing_secret_file_stops_the_start(monkeypatch, tmp_path):
    monkeypatch.setenv("X_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        environment.secret("X")


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    first = environment.kept_secret(tmp_path / "key")
    assert len(first) >= 50
    assert environment.kept_secret(tmp_path / "key") == first
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
