"""The site's settings with the kind of run that tests use, for workers in processes of their own."""

from classification_site.settings import *  # noqa: F403
from classification_site.settings import RUN_KINDS

RUN_KINDS = [*RUN_KINDS, "tests.experiments.counting"]
