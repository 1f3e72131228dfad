"""What can't easily be undone asks for the password once more, be it in a page or through an app."""

from fedicert.base.errors import Forbidden
from fedicert.operations import sessions
from fedicert.store.views.access import find_login
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.limits import address_block

WRONG = "That isn't the password of your account"
LONGEST = 4_096


async def check_own_password(call: Call, username: str, password: str | None) -> None:
    """Is this the password of somebody here? Counted as a login is. Raises `Forbidden`, `TooManyRequests`."""
    found = await call.deps.db.read(find_login, username)
    if call.deps.limits.enabled:
        subject = sessions.subject_of(found.login if found else None, username)
        await call.deps.db.write(sessions.count_login_try, subject, address_block(call.address))
    given = password or ""
    stored = found.password_hash if found else None
    if len(given) > LONGEST or not await call.deps.keys.check_password(stored, given):
        raise Forbidden(WRONG)
