"""The CSV files in which people carry whom they follow, block and mute from server to server, as Mastodon has them. Pure.

A file with or without its first line of names is read; what stands in columns that nobody here knows is left alone.
"""

import csv
import io
from collections.abc import Iterable
from typing import Literal, get_args

import msgspec

from fedicert.base.errors import Unprocessable

Kind = Literal["following", "blocks", "mutes", "domain_blocks", "lists", "bookmarks"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_LINES = 20_000
LONGEST = 2_048

NO_FOLLOWERS = (
    "Followers can't be imported: whether somebody follows you is theirs to say. Move your old account here, and its"
    " followers' servers ask for them"
)

ADDRESS, BOOSTS, NOTIFY, LANGUAGES, HIDE = (
    "Account address", "Show boosts", "Notify on new posts", "Languages", "Hide notifications",
)  # fmt: skip
_HEADERS: dict[str, tuple[str, ...]] = {
    "following": (ADDRESS, BOOSTS, NOTIFY, LANGUAGES),
    "mutes": (ADDRESS, HIDE),
    "blocks": (),
    "domain_blocks": (),
    "lists": (),
    "bookmarks": (),
    "followers": (ADDRESS,),
}
_YES = ("true", "1", "t", "yes")


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line. `name`: name@server, of a blocked domain the domain, of a bookmark the post's address."""

    name: str
    list: str = ""
    reblogs: bool = True
    notify: bool = False
    languages: tuple[str, ...] = ()
    notifications: bool = True


def read_kind(text: str) -> Kind:
    """Which list it is. Raises Unprocessable."""
    if text == "followers":
        raise Unprocessable(NO_FOLLOWERS)
    for kind in KINDS:
        if text == kind:
            return kind
    raise Unprocessable(f"There is no such list: it is one of {', '.join(KINDS)}")


def read(kind: Kind, data: bytes) -> list[Line]:
    """The lines of a file, each once. Raises Unprocessable with a sentence."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unprocessable("The file isn't a CSV file in UTF-8") from None
    found: dict[tuple[str, str], Line] = {}
    columns: list[str] | None = None
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True)):
            cells = [cell.strip() for cell in cells]
            if number == 0 and ADDRESS in cells:
                columns = cells
                continue
            line = _line(kind, dict(zip(columns or _HEADERS[kind] or (ADDRESS,), cells, strict=False)), cells)
            if line is not None:
                found.setdefault((line.list, line.name.lower()), line)
            if len(found) > MOST_LINES:
                raise Unprocessable(f"The file has more than {MOST_LINES} lines; divide it")
    except csv.Error as error:
        raise Unprocessable(f"The file isn't a CSV file: {error}") from None
    if not found:
        raise Unprocessable("There is nothing in the file that could be imported")
    return list(found.values())


def _line(kind: Kind, named: dict[str, str], cells: list[str]) -> Line | None:
    if kind == "lists":
        if len(cells) < 2 or not cells[0] or not cells[1]:
            return None
        return Line(name=_name(cells[1]), list=cells[0][:256])
    name = named.get(ADDRESS, "") if kind in ("following", "mutes") else (cells[0] if cells else "")
    if not name or name.startswith("#"):
        return None
    if kind == "following":
        languages = tuple(tag.strip() for tag in named.get(LANGUAGES, "").split(",") if tag.strip())
        reblogs, notify = named.get(BOOSTS, "true"), named.get(NOTIFY, "false")
        return Line(name=_name(name), reblogs=_flag(reblogs), notify=_flag(notify), languages=languages[:20])
    if kind == "mutes":
        return Line(name=_name(name), notifications=_flag(named.get(HIDE, "true")))
    return Line(name=name[:LONGEST] if kind in ("bookmarks", "domain_blocks") else _name(name))


def _name(text: str) -> str:
    return text.removeprefix("acct:").removeprefix("@")[:LONGEST]


def _flag(text: str) -> bool:
    return text.strip().lower() in _YES


def write(kind: str, lines: Iterable[Line], *, header: bool = True) -> str:
    """A file as Mastodon writes and reads it, or without `header` a part of one. `kind`: also `followers`."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    if header and _HEADERS[kind]:
        writer.writerow(_HEADERS[kind])
    for line in lines:
        writer.writerow(_cells(kind, line))
    return out.getvalue()


def _cells(kind: str, line: Line) -> list[str]:
    if kind == "following":
        return [line.name, _said(line.reblogs), _said(line.notify), ", ".join(line.languages)]
    if kind == "mutes":
        return [line.name, _said(line.notifications)]
    return [line.list, line.name] if kind == "lists" else [line.name]


def _said(flag: bool) -> str:
    return "true" if flag else "false"
