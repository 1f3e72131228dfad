"""One JSON line per event, for machines to read and people to search. Never a secret, never a sentence built from input.

`log("delivered", host=host, ms=12)` writes `{"ts":"…Z","level":"info","event":"delivered","host":"…","ms":12}`.
Names of fields are the caller's; values are numbers, texts, or lists and objects of these. Fields whose name says
that they hold a secret are left out, whoever passes them. A text can't break its line: it is JSON.
"""

import sys
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, TextIO

import msgspec

from fedicert.base.clock import Clock, SystemClock
from fedicert.base.errors import FedicertError

Level = Literal["debug", "info", "warning", "error"]

SECRETS = frozenset(
    {
        "access_token", "authorization", "body", "client_secret", "code", "code_verifier", "cookie", "email",
        "password", "refresh_token", "secret", "session", "text", "token",
    }
)  # fmt: skip
"""Fields that are never written."""

MAX_TEXT = 500
MAX_FRAMES = 12
MAX_DEPTH = 3

_RANK: dict[Level, int] = {"debug": 0, "info": 1, "warning": 2, "error": 3}
# Their messages speak of our code; those of other kinds may quote what somebody sent.
_TALKS_OF_CODE = (AttributeError, AssertionError, ImportError, NameError, RecursionError, TypeError)


class Log:
    """Where lines go, from which level on, and whose clock stamps them."""

    def __init__(self, stream: TextIO | None = None, level: Level = "info", clock: Clock | None = None) -> None:
        self._stream = stream
        self._least = _RANK[level]
        self._clock = clock or SystemClock()
        self._encode = msgspec.json.Encoder().encode

    def configure(
        self, *, stream: TextIO | None = None, level: Level | None = None, clock: Clock | None = None
    ) -> None:
        """Change what is named; the rest stays. Without a stream, lines go to standard error."""
        self._stream = stream or self._stream
        self._clock = clock or self._clock
        self._least = self._least if level is None else _RANK[level]

    def __call__(self, event: str, level: Level = "info", **fields: Any) -> None:
        """Write one event."""
        self.many(event, ((level, fields),))

    def many(self, event: str, lines: Iterable[tuple[Level, Mapping[str, Any]]]) -> None:
        """Write a line for each (level, fields) of an event that happened many times, in one write."""
        least, encode = self._least, self._encode
        at = iso(self._clock.now())
        written = []
        for level, fields in lines:
            if _RANK[level] < least:
                continue
            line: dict[str, Any] = {"ts": at, "level": level, "event": event}
            for name, value in fields.items():
                if name not in SECRETS and name not in line:
                    line[name] = _plain(value, MAX_DEPTH)
            written.append(encode(line))
        if not written:
            return
        written.append(b"")
        text = b"\n".join(written).decode()
        if "\u2028" in text or "\u2029" in text:
            text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        stream = self._stream or sys.stderr
        stream.write(text)
        stream.flush()

    def failure(self, event: str, error: BaseException, **fields: Any) -> None:
        """Write an event about an error: its class, where it was raised, and its message where that can't quote input."""
        frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
        where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        told = str(error) if isinstance(error, (FedicertError, *_TALKS_OF_CODE)) else ""
        self(event, "error", error=type(error).__name__, message=told, where=where, **fields)


def iso(at: int) -> str:
    """A moment (ms since the epoch) as `2026-01-02T03:04:05.678Z`."""
    return f"{_second(at // 1000)}{at % 1000:03d}Z"


@lru_cache(maxsize=16)
def _second(at: int) -> str:
    """A second up to its dot: many lines fall into the same one."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.")


def _plain(value: Any, depth: int) -> Any:
    """The value as JSON can carry it; what isn't a number, text, list or object is named by its class alone."""
    if type(value) is str and len(value) <= MAX_TEXT and value.isascii():
        return value
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 2**63):
        return value
    if isinstance(value, str):
        short = value if len(value) <= MAX_TEXT else value[:MAX_TEXT] + "…"
        return short.encode("utf-8", "backslashreplace").decode()
    if depth and isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, depth - 1) for item in value]
    if depth and isinstance(value, dict):
        return {str(k): _plain(v, depth - 1) for k, v in value.items() if str(k) not in SECRETS}
    return type(value).__name__


log = Log()
"""The log of this process."""
