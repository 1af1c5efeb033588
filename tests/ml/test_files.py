"""A file is whole or absent, and as readable as the umask says, whatever other threads do."""

import os
import stat

import pytest

from ml import files


@pytest.fixture(params=[0o022, 0o027, 0o077], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_a_file_is_as_readable_as_the_umask_says(umask, tmp_path, monkeypatch):
    """It is never read by setting it, which would be that of the whole process for a moment."""

    def touched(_mask):
        raise AssertionError("the umask of all threads was changed")

    with monkeypatch.context() as patch:
        patch.setattr(os, "umask", touched)
        files.write_text(tmp_path / "new" / "a.tar.gz", "ε")
    assert stat.S_IMODE((tmp_path / "new" / "a.tar.gz").stat().st_mode) == 0o666 & ~umask
    assert os.listdir(tmp_path / "new") == ["a.tar.gz"]


def test_after_an_error_the_old_file_is_there_and_nothing_else(tmp_path):
    files.write_text(tmp_path / "a.txt", "old")

    def fail():
        with files.replacing(tmp_path / "a.txt") as temporary:
            assert (temporary.parent, temporary.suffix) == (tmp_path, ".txt")
            temporary.write_text("half")
            raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        fail()
    assert os.listdir(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"
