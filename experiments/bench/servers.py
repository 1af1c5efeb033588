"""Servers as processes: the site, and what it is measured beside."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.core.management.base import CommandError

from experiments.bench.memory import family, resident

HERE = Path(__file__).parent
GRADIO_PYTHON = settings.BASE_DIR / ".venv-gradio" / "bin" / "python"
PATIENCE_SECONDS = 180
Command = Sequence[str | Path]


class Server:
    """A process that listens at `url` until the block ends; `seconds` says how long it took to be ready."""

    def __init__(
        self,
        command: Command,
        *,
        ready: str,
        port: int,
        environment: Mapping[str, str],
        folder: Path = settings.BASE_DIR,
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._command, self._ready, self._folder = command, ready, folder
        self._environment = {**os.environ, **environment}

    def __enter__(self) -> Self:
        start = time.perf_counter()
        self._process = subprocess.Popen(  # noqa: S603  # our own scripts
            self._command, cwd=self._folder, env=self._environment, stdout=subprocess.DEVNULL
        )
        while not self._answers():
            if self._process.poll() is not None or time.perf_counter() - start > PATIENCE_SECONDS:
                self.__exit__()
                raise CommandError(f"{self._command[0]} did not start; its own message is above.")
            time.sleep(0.02)
        self.seconds = time.perf_counter() - start
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.terminate()
        self._process.wait(30)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + self._ready, timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def megabytes(self) -> float:
        """Memory of the largest process of its own, resident."""
        return max(resident(pid) for pid in family(self._process.pid))


class Site(Server):
    """The site as `make run` serves it, with a database and files of its own in `folder`.

    Graphs are those that were kept before: a first start of all is not what is measured.
    """

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.environment = {
            "EPSILON_VAR_DIR": str(folder / "var"),
            "MEDIA_ROOT": str(folder / "media"),
            "STATIC_ROOT": str(folder / "static"),
            "EPSILON_CACHE_DIR": os.environ["EPSILON_CACHE_DIR"],
            "BIND": f"127.0.0.1:{port}",
            "WORKER": "False",
        }
        command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
        super().__init__(command, ready="/readyz", port=port, environment=self.environment)
        for steps in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "--verbosity", "0"]):
            self.manage(steps)

    def manage(self, arguments: Sequence[str]) -> str:
        """What `manage.py` prints with the settings of this site."""
        done = subprocess.run(  # noqa: S603
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    def signed_in(self) -> dict[str, str]:
        """The headers of a person who is signed in."""
        found = json.loads(self.manage(["shell", "--verbosity", "0", "-c", _SIGN_IN]))
        cookie = f"sessionid={found['session']}; csrftoken={found['token']}"
        return {"Cookie": cookie, "X-CSRFToken": found["token"]}


_SIGN_IN = """
import json
from django.contrib.auth.models import User
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client
client = Client()
client.force_login(User.objects.get_or_create(username="bench")[0])
print(json.dumps({"session": client.cookies["sessionid"].value, "token": _get_new_csrf_string()}))
"""


def gradio(folder: Path) -> Server:
    """`network.keras` of `folder` behind Gradio."""
    port = free_port()
    command: Command = [GRADIO_PYTHON, "-P", HERE / "gradio_app.py", folder, str(port)]
    return Server(command, ready="/", port=port, environment={"GRADIO_ANALYTICS_ENABLED": "False"})


def plain_view(folder: Path) -> Server:
    """`network.keras` of `folder` behind a Django view that calls `model.predict`, served as the site is."""
    port = free_port()
    options = ["--bind", f"127.0.0.1:{port}", "--threads", "16", "--timeout", "120"]
    return Server(
        [sys.executable, "-m", "gunicorn", *options, "experiments.bench.plain_view"],
        ready="/ready/",
        port=port,
        environment={
            "EPSILON_BENCH_NETWORK": str(folder / "network.keras"),
            "PYTHONPATH": str(settings.BASE_DIR),
        },
        folder=folder,
    )


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def ask(command: Command, question: Any = None) -> Any:
    """What a script of ours answers, in JSON, to a question in JSON."""
    done = subprocess.run(  # noqa: S603
        command,
        input=json.dumps(question),
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(f"{command[-1]} ended; its own message is above.")
    return json.loads(done.stdout.splitlines()[-1])
