"""From the fields of a request to the struct an endpoint asks for."""

from typing import Any, TypeVar

import msgspec

from fedicert.base.errors import Unprocessable
from fedicert.web.plumbing.bodies import Fields

T = TypeVar("T")


def read_form(form: type[T], fields: Fields) -> T:
    """The struct. Raises `Unprocessable` with a sentence."""
    values: dict[str, Any] = {name: value for name, value in fields.pairs if value != ""}
    try:
        return msgspec.convert(values | fields.tree, form, strict=False)
    except msgspec.ValidationError as error:
        raise Unprocessable(f"Validation failed: {error}") from None
