"""One value of the configuration as an admin writes it: what each kind of value may be.

A reader gets what TOML gave, or a text from the environment, and returns the value as the Config holds it. It raises
BadValueError with a sentence: why not, and what to write. Nothing here knows which keys there are.
"""

import difflib
import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_OWNER = re.compile(r"[a-z0-9_]{1,30}")
_TRUE = {"true", "on", "yes", "1"}
_FALSE = {"false", "off", "no", "0"}


class BadValueError(Exception):
    """A value that can't be used: why, and what to write."""


def host_of(domain: str) -> str:
    """The name without its port; an IPv6 address keeps its brackets."""
    if domain.startswith("["):
        return domain.partition("]")[0] + "]"
    return domain.partition(":")[0]


def text(largest: int, smallest: int = 0) -> Callable[[Any], str]:
    """A text of so many characters."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise BadValueError(f'{value!r} isn\'t a text; put it in quotes: "{value}"')
        if not smallest <= len(value) <= largest:
            raise BadValueError(f"it has {len(value)} characters, and {smallest} to {largest} are allowed")
        if "\x00" in value:
            raise BadValueError("it holds a NUL character; take it out")
        return value

    return read


def switch(value: Any) -> bool:
    """On or off."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    raise BadValueError(f"{value!r} is neither true nor false; write one of the two, without quotes")


def number(smallest: int, largest: int) -> Callable[[Any], int]:
    """A whole number within bounds."""

    def read(value: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not smallest <= value <= largest:
            raise BadValueError(f"{value!r} isn't a whole number from {smallest} to {largest}")
        return value

    return read


def minutes(shortest: float, longest: float) -> Callable[[Any], float]:
    """Minutes, decimals allowed."""

    def read(value: Any) -> float:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,5})?", value):
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not shortest <= value <= longest:
            raise BadValueError(f"{value!r} isn't a number of minutes from {shortest} to {longest}")
        return value

    return read


def choice(*known: str) -> Callable[[Any], str]:
    """One of these words."""

    def read(value: Any) -> str:
        if value not in known:
            near = difflib.get_close_matches(str(value), known, n=1, cutoff=0.5)
            hint = f' did you mean "{near[0]}"?' if near else f" write one of {', '.join(known)}"
            raise BadValueError(f"{value!r} isn't known;{hint}")
        return str(value)

    return read


def many(item: Callable[[Any], str]) -> Callable[[Any], tuple[str, ...]]:
    """A list, with commas where it comes as a text."""

    def read(value: Any) -> tuple[str, ...]:
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        if not isinstance(value, list):
            raise BadValueError(f'{value!r} isn\'t a list; write ["…", "…"]')
        return tuple(item(part) for part in value)

    return read


def domain(value: Any) -> str:
    """A host name with or without a port, lower case and ASCII; or an IPv6 address in brackets."""
    name = text(253, 1)(value)
    if "/" in name:
        alone = name.partition("://")[2] or name
        raise BadValueError(f'"{name}" is an address; write the name alone: "{alone.partition("/")[0]}"')
    if name != name.lower():
        raise BadValueError(f'names are lower case: write "{name.lower()}"')
    if not name.isascii():
        raise BadValueError(f'write the name in its xn-- form: "{_punycode(name)}"')
    host = host_of(name)
    port = name[len(host) :]
    if port and not (port[0] == ":" and port[1:].isdigit() and 0 < int(port[1:]) < 65536):
        raise BadValueError(f'"{port}" isn\'t a port; write "{host}" or "{host}:8000"')
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host.strip("[]"))
        except ValueError:
            raise BadValueError(f'"{host}" isn\'t an IPv6 address; write it as in "[::1]"') from None
    elif not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise BadValueError(f'"{host}" can\'t be a host name; write it as in "social.example.org"')
    return name


def _punycode(name: str) -> str:
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return "xn--…"


def url(value: Any) -> str:
    """An http(s) address without a slash at its end."""
    address = text(500, 1)(value)
    if not re.fullmatch(r"https?://[a-z0-9.\[\]:-]+(/[A-Za-z0-9._~/-]*)?", address):
        raise BadValueError(f'"{address}" isn\'t an address; write it as in "https://media.example.org"')
    return address.rstrip("/")


def database(value: Any) -> str:
    """The address of a database, or the path of a SQLite file."""
    address = text(2_000, 1)(value)
    scheme, found, rest = address.partition("://")
    if found and scheme in {"postgres", "postgresql"}:
        return address
    # The rest isn't repeated in a message: it may hold a password.
    if found and scheme != "sqlite":
        raise BadValueError(f"{scheme}:// isn't known; write sqlite:///path or postgresql://user@host/name")
    if ":memory:" in address or (found and not rest.removeprefix("/")):
        raise BadValueError("name a file, as in sqlite:///data/fedicert.db")
    return address


def path(value: Any) -> Path:
    """A path."""
    return Path(text(1_000, 1)(value))


def bind(value: Any) -> str:
    """An address of this machine to listen on."""
    address = text(253, 1)(value)
    if address == "localhost":
        return address
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise BadValueError(f'"{address}" isn\'t an IP address; write "127.0.0.1", or "0.0.0.0" for all') from None
    return address


def network(value: Any) -> str:
    """An address or a network."""
    try:
        return str(ipaddress.ip_network(text(64, 1)(value), strict=False))
    except ValueError:
        raise BadValueError(f'"{value}" isn\'t an address or a network; write it as in "10.0.0.0/8"') from None


def language(value: Any) -> str:
    """A language code."""
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise BadValueError(f'{value!r} isn\'t a language code; write it as in "en" or "pt-BR"')
    return value


def mail(value: Any) -> str:
    """A mail address, or nothing."""
    address = text(320)(value)
    if address and not re.fullmatch(r"[^\s@]+@[^\s@]+", address):
        raise BadValueError(f'"{address}" isn\'t a mail address; write it as in "admin@example.org"')
    return address


def owner(value: Any) -> str:
    """The name of the first account."""
    if not isinstance(value, str) or not _OWNER.fullmatch(value):
        raise BadValueError(f"{value!r} can't be a name; it has 1 to 30 of a-z, 0-9 and _")
    return value
