"""What this machine has of the things that some tests need; on CI nothing may be left out."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".venv-peers" / "bin" / "python"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def need(present: object, what: str) -> None:
    """Skip the test, saying what is missing; where nothing may be left out, fail it."""
    if present:
        return
    if os.environ.get("EPSILON_LEAVE_NOTHING_OUT") == "True":
        pytest.fail(f"nothing may be left out here, but this machine has no {what}")
    pytest.skip(f"this machine has no {what}")
