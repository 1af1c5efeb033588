"""Gunicorn: one process with threads, so that the models are in memory once.

TensorFlow does not survive a fork, so it is first imported in the worker, where a thread warms the models.
"""

import os

wsgi_app = "classification_site.wsgi"
bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = 1
worker_class = "gthread"
threads = int(os.environ.get("THREADS", "16"))
timeout = 120
keepalive = 5
max_requests = 0
# A heartbeat file on a disk can block a worker; memory cannot.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
accesslog = os.environ.get("ACCESS_LOG")
control_socket_disable = True


def when_ready(server):  # type: ignore[no-untyped-def]
    """Long work is done beside the site, without a second command; WORKER=False leaves it to others."""
    from classification_site.environment import flag
    from experiments import keeper

    server.keeper = keeper.start() if flag("WORKER", True) else None


def on_exit(server):  # type: ignore[no-untyped-def]
    from experiments import keeper

    if getattr(server, "keeper", None):
        keeper.stop(server.keeper)


def post_worker_init(worker):  # type: ignore[no-untyped-def]
    from predictor import warming

    warming.warm_in_background()
