"""Writing about accounts."""

import json
import zipfile
from itertools import chain
from typing import IO

from django.contrib.auth.models import User
from django.db import transaction

from accounts import selectors
from accounts.models import Profile
from experiments import services as experiments
from predictor.services import export_for, owner_delete


@transaction.atomic
def preferences_update(
    *, user: User, language: str | None = None, theme: str | None = None, when_tampered: str | None = None
) -> Profile:
    """Store the preferences that were given; the others stay."""
    profile, _ = Profile.objects.get_or_create(user=user)
    profile.language = language or profile.language
    profile.theme = theme or profile.theme
    profile.when_tampered = when_tampered or profile.when_tampered
    profile.full_clean()
    profile.save()
    return profile


def export_write(*, user: User, file: IO[bytes]) -> None:
    """Write everything that is kept about `user` into `file`, as a zip of JSON and pictures."""
    account = json.dumps(selectors.account_data(user=user), indent=2, ensure_ascii=False)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("account.json", account)
        for path, content in chain(export_for(user), experiments.export_for(user)):
            # Pictures are compressed already.
            kind = zipfile.ZIP_DEFLATED if path.endswith(".json") else zipfile.ZIP_STORED
            archive.writestr(path, content, compress_type=kind)


@transaction.atomic
def account_delete(*, user: User) -> None:
    """Delete the person with every picture, prediction, experiment and file of theirs."""
    experiments.owner_delete(user=user)
    owner_delete(user=user)
    user.delete()
