"""The line beyond what Mastodon's API says of it: swapping, how often that may be, the owner's own lock. Ours."""

from typing import Any

from fedicert.base.errors import NotFound
from fedicert.mastodon.admin_forms import LockForm, SwapForm
from fedicert.mastodon.dates import timestamp
from fedicert.operations import profile_changes, swapping, turnover
from fedicert.operations.profile_changes import ProfileChange
from fedicert.store.unit import Reader, Tx
from fedicert.store.views import own
from fedicert.web.plumbing.call import read_id
from fedicert.web.plumbing.endpoint import Call, endpoint


@endpoint("POST", "/api/fedicert/v1/swap", scope="write:follows", form=SwapForm)
async def swap(call: Call) -> dict[str, Any]:
    """Give the slot of `out`, who follows, to `in`, who waits: both or neither. How often it may be done still."""
    form: SwapForm = call.form
    out, in_ = read_id(form.out), read_id(form.in_)

    async def act(tx: Tx, owner: int) -> dict[str, Any]:
        await swapping.swap(tx, call.deps.urls, owner, out, in_)
        return await _turnover(tx, owner)

    return await call.write(act)


@endpoint("GET", "/api/fedicert/v1/turnover", scope="read:follows")
async def show_turnover(call: Call) -> dict[str, Any]:
    """How often slots that the owner freed may be filled again in 30 days; `limit` null where there is no cap, `along`:
    of what is used, what came along with slots of another account of one's own."""
    return await call.read(_turnover)


@endpoint("GET", "/api/fedicert/v1/lock", scope="read:accounts")
async def show_lock(call: Call) -> dict[str, bool]:
    """`locked`: the owner's own setting. `holds`: newcomers are held, whatever it says."""
    return await call.read(_lock)


@endpoint("PUT", "/api/fedicert/v1/lock", scope="write:accounts", form=LockForm)
async def lock(call: Call) -> dict[str, bool]:
    """Set the owner's own lock exactly, also while newcomers are held."""
    form: LockForm = call.form

    async def act(tx: Tx, owner: int) -> dict[str, bool]:
        await profile_changes.update_profile(tx, call.deps.urls, owner, ProfileChange(locked=form.locked))
        return await _lock(tx, owner)

    return await call.write(act)


async def _turnover(reader: Reader, owner: int) -> dict[str, Any]:
    found = await turnover.state(reader, owner)
    return {
        "limit": found.limit or None,
        "used": found.used,
        "left": found.left if found.limit else None,
        "along": found.along,
        "frees_at": None if found.frees_at is None else timestamp(found.frees_at),
    }


async def _lock(reader: Reader, owner: int) -> dict[str, bool]:
    found = await own.lock(reader, owner)
    if found is None:
        raise NotFound
    return {"locked": found.locked, "holds": found.holds}
