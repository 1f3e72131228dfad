"""What both HTTP signature schemes share: the request as received, the claim read from it, and the clock
window.

Reading a claim proves nothing yet: the signature is still to be checked with the key that `key_id` names.
What is returned here has passed every check that needs no key; there is no value that means "unsigned but
fine".
"""

import hashlib
import re
import time
from datetime import date
from functools import lru_cache

import msgspec

from fedicert.base.clock import HOUR, MINUTE, SECOND
from fedicert.base.errors import BadRequest, Unauthorized
from fedicert.base.urls import DEFAULT_PORTS, Url, canonical_authority, split_url

CAVAGE = "cavage"
RFC9421 = "rfc9421"

RSA = "rsa-v1_5-sha256"
ED25519 = "ed25519"
BY_KEY = ""

WINDOW = HOUR
EXPIRY_LENIENCE = 5 * MINUTE

_WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DATE = re.compile(
    r"(?:" + "|".join(_WEEKDAYS) + r"), ([0-9]{2}) (" + "|".join(_MONTHS) + r") ([0-9]{4})"
    r" ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Received(msgspec.Struct, frozen=True):
    """A request as it came in.

    `target`: the raw path and query, nothing decoded. `headers`: in order, values as latin-1 text.
    `origin`: our own configured origin (`https://example.org`), never taken from a header.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    origin: str
    body: bytes = b""

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header, in order, without the spaces around them."""
        found = tuple(value.strip(" \t") for key, value in self.headers if key.lower() == name)
        for value in found:
            if _CONTROL.search(value):
                raise Unauthorized(f"The {name} header has control characters")
        return found

    def single(self, name: str) -> str:
        """The value of a header that must be there exactly once."""
        found = self.all(name)
        if len(found) != 1:
            many = "more than once" if found else "not"
            raise Unauthorized(f"The {name} header is there {many}; it has to be there once")
        return found[0]

    def has(self, name: str) -> bool:
        """Whether the header is there at all."""
        return any(key.lower() == name for key, _ in self.headers)

    @property
    def carries_body(self) -> bool:
        """Whether a digest has to be signed."""
        return bool(self.body) or self.method.upper() in ("POST", "PUT", "PATCH")


class Claim(msgspec.Struct, frozen=True):
    """What a request says of its signer, ready to be verified.

    `algorithm`: `rsa-v1_5-sha256`, `ed25519`, or "" where the key's type decides. `bases`: the texts the
    signature may stand under, the likeliest first (draft-cavage peers sign with or without the query).
    """

    spec: str
    key_id: str
    algorithm: str
    bases: tuple[bytes, ...]
    signature: bytes
    covered: tuple[str, ...]

    @property
    def base(self) -> bytes:
        """The likeliest signature base."""
        return self.bases[0]

    @property
    def fingerprint(self) -> bytes:
        """32 bytes that are the same for a replay of this very request (attack 8)."""
        return hashlib.sha256(self.key_id.encode() + b"\x00" + self.signature).digest()


class Principal(msgspec.Struct, frozen=True):
    """Who signed, proven: the key and the actor that owns it."""

    key_id: str
    owner: str


def http_date(at: int) -> str:
    """Milliseconds as an IMF-fixdate (RFC 9110 §5.6.7)."""
    year, month, day, hour, minute, second, weekday, _, _ = time.gmtime(at // SECOND)
    return f"{_WEEKDAYS[weekday]}, {day:02} {_MONTHS[month - 1]} {year:04} {hour:02}:{minute:02}:{second:02} GMT"


@lru_cache(maxsize=256)
def parse_http_date(text: str) -> int:
    """An IMF-fixdate as milliseconds. Raises `Unauthorized`."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise Unauthorized("The Date header is not an HTTP date")
    day, month, year, hour, minute, second = found.groups()
    try:
        days = _days(int(year), _MONTHS.index(month) + 1, int(day))
    except ValueError:
        raise Unauthorized("The Date header names no real day") from None
    return (((days * 24 + int(hour)) * 60 + int(minute)) * 60 + int(second)) * SECOND


def _days(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()


def check_clock(name: str, at: int, now: int) -> None:
    """Within an hour either way (numbers: signature window), else `Unauthorized` naming the skew."""
    skew = at - now
    if abs(skew) > WINDOW:
        side = "ahead of" if skew > 0 else "behind"
        raise Unauthorized(
            f"The request's {name} is {abs(skew) // SECOND} s {side} this server's clock; "
            f"at most {WINDOW // SECOND} s is taken: check your clock and sign again"
        )


def check_expiry(expires: int, now: int) -> None:
    """Not expired, with five minutes of lenience for the clocks. Seconds and milliseconds."""
    if now > expires * SECOND + EXPIRY_LENIENCE:
        raise Unauthorized(f"The signature expired {now // SECOND - expires} s ago: sign again")


def check_host(value: str, origin: str) -> None:
    """The Host header is our own name, with or without the port (attack 9)."""
    ours = split_url(origin)
    try:
        host, port = canonical_authority(value)
    except BadRequest:
        raise Unauthorized("The Host header is not a host name") from None
    if host != ours.host or port not in (None, ours.port):
        raise Unauthorized(f"The request was signed for {value!r}, not for {ours.authority!r}")


def check_key_id(key_id: str) -> str:
    """A key id is an http(s) URL (§1.4 step 1); `acct:` and the rest are refused."""
    try:
        split_url(key_id)
    except BadRequest as error:
        raise Unauthorized(f"The key id can't be used: {error}") from None
    return key_id


def encoded(base: str) -> bytes:
    """A signature base as the bytes that came in."""
    try:
        return base.encode("latin-1")
    except UnicodeEncodeError:
        raise Unauthorized("A signed header has characters that no header can carry") from None


def own_authority(url: Url) -> str:
    """The `Host` to send: with the port only where it isn't the scheme's own."""
    return url.host if url.port == DEFAULT_PORTS[url.scheme] else f"{url.host}:{url.port}"
