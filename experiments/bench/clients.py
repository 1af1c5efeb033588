"""Clients of a site, in a process of their own: `python -P clients.py`, a question in JSON on standard input.

{"kind", "url", "files", "clients", "count", "headers"}: each of `clients` uploads its share of `count` photos
one after another, and reads the answer. Out comes {"seconds", "cpu", "latencies"}; `cpu` is the clients' own.
"""

import http.client
import json
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CLASSES = (b"Bike", b"Car", b"Ship")
BOUNDARY = "----------------epsilon"
Exchange = Callable[..., tuple[int, dict[str, str], bytes]]


def form(field: str, photo: bytes, **values: str) -> bytes:
    """A multipart form with one file."""
    named = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    plain = "".join(f'{named}"{name}"\r\n\r\n{value}\r\n' for name, value in values.items())
    head = f'{plain}{named}"{field}"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    return b"".join([head.encode(), photo, f"\r\n--{BOUNDARY}--\r\n".encode()])


MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
JSON = {"Content-Type": "application/json"}


def epsilon(ask: Exchange, photo: bytes) -> bytes:
    """As a browser does: the form, then the page that it leads to."""
    status, headers, body = ask("POST", "/try/", form("files", photo, model="vehicles"), MULTIPART)
    if status != 302:
        raise SystemExit(f"the upload was answered {status}: {body[:500]!r}")
    return ask("GET", headers["location"])[2]


def view(ask: Exchange, photo: bytes) -> bytes:
    """One request, the answer in JSON."""
    return ask("POST", "/predict/", form("photo", photo), MULTIPART)[2]


def gradio(ask: Exchange, photo: bytes) -> bytes:
    """Its programming interface: the file, the question, the stream with the answer."""
    (path,) = json.loads(ask("POST", "/gradio_api/upload", form("files", photo), MULTIPART)[2])
    data = {"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}
    event = json.loads(ask("POST", "/gradio_api/call/predict", json.dumps(data).encode(), JSON)[2])
    return ask("GET", f"/gradio_api/call/predict/{event['event_id']}")[2]


KINDS = {"epsilon": epsilon, "view": view, "gradio": gradio}


def client(
    question: dict[str, Any], photos: list[bytes], latencies: list[float], start: threading.Barrier
) -> None:
    """One client: its photos one after another over one connection."""
    address = urlsplit(question["url"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)

    def ask(method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
        connection.request(method, path, body, {**question["headers"], **(headers or {})})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()

    start.wait()
    for photo in photos:
        began = time.perf_counter()
        body = KINDS[question["kind"]](ask, photo)
        latencies.append(time.perf_counter() - began)
        if not any(name in body for name in CLASSES):
            raise SystemExit(f"no answer in {body[:500]!r}")


def seconds_used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    question = json.load(sys.stdin)
    photos = [Path(name).read_bytes() for name in question["files"]]
    latencies: list[float] = []
    start = threading.Barrier(question["clients"] + 1)
    threads = []
    for number in range(question["clients"]):
        own = [photos[place % len(photos)] for place in range(number, question["count"], question["clients"])]
        threads.append(threading.Thread(target=client, args=(question, own, latencies, start), daemon=True))
        threads[-1].start()
    start.wait()
    began, cpu = time.perf_counter(), seconds_used()
    for thread in threads:
        thread.join()
    if len(latencies) != question["count"]:
        raise SystemExit("not every photo was answered; the reason is above")
    found = {"seconds": time.perf_counter() - began, "cpu": seconds_used() - cpu, "latencies": latencies}
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main()
