"""`manage.py worker`: do the runs that people ask for, in a process of its own beside the site."""

import os
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from experiments.worker import Loop

# Progress goes to the page, bars would fill the log. tqdm reads this once, when it is imported: after this.
os.environ.setdefault("TQDM_DISABLE", "1")


class Command(BaseCommand):
    help = "Work on the experiments that wait. SIGTERM hands the present one back and ends."

    def add_arguments(self, parser: ArgumentParser) -> None:
        ways = parser.add_mutually_exclusive_group()
        ways.add_argument("--once", action="store_true", help="take one run at most, then end")
        ways.add_argument("--until-empty", action="store_true", help="end when no run waits")

    def handle(self, *arguments: Any, **options: Any) -> None:
        stopping = threading.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda number, frame: stopping.set())
        taken = Loop(stopping).run(once=options["once"], until_empty=options["until_empty"])
        if options["verbosity"] > 1:
            self.stdout.write(f"{taken} taken")
