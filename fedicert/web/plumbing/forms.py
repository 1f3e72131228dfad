"""From the fields of a request to the struct an endpoint asks for; what the words mean is `mastodon/forms.py`."""

from typing import TypeVar

import msgspec

from fedicert.mastodon.body import normalise
from fedicert.mastodon.decode import decode
from fedicert.web.plumbing.bodies import Fields

Form = TypeVar("Form", bound=msgspec.Struct)


def read_form(form: type[Form], fields: Fields) -> Form:
    """The form. Raises BadRequest for keys that contradict each other, Unprocessable where a field can't be read."""
    given = normalise(fields.pairs)
    if fields.tree:
        given |= normalise(fields.tree)
    return decode(form, given)
