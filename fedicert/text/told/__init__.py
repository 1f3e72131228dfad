"""What the limits account says (law 8): each kind of message in the languages it is written in, and how one is filled in.

A file here per piece of the law, with `TEXTS`: kind → language → template. Every kind is there in English and German, with
the same names in braces. `{count}` is written with the thousands of the language; `{waiting:person waits|people wait}`
is the number and the words that go with it; `{names}` are handles, which address nobody. A value of the type `Words` names
kinds itself, and is their texts, filled in alike. Pure.
"""

import pkgutil
from collections.abc import Mapping, Sequence
from importlib import import_module
from string import Formatter
from typing import Any

FALLBACK = "en"
NAMED = 5
"""So many are named; of the others the number is told."""

_THOUSANDS = {"de": "."}
_AND_MORE = {"de": "{names} und {more} weitere"}
_AND_MORE_IN_ENGLISH = "{names} and {more} more"


def _gather() -> dict[str, dict[str, str]]:
    gathered: dict[str, dict[str, str]] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        texts: dict[str, dict[str, str]] = import_module(f"{__name__}.{module}").TEXTS
        twice = gathered.keys() & texts.keys()
        if twice:
            raise ValueError(f"two texts for {', '.join(sorted(twice))}")
        gathered |= texts
    return gathered


TEXTS = _gather()


class Words(str):
    """A value that is said in the language of the message: kinds of texts, with spaces between them."""


class _Filling(Formatter):
    """Fills in one message; a value that is `Words` is filled in itself where a template uses it."""

    def __init__(self, language: str, values: Mapping[str, str | int]) -> None:
        self._language, self._values = language, values
        self._thousands = _THOUSANDS.get(language, ",")

    def filled(self, kind: str) -> str:
        texts = TEXTS[kind]
        return self.vformat(texts.get(self._language) or texts[FALLBACK], (), self._values)

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        value = kwargs[str(key)]
        return " ".join(self.filled(kind) for kind in value.split()) if isinstance(value, Words) else value

    def format_field(self, value: Any, format_spec: str) -> str:
        if not isinstance(value, int):
            return str(value)
        shown = f"{value:,}".replace(",", self._thousands)
        one, bar, many = format_spec.partition("|")
        return f"{shown} {one if value == 1 else many}" if bar else shown


def language_of(kind: str, wanted: Sequence[str]) -> str:
    """The first of these languages (`de`, `de-AT`) in which there is a text of this kind; English where there is none."""
    texts = TEXTS[kind]
    for tag in wanted:
        for language in (tag, tag.partition("-")[0]):
            if language in texts:
                return language
    return FALLBACK


def text_of(kind: str, language: str, values: Mapping[str, str | int], names: Sequence[str]) -> str:
    """The message. `names`: handles of those it speaks of, as they are shown. `values["waiting"]`: how many they are where
    not all of them are named."""
    shown = ", ".join(names[:NAMED])
    more = max(len(names), int(values.get("waiting", 0))) - len(names[:NAMED])
    if shown and more > 0:
        shown = _AND_MORE.get(language, _AND_MORE_IN_ENGLISH).format(names=shown, more=more)
    return _Filling(language, {"names": shown, **values}).filled(kind)
