"""Everything that is kept of one person's runs, for them to take away."""

import json
from collections.abc import Iterator

from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder

from experiments.models import Run
from experiments.selectors import record_of


def export_for(user: User) -> Iterator[tuple[str, bytes]]:
    """(name, content) of `experiments.json`, then of every file it names."""
    runs = list(Run.objects.filter(owner=user).order_by("created", "id"))
    records = [record_of(run=run) for run in runs]
    yield (
        "experiments.json",
        json.dumps(records, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False).encode(),
    )
    for run in runs:
        for record in run.artefacts:
            try:
                content = (run.folder / record["name"]).read_bytes()
            except FileNotFoundError:
                # One lost file must not keep a person from the others; its record is still in the JSON.
                continue
            yield f"experiments/{run.pk}/{record['name']}", content
