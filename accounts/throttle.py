"""Guessing a password is slowed down: failed sign-ins are counted for each name from each address."""

import hashlib

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from django.utils.connection import ConnectionProxy

# As Django makes its default cache: each thread has its own connection.
cache = ConnectionProxy(caches, "sign-in")
ALLOWED_FAILURES = 10
PAUSE_SECONDS = 15 * 60


def _key(username: str, address: str) -> str:
    # Hashed, because a name may hold characters that a cache refuses, and a cache should hold no names.
    digest = hashlib.sha256(f"{username.casefold()}\n{address}".encode()).hexdigest()
    return f"signin-failures-{digest}"


def address_of(request: HttpRequest | None) -> str:
    """Where a request comes from: behind a trusted proxy what that one has seen, else the sender."""
    if request is None:
        return ""
    if settings.TRUST_PROXY:
        return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def is_paused(username: str, address: str) -> bool:
    """True while this name may not be tried again from this address."""
    failures: int = cache.get(_key(username, address), 0)
    return failures >= ALLOWED_FAILURES


def record_failure(username: str, address: str) -> None:
    """Count one failure; the pause is reckoned from the last one."""
    key = _key(username, address)
    cache.add(key, 0, PAUSE_SECONDS)
    try:
        cache.incr(key)
    except ValueError:  # it expired between the two lines
        cache.set(key, 1, PAUSE_SECONDS)
    cache.touch(key, PAUSE_SECONDS)


def forget(username: str, address: str) -> None:
    """The right password was given: earlier failures no longer count."""
    cache.delete(_key(username, address))
