"""A file is whole or absent, and as readable as the umask says, whatever other threads do."""

import errno
import os
import stat
import subprocess
import sys

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


# No file of this process may grow beyond the limit: the writes themselves fail, as on a full disk.
FULL = """
import resource, signal, sys
from pathlib import Path

import h5py
import numpy as np

from ml import files

WRITERS = {
    "text": lambda file: file.write_text("x" * 100_000),
    "numpy": lambda file: np.save(file.open("wb"), np.ones(100_000)),
    "hdf5": lambda file: h5py.File(file, "w").create_dataset("x", data=np.ones(100_000)).file.close(),
}
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    with files.replacing(Path(sys.argv[2])) as temporary:
        WRITERS[sys.argv[1]](temporary)
except OSError as error:
    print(error.errno, error.filename)
"""


@pytest.mark.parametrize("writer", ["text", "numpy", "hdf5"])
def test_what_the_disk_refuses_says_why_and_of_which_file(writer, tmp_path):
    target = tmp_path / "a.bin"
    files.write_text(target, "old")
    said = subprocess.run(
        [sys.executable, "-c", FULL, writer, target], check=True, capture_output=True, text=True
    )
    assert said.stdout == f"{errno.EFBIG} {target}\n"
    assert os.listdir(tmp_path) == ["a.bin"]
    assert target.read_text() == "old"


@pytest.mark.parametrize("error", [RuntimeError("a mistake"), OSError("another")])
def test_an_error_that_is_not_the_disks_stays_what_it_is(error, tmp_path):
    with pytest.raises(type(error)) as raised, files.replacing(tmp_path / "a.txt"):
        raise error
    assert raised.value is error
    assert os.listdir(tmp_path) == []
