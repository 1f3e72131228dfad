"""One canonical form for hosts and origins (federation attack 11: `evil.com.`, case, IDN, ports, userinfo).

Every comparison of hosts, every block and every connection goes by what these functions return. They judge
form only; whether an address may be connected is the guard's question. Paths and queries are never
rewritten: what was signed is what is sent.
"""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import quote

import idna
import msgspec

from fedicert.base.errors import BadRequest

DEFAULT_PORTS = {"https": 443, "http": 80}

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#(.*))?", re.IGNORECASE | re.DOTALL)
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\<>\"{}|^`]")
_LONGEST = 2048


class Url(msgspec.Struct, frozen=True):
    """An http(s) URL: scheme lower, host canonical, port always a number, target = raw path and query."""

    scheme: str
    host: str
    port: int
    target: str
    fragment: str = ""

    @property
    def authority(self) -> str:
        """The host, with the port where it isn't the scheme's own."""
        return self.host if self.port == DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """`scheme://host[:port]`."""
        return f"{self.scheme}://{self.authority}"

    @property
    def text(self) -> str:
        """The URL as it is requested: no fragment."""
        return self.origin + self.target

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@lru_cache(maxsize=4096)
def canonical_host(text: str) -> str:
    """The one spelling of a host name or address literal: IDNA, lower case, no trailing dot, v6 in brackets.

    Raises `BadRequest` for anything else: empty labels, userinfo, ports, zone ids, and the number forms
    that some resolvers read as addresses (`2130706433`, `0x7f.1`, `0177.0.0.1`).
    """
    if text.startswith("["):
        return _canonical_v6(text)
    host = text.lower()
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            raise BadRequest(f"{text!r} is not an internationalised host name") from None
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadRequest(f"{text!r} is not a host name")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise BadRequest(f"{text!r} is a number, not a host name") from None
    if any(label.startswith("xn--") for label in labels):
        try:
            idna.decode(host)
        except (idna.IDNAError, UnicodeError):
            raise BadRequest(f"{text!r} is not an internationalised host name") from None
    return host


def _canonical_v6(text: str) -> str:
    try:
        if not text.endswith("]") or "%" in text:
            raise ValueError
        return f"[{ipaddress.IPv6Address(text[1:-1])}]"
    except ValueError:
        raise BadRequest(f"{text!r} is not an address") from None


def canonical_authority(text: str) -> tuple[str, int | None]:
    """A `host` or `host:port` as (canonical host, port or None). Raises `BadRequest`."""
    host, port = text, ""
    if text.startswith("["):
        end = text.find("]") + 1
        host, rest = text[:end], text[end:]
        if rest and not rest.startswith(":"):
            raise BadRequest(f"{text!r} is not a host")
        port = rest[1:]
        named = bool(rest)
    else:
        host, colon, port = text.partition(":")
        named = bool(colon)
    if not named:
        return canonical_host(host), None
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise BadRequest(f"{text!r} has no valid port")
    return canonical_host(host), int(port)


@lru_cache(maxsize=8192)
def split_url(text: str) -> Url:
    """Read an absolute http or https URL. Raises `BadRequest` naming what is wrong with it.

    Characters beyond ASCII in the path are percent-encoded as UTF-8, everything else is left as it stands.
    """
    if len(text) > _LONGEST:
        raise BadRequest(f"This URL is longer than {_LONGEST} characters")
    found = _URL.fullmatch(text)
    if found is None:
        raise BadRequest(f"{text[:200]!r} is not an http or https URL")
    scheme, authority, target, fragment = found.groups()
    if _FORBIDDEN.search(text):
        raise BadRequest(f"{text[:200]!r} has characters that no URL has")
    if "@" in authority:
        raise BadRequest(f"{text[:200]!r} carries a user name; that is refused")
    scheme = scheme.lower()
    host, port = canonical_authority(authority)
    if not target.startswith("/"):
        target = "/" + target
    if not target.isascii():
        try:
            target = quote(target, safe="!#$%&'()*+,/:;=?@[]~")
        except UnicodeEncodeError:
            raise BadRequest("This URL has a lone surrogate") from None
    return Url(scheme, host, port or DEFAULT_PORTS[scheme], target, fragment or "")


def same_origin(one: str, other: str) -> bool:
    """Scheme, host and port agree; False where either isn't an http(s) URL."""
    try:
        return split_url(one).origin == split_url(other).origin
    except BadRequest:
        return False


def same_url(one: str, other: str) -> bool:
    """The same URL up to the spelling of its host and port; fragments count."""
    try:
        first, second = split_url(one), split_url(other)
    except BadRequest:
        return False
    return first == second
