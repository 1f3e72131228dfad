"""A change of the ladder as a form or a JSON body says it; the same for the page and for programs."""

from collections.abc import Mapping
from typing import Any

from fedicert.base.errors import Unprocessable
from fedicert.model.ladder import ACTS, Change
from fedicert.text.ladder import read_moment


def read_change(given: Mapping[str, Any]) -> Change:
    """The change in a nested dict. Raises Unprocessable naming the field."""
    act = given.get("act")
    if act not in ACTS:
        raise _wrong("act", f"is one of {', '.join(ACTS)}")
    values = given.get("values") or {}
    if not isinstance(values, dict) or not all(
        isinstance(value, str | int | float | list) for value in values.values()
    ):
        raise _wrong("values", "maps each key to its value")
    return Change(
        act=act,
        name=_text(given, "name"),
        values=values,
        to=_text(given, "to"),
        place=_number(given, "place"),
        starts_at=_moment(given, "starts_at"),
        ends_at=_moment(given, "ends_at"),
        window=_number(given, "window"),
    )


def _text(given: Mapping[str, Any], field: str) -> str:
    value = given.get(field) or ""
    if not isinstance(value, str):
        raise _wrong(field, "is a text")
    return value.strip()


def _number(given: Mapping[str, Any], field: str) -> int | None:
    value = given.get(field)
    if value in (None, ""):
        return None
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise _wrong(field, "is a whole number")
    return int(text)


def _moment(given: Mapping[str, Any], field: str) -> int | None:
    value = given.get(field)
    if value in (None, ""):
        return None
    try:
        return read_moment(str(value))
    except ValueError as error:
        raise _wrong(field, str(error)) from None


def _wrong(field: str, said: str) -> Unprocessable:
    return Unprocessable(f"Validation failed: {field.capitalize()} {said}", {field: [("ERR_INVALID", said)]})
