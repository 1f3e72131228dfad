"""Trying a password: at a login, and once more before what can't easily be undone, be it in a page or through an app.

Each try is counted before anything is checked, and given back where the password was right: what is limited is guessing.
How often anything is hashed for one block of addresses is limited besides. A hash made with other parameters than today's
is made anew as soon as somebody shows the password that belongs to it.
"""

from fedicert.base.errors import Forbidden, TooManyRequests
from fedicert.keys.passwords import is_outdated
from fedicert.model.oauth import PasswordLogin
from fedicert.operations import people, sessions
from fedicert.store.views.access import find_login
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.limits import address_block

WRONG = "That isn't the password of your account"
LONGEST = 4_096


async def try_password(call: Call, name: str, password: str) -> tuple[PasswordLogin | None, str]:
    """(the login that this name and this password open, None where they don't belong together; what was tried).

    Raises `TooManyRequests`. Whether the login may be used is the caller's to look at.
    """
    deps = call.deps
    block, window = address_block(call.address), 0
    if deps.limits.enabled:
        allowance = deps.limits.take("passwords", block)
        if allowance.exceeded:
            raise TooManyRequests("Too many logins from your network. Wait a while", allowance.retry_after)
    found = await deps.db.read(find_login, name)
    subject = sessions.subject_of(found.login if found else None, name)
    if deps.limits.enabled:
        window = await deps.db.write(sessions.count_login_try, subject, block)
    stored = found.password_hash if found else None
    if len(password) > LONGEST or not await deps.keys.check_password(stored, password) or found is None:
        return None, subject
    if deps.limits.enabled:
        await deps.db.write(sessions.give_back, subject, block, window)
    if is_outdated(found.password_hash):
        anew = await deps.keys.hash_password(password)
        await deps.db.write(people.renew_password_hash, found.login, found.password_hash, anew)
    return found, subject


async def check_own_password(call: Call, username: str, password: str | None) -> None:
    """Is this the password of somebody here? Counted as a login is. Raises `Forbidden`, `TooManyRequests`."""
    found, _ = await try_password(call, username, password or "")
    if found is None:
        raise Forbidden(WRONG)
