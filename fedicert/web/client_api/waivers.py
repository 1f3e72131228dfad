"""Waivers of limits: asked for by whom they concern, given by somebody else. Additions of ours."""

from collections.abc import Sequence
from typing import Any

from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.people_forms import ReasonForm, WaiverForm
from fedicert.operations import people, waivers
from fedicert.operations.waivers import Waiver
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/fedicert/v1/waivers", scope="read:accounts", hop=True)
async def mine(call: Call) -> Answer:
    """Those of one's account, newest first."""
    part = call.page(20, 80)
    return _page(call, await call.read(waivers.of_account, part.max_id, part.limit), part.limit)


@endpoint("POST", "/api/fedicert/v1/waivers", scope="write:accounts", form=WaiverForm)
async def ask(call: Call) -> Answer:
    """Ask for one."""
    form: WaiverForm = call.form

    async def act(tx: Any, account: int) -> Waiver:
        return await waivers.ask(tx, account, form.limits, form.days, form.reason, account)

    return Answer(_waiver(await call.write(act)))


@endpoint("POST", "/api/fedicert/v1/waivers/{id}/end", scope="write:accounts", form=ReasonForm)
async def give_back(call: Call) -> Answer:
    """Give one's own back before its time."""
    return Answer(_waiver(await call.write_this(waivers.give_back, call.form.reason)))


@endpoint("GET", "/api/fedicert/v1/waivers/public")
async def given_alone(call: Call) -> Answer:
    """Those that somebody gave because the server had nobody else: for everybody to read."""
    part = call.page(20, 80)
    return _page(call, await call.deps.db.read(waivers.given_alone, part.max_id, part.limit), part.limit)


@endpoint("GET", "/api/fedicert/v1/admin/waivers", scope="admin:read", hop=True)
async def all_of_them(call: Call) -> Answer:
    """All, newest first."""
    part = call.page(20, 80)
    return _page(call, await call.read(waivers.all_of_them, part.max_id, part.limit), part.limit)


@endpoint("POST", "/api/fedicert/v1/admin/waivers", scope="admin:write", form=WaiverForm)
async def ask_for(call: Call) -> Answer:
    """Ask for one for somebody else."""
    form: WaiverForm = call.form

    async def act(tx: Any, account: int) -> Waiver:
        concerned = await people.find(tx, form.account)
        return await waivers.ask(tx, concerned.id, form.limits, form.days, form.reason, account)

    return Answer(_waiver(await call.write(act)))


@endpoint("POST", "/api/fedicert/v1/admin/waivers/{id}/give", scope="admin:write", hop=True)
async def give(call: Call) -> Answer:
    """Give it: neither whom it concerns nor who asked, while there is somebody else."""
    return Answer(_waiver(await call.write_this(waivers.give)))


@endpoint("POST", "/api/fedicert/v1/admin/waivers/{id}/refuse", scope="admin:write", form=ReasonForm)
async def refuse(call: Call) -> Answer:
    """Refuse it, with a reason."""
    return Answer(_waiver(await call.write_this(waivers.refuse, call.form.reason)))


@endpoint("POST", "/api/fedicert/v1/admin/waivers/{id}/end", scope="admin:write", form=ReasonForm)
async def end(call: Call) -> Answer:
    """End it before its time, with a reason."""
    return Answer(_waiver(await call.write_this(waivers.end, call.form.reason)))


def _page(call: Call, found: Sequence[Waiver], limit: int) -> Answer:
    link = call.link(found[-1].id, found[0].id, len(found) == limit) if found else ""
    return Answer([_waiver(one) for one in found], link=link)


def _waiver(one: Waiver) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "account": {"id": str(one.account), "username": one.username},
        "state": one.state,
        "limits": one.limits,
        "days": one.days,
        "reason": one.reason,
        "asked_by": one.asked_name,
        "asked_at": timestamp(one.asked_at),
        "decided_by": one.decided_name or None,
        "until": None if one.until is None else timestamp(one.until),
        "alone": one.alone,
        "ended_at": None if one.ended_at is None else timestamp(one.ended_at),
        "ended_why": one.ended_why or None,
    }
