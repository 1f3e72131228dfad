"""A story told on a terminal while it happens: chapters, what is typed, what was seen, a table. It never acts."""

import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from typing import TextIO, TypeVar

T = TypeVar("T")

WIDTH = 100
PATIENCE = 30.0
LOOK_AGAIN = 0.1


class NotAsTold(Exception):
    """Something went another way than the story says: what was expected, and what was seen instead."""

    def __init__(self, expected: str, seen: object) -> None:
        super().__init__(f"expected: {expected}\nseen:     {seen}")
        self.expected = expected
        self.seen = seen


class Story:
    """Writes to one stream, each piece at once, so that a reader follows what is going on."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = sys.stdout if out is None else out
        self._chapters = 0
        self._begun = time.monotonic()

    def chapter(self, title: str) -> None:
        """A heading, numbered."""
        self._chapters += 1
        self._line(f"\n{self._chapters}. {title}")

    def say(self, text: str) -> None:
        """Prose, wrapped."""
        for paragraph in text.split("\n"):
            self._line(textwrap.fill(paragraph, WIDTH, initial_indent="   ", subsequent_indent="   "))

    def typed(self, command: str, answer: str = "") -> None:
        """A command as it was typed, and what it answered."""
        self._line(f"   $ {command}")
        for line in answer.splitlines():
            self._line(f"     {line}".rstrip())

    def quoted(self, text: str) -> None:
        """Lines as they are."""
        for line in text.splitlines():
            self._line(f"     {line}")

    def seen(self, text: str) -> None:
        """Something that was looked at and found to be so."""
        self._line(textwrap.fill(text, WIDTH, initial_indent="   ✓ ", subsequent_indent="     "))

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Columns as wide as their widest cell; the first row is the heading."""
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        ruled = [rows[0], ["─" * width for width in widths], *rows[1:]]
        self._line("")
        for row in ruled:
            self._line("   " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        self._line("")

    def seconds(self) -> float:
        """How long it has been told."""
        return time.monotonic() - self._begun

    def _line(self, text: str) -> None:
        print(text, file=self._out, flush=True)


def until(expected: str, look: Callable[[], T], right: Callable[[T], bool] = bool, seconds: float = PATIENCE) -> T:
    """Look until what is seen is right, and return it. Raises NotAsTold at the deadline, with what was seen last."""
    deadline = time.monotonic() + seconds
    while True:
        last = look()
        if right(last):
            return last
        if time.monotonic() > deadline:
            raise NotAsTold(f"{expected}, within {seconds:.0f} s", repr(last))
        time.sleep(LOOK_AGAIN)


def must(expected: str, seen: object, right: bool) -> None:
    """Raises NotAsTold unless it is right now."""
    if not right:
        raise NotAsTold(expected, repr(seen))
