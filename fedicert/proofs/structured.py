"""Structured field values (RFC 8941), the part that signatures use: dictionaries of items and inner lists.

Stricter than the RFC in one point: a key that appears twice is refused instead of the last one winning.
"""

import base64
import binascii
import re

import msgspec

from fedicert.base.errors import BadRequest


class Token(str):
    """A bare word, as against a quoted string."""

    __slots__ = ()


Bare = int | bool | str | Token | bytes
Parameters = tuple[tuple[str, Bare], ...]


class Item(msgspec.Struct, frozen=True):
    """A value with its parameters."""

    value: Bare
    parameters: Parameters = ()


class InnerList(msgspec.Struct, frozen=True):
    """Items in parentheses, with the parameters of the list."""

    items: tuple[Item, ...]
    parameters: Parameters = ()


_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_STRING = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BYTES = re.compile(r":([A-Za-z0-9+/=]*):")
_INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*")
_SPACES = re.compile(r"[ \t]*")
_LONGEST = 8192


def parse_dictionary(text: str) -> dict[str, Item | InnerList]:
    """Read a dictionary (RFC 8941 §4.2.2). Raises `BadRequest` saying at which character it broke."""
    if len(text) > _LONGEST:
        raise BadRequest("it is too long")
    return _Reader(text.strip(" ")).dictionary()


def serialise_inner_list(inner: InnerList) -> str:
    """The one spelling of an inner list (RFC 8941 §4.1.1.1)."""
    inside = " ".join(serialise_item(item) for item in inner.items)
    return f"({inside}){_serialise_parameters(inner.parameters)}"


def serialise_item(item: Item) -> str:
    """The one spelling of an item (RFC 8941 §4.1.3)."""
    return _serialise_bare(item.value) + _serialise_parameters(item.parameters)


def _serialise_parameters(parameters: Parameters) -> str:
    return "".join(f";{name}" if value is True else f";{name}={_serialise_bare(value)}" for name, value in parameters)


def _serialise_bare(value: Bare) -> str:
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode()}:"
    if isinstance(value, Token):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def broken(self, wanted: str) -> BadRequest:
        return BadRequest(f"at character {self.at + 1} there should be {wanted}")

    def take(self, pattern: re.Pattern[str], wanted: str) -> re.Match[str]:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise self.broken(wanted)
        self.at = found.end()
        return found

    def sees(self, mark: str) -> bool:
        if self.text.startswith(mark, self.at):
            self.at += len(mark)
            return True
        return False

    def dictionary(self) -> dict[str, Item | InnerList]:
        members: dict[str, Item | InnerList] = {}
        while self.at < len(self.text):
            key = self.take(_KEY, "a key").group()
            if key in members:
                raise BadRequest(f"the key {key!r} is there twice")
            if self.sees("="):
                members[key] = self.inner_list() if self.sees("(") else self.item()
            else:
                members[key] = Item(True, self.parameters())
            self.take(_SPACES, "")
            if self.at == len(self.text):
                break
            if not self.sees(","):
                raise self.broken("a comma")
            self.take(_SPACES, "")
            if self.at == len(self.text):
                raise self.broken("a key")
        return members

    def inner_list(self) -> InnerList:
        items: list[Item] = []
        while True:
            spaces = 0
            while self.sees(" "):
                spaces += 1
            if self.sees(")"):
                return InnerList(tuple(items), self.parameters())
            if items and not spaces:
                raise self.broken("a space")
            items.append(self.item())

    def item(self) -> Item:
        value = self.bare()
        return Item(value, self.parameters())

    def parameters(self) -> Parameters:
        found: dict[str, Bare] = {}
        while self.sees(";"):
            while self.sees(" "):
                pass
            key = self.take(_KEY, "a parameter").group()
            if key in found:
                raise BadRequest(f"the parameter {key!r} is there twice")
            found[key] = self.bare() if self.sees("=") else True
        return tuple(found.items())

    def bare(self) -> Bare:
        mark = self.text[self.at : self.at + 1]
        if mark == '"':
            return re.sub(r"\\(.)", r"\1", self.take(_STRING, "a string").group(1))
        if mark == ":":
            try:
                return base64.b64decode(self.take(_BYTES, "bytes").group(1), validate=True)
            except binascii.Error:
                raise self.broken("base64 before this") from None
        if mark == "?":
            return self.take(re.compile(r"\?([01])"), "a boolean").group(1) == "1"
        if mark == "-" or mark.isdigit():
            return int(self.take(_INTEGER, "an integer").group())
        return Token(self.take(_TOKEN, "a value").group())
