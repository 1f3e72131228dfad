"""`expires_in`, of which clients tell three things: so many seconds, never ('' or null), or nothing (it stays)."""

from fedicert.base.errors import Unprocessable
from fedicert.web.plumbing.endpoint import Call

NEVER = 0
_FIELD = "expires_in"


async def asked_expiry(call: Call) -> int | None:
    """Seconds; 0 for never; None where nothing was said. Raises `Unprocessable`."""
    fields = await call.fields()
    if _FIELD in fields.tree:
        given = fields.tree[_FIELD]
    else:
        said = [value for name, value in fields.pairs if name == _FIELD]
        if not said:
            return None
        given = said[-1]
    if given is None or given == "":
        return NEVER
    text = str(given)
    if isinstance(given, bool) or not (text.isascii() and text.isdigit() and len(text) <= 12):
        await call.identify()
        raise Unprocessable(
            "Validation failed: Expires in must be a whole number",
            {_FIELD: [("ERR_INVALID", "must be a whole number")]},
        )
    return int(text)
