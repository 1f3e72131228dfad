"""A normalised body as a form: flags in every spelling, numbers as strings, '' for "not set"; the field is named.

Unknown parameters are ignored. Checks shape and type alone: what a value may mean is for operations.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from fedicert.base.errors import Unprocessable
from fedicert.mastodon.body import Repeated

Form = TypeVar("Form", bound=msgspec.Struct)

_TRUE = frozenset({"true", "1", "on", "t", "yes", "y"})
_FALSE = frozenset({"false", "0", "off", "f", "no", "n"})
_UNSET = object()


class _Wrong(Exception):
    """What is wrong with a value, before it is known which field it stands in."""

    def __init__(self, path: str, said: str) -> None:
        super().__init__(said)
        self.path = path
        self.said = said


def decode(form: type[Form], given: Mapping[str, Any]) -> Form:
    """The form out of a normalised dict.

    Raises Unprocessable (422) whose sentence and `details` name the field: `Validation failed: Poll.expires_in …`.
    """
    try:
        values = _struct(_plan(form), given, "")
        return msgspec.convert(values, form, strict=True)
    except _Wrong as wrong:
        raise _refusal(wrong.path, wrong.said) from None
    except msgspec.ValidationError as error:
        said, _, path = str(error).partition(" - at `$")
        raise _refusal(path.rstrip("`").lstrip("."), _sentence(said)) from None


def _refusal(path: str, said: str) -> Unprocessable:
    field = path or "body"
    code = "ERR_BLANK" if said == "can't be blank" else "ERR_INVALID"
    return Unprocessable(f"Validation failed: {_title(field)} {said}", {field: [(code, said)]})


def _title(field: str) -> str:
    return field[:1].upper() + field[1:].replace("_", " ")


def _sentence(said: str) -> str:
    """The library's words in the API's tone."""
    if said.startswith("Object missing required field"):
        return "can't be blank"
    return said[:1].lower() + said[1:]


@cache
def _plan(form: type[msgspec.Struct]) -> inspect.StructType:
    found = inspect.type_info(form)
    if not isinstance(found, inspect.StructType):
        raise TypeError(f"{form} is not a form")
    return found


def _struct(plan: inspect.StructType, given: Any, path: str) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise _Wrong(path, "must be an object")
    values: dict[str, Any] = {}
    for field in plan.fields:
        if field.encode_name not in given:
            if field.required:
                raise _Wrong(_join(path, field.encode_name), "can't be blank")
            continue
        value = _value(field.type, given[field.encode_name], _join(path, field.encode_name))
        if value is not _UNSET:
            values[field.encode_name] = value
        elif field.required:
            raise _Wrong(_join(path, field.encode_name), "can't be blank")
    return values


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _value(plan: inspect.Type, value: Any, path: str) -> Any:
    if isinstance(plan, inspect.UnionType):
        kinds = [kind for kind in plan.types if not isinstance(kind, inspect.NoneType)]
        plan = kinds[0]
    if isinstance(plan, inspect.Metadata):
        plan = plan.type
    if isinstance(plan, inspect.AnyType):
        return value
    if value is None:
        return _UNSET
    if isinstance(plan, inspect.VarTupleType | inspect.ListType):
        return _list(plan, value, path)
    value = _last(value)
    if isinstance(plan, inspect.StructType):
        return _UNSET if value == "" else _struct(plan, value, path)
    if isinstance(plan, inspect.StrType):
        return _string(value, path)
    if value == "":
        return _UNSET
    if isinstance(plan, inspect.LiteralType):
        if value not in plan.values:
            raise _Wrong(path, "is not included in the list")
        return value
    return _scalar(plan, value, path)


def _list(plan: inspect.VarTupleType | inspect.ListType, value: Any, path: str) -> Any:
    items = value if isinstance(value, list) else [value]
    read = [_value(plan.item_type, item, path) for item in items if item != ""]
    return [item for item in read if item is not _UNSET]


def _last(value: Any) -> Any:
    """A plain key given more than once: the last one counts."""
    return value[-1] if isinstance(value, Repeated) else value


def _string(value: Any, path: str) -> str:
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise _Wrong(path, "has characters that can't be stored")
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise _Wrong(path, "must be a text")


def _scalar(plan: inspect.Type, value: Any, path: str) -> Any:
    if isinstance(plan, inspect.BoolType):
        return _flag(value, path)
    if isinstance(plan, inspect.IntType):
        return _integer(value, path)
    if isinstance(plan, inspect.FloatType):
        try:
            return float(value)
        except (TypeError, ValueError):
            raise _Wrong(path, "must be a number") from None
    return value


def _flag(value: Any, path: str) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower() if isinstance(value, str | int) else ""
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise _Wrong(path, "must be true or false")


def _integer(value: Any, path: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, str):
        digits = value.strip().removeprefix("-")
        if digits.isascii() and digits.isdecimal() and len(digits) <= 18:
            return int(value)
    raise _Wrong(path, "must be a whole number")
