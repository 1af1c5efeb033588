"""What a report says of its own making: code, data, seed, versions, machine, time."""

import datetime
import functools
import hashlib
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.training.recipe import Recipe
from ml.version import TENSORFLOW, VERSION, installed

ROOT = Path(__file__).resolve().parent.parent.parent
# The names under which a library may be installed.
LIBRARIES = {
    "keras": ("keras",),
    "tensorflow": TENSORFLOW,
    "numpy": ("numpy",),
    "scikit-learn": ("scikit-learn",),
    "opencv": ("opencv-python", "opencv-python-headless"),
}
TIMEOUT_SECONDS = 10


def facts(recipe: Recipe, *, seed: int, data: Sequence[Path], started: float) -> dict[str, Any]:
    """Where the figures of a run come from, as `report.json` holds it.

    Args:
        recipe: as `train` was given it.
        data: the files and folders that were read; they are named without the way to them.
        started: `time.time()` at the beginning of the run.
    """
    quick = bool(recipe.quick) and recipe.quickened() == recipe
    return {
        "recipe": recipe.name,
        "quick": quick,
        "command": command(recipe, seed, quick),
        "seed": seed,
        "data": {_name(path, data): digest(path) for path in data},
        "epsilon": VERSION,
        "commit": commit(),
        "versions": {"python": platform.python_version(), **versions()},
        "processor": processor(),
        "cores": cores(),
        "seconds": round(time.time() - started, 1),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
    }


def digest(path: Path) -> str:
    """SHA-256 of a file; of a folder that of the sorted names and hashes of the files in it."""
    whole = hashlib.sha256()
    if path.is_dir():
        for each in sorted(each for each in path.rglob("*") if each.is_file()):
            whole.update(f"{each.relative_to(path).as_posix()}\0{digest(each)}\n".encode())
        return whole.hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def commit() -> str | None:
    """The commit of the checkout, with `+changes` where files differ from it; None outside a checkout.

    Looked up once: called at the start of a run, it is the code that runs, whatever is committed later.
    """
    if not (ROOT / ".git").exists():
        return None
    try:
        head, changes = (_git("rev-parse", "HEAD"), _git("status", "--porcelain"))
    except (OSError, subprocess.SubprocessError):
        return None
    return head + ("+changes" if changes else "")


def command(recipe: Recipe, seed: int, quick: bool) -> str:
    """The command that was given, without this machine's folders; from a program, its equivalent."""
    if Path(sys.argv[0]).name == "manage.py":
        given = [Path(each).name if Path(each).is_absolute() else each for each in sys.argv[1:]]
        return shlex.join(["python", "manage.py", *given])
    options = ["--quick"] * quick + ["--seed", str(seed)] * (seed != recipe.seed)
    return shlex.join(["python", "manage.py", "recipe", "run", recipe.name, *options])


def versions() -> dict[str, str]:
    """The versions of the libraries that figures depend on, without importing them."""
    return {shown: found for shown, names in LIBRARIES.items() if (found := installed(*names))}


def processor() -> str:
    """The processor's name, as the machine gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _git(*arguments: str) -> str:
    answer = subprocess.run(  # noqa: S603  # our own words
        ["git", "-C", str(ROOT), *arguments],  # noqa: S607  # the user's own git
        capture_output=True,
        check=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    return answer.stdout.strip()


def _name(path: Path, data: Sequence[Path]) -> str:
    """The file name; where two are alike, with the folder."""
    alike = [other for other in data if other.name == path.name]
    return path.name if len(alike) == 1 else f"{path.parent.name}/{path.name}"
