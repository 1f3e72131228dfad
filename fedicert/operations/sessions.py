"""Logging in and out with a browser, and how often that may be tried. The password was checked by the door."""

import hashlib

from fedicert.base.clock import MINUTE
from fedicert.base.errors import TooManyRequests
from fedicert.model.oauth import SESSION_IDLE, SESSION_LIFE
from fedicert.store.tables import sessions
from fedicert.store.unit import Tx

TRIES = 10
WINDOW = 15 * MINUTE
KEPT_TRIES = 60 * MINUTE
"""Longer than the longest window, that of signing up."""


async def count_login_try(tx: Tx, subject: str, block: str) -> int:
    """Count a try before the password is looked at; per login and per block of addresses. Returns its window (ms).

    `subject`: what is tried, the same for every way to name a login (see `subject_of`). Raises `TooManyRequests` beyond
    10 in 15 minutes of either: then this try isn't counted, and nothing is checked.
    """
    start = tx.now - tx.now % WINDOW
    for key in _counted_under(subject, block):
        # Counting locks the row, so that tries at the same moment can't both be the tenth.
        if await sessions.count_try(tx, key, start) > TRIES:
            wait = (start + WINDOW - tx.now + 999) // 1000
            raise TooManyRequests("Too many tries to log in. Wait a quarter of an hour", wait)
    return start


async def give_back(tx: Tx, subject: str, block: str, window: int) -> None:
    """The password was right: this try counts no longer. Only this one, so that whoever has an account of their own can't
    clear away what they guessed of others' from the same addresses."""
    for key in _counted_under(subject, block):
        await sessions.give_back(tx, key, window)


async def log_in(tx: Tx, session_hash: str, login: int, subject: str, replaced: str | None) -> None:
    """Begin a session; the one this browser had before (its digest) ends, and the tries of this login are forgiven."""
    if replaced is not None:
        await sessions.delete(tx, replaced)
    await sessions.insert(tx, session_hash, login)
    await sessions.forget_tries(tx, subject)


async def keep(tx: Tx, session_hash: str) -> None:
    """The session is in use; it lasts another 14 days."""
    await sessions.touch(tx, session_hash)


async def log_out(tx: Tx, session_hash: str) -> None:
    """End a session; it is well where it was over."""
    await sessions.delete(tx, session_hash)


async def sweep(tx: Tx) -> int:
    """Remove sessions that are over and old counters; how many went."""
    gone = await sessions.delete_expired(tx, tx.now - SESSION_IDLE, tx.now - SESSION_LIFE)
    return gone + await sessions.delete_old_tries(tx, tx.now - KEPT_TRIES)


def _counted_under(subject: str, block: str) -> tuple[str, str]:
    return subject, f"login-from:{block}"


def subject_of(login: int | None, name: str) -> str:
    """What tries are counted under: the login where there is one, else a digest of the name that was typed."""
    if login is not None:
        return f"login:{login}"
    return "login-name:" + hashlib.sha256(name.strip().lower().encode("utf-8", "replace")).hexdigest()[:32]
