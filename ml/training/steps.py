"""Steps of a run that are not trainings of a network: done once, then read back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ml import files


def remembered(path: Path, compute: Callable[[], Any], resume: bool) -> Any:
    """What `compute()` gives, kept as JSON in `path`; a resumed run reads it instead.

    It comes back as JSON knows it (lists for tuples, text for keys), whether computed or read.
    """
    if resume and path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps(compute())
    files.write_text(path, text)
    return json.loads(text)
