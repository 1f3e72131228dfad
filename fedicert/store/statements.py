"""Cuts a migration into statements, because a driver's own script runner commits behind one's back.

It knows what a `;` may stand inside of: quotes, comments, dollar-quoted bodies, and the `BEGIN … END` of a trigger. It
never changes a statement.
"""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
      '(?:[^']|'')*'                          # a string
    | "(?:[^"]|"")*"                          # a quoted name
    | --[^\n]*                                # a comment
    | /\*.*?\*/
    | (?P<dollar>\$(?:[A-Za-z_]\w*)?\$).*?(?P=dollar)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<end>;)
    """,
    re.DOTALL | re.VERBOSE,
)
_TRIGGER = re.compile(r"\s*CREATE\s+(?:(?:TEMP|TEMPORARY|CONSTRAINT|OR|REPLACE)\s+)*TRIGGER\b", re.IGNORECASE)
_COMMENTS = re.compile(r"\A(?:\s+|--[^\n]*|/\*.*?\*/)+", re.DOTALL)
_CLOSERS = {"begin": 1, "case": 1, "end": -1}


def split(script: str) -> Iterator[str]:
    """Each statement without its `;`, without the comments and spaces before it."""
    start, depth = 0, 0
    trigger: bool | None = None
    for token in _TOKEN.finditer(script):
        if word := token["word"]:
            if trigger is None:
                trigger = _TRIGGER.match(_COMMENTS.sub("", script[start:])) is not None
            if trigger:
                depth += _CLOSERS.get(word.lower(), 0)
        elif token["end"] and depth == 0:
            yield from _statement(script[start : token.start()])
            start, trigger = token.end(), None
    yield from _statement(script[start:])


def _statement(text: str) -> Iterator[str]:
    text = _COMMENTS.sub("", text).rstrip()
    if text:
        yield text
