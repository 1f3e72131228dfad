"""Moderators' marks on posts, for staff's own tools; whose role allows it is the operation's to say. Ours."""

from typing import Any

import msgspec

from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.forms import ReasonForm
from fedicert.operations import marking
from fedicert.operations.marking import MarkReport
from fedicert.store.unit import Reader
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("POST", "/api/fedicert/v1/admin/statuses/{id}/mark", scope="admin:write", form=ReasonForm, hop=True)
async def mark(call: Call) -> Answer:
    """Say that a post is outside the scope of its author's licence."""
    return Answer(_entity(await call.write(_mark, call)))


@endpoint("POST", "/api/fedicert/v1/admin/statuses/{id}/unmark", scope="admin:write", form=ReasonForm, hop=True)
async def unmark(call: Call) -> Answer:
    """Say it no longer."""
    return Answer(_entity(await call.write(_unmark, call)))


@endpoint("GET", "/api/fedicert/v1/admin/marks", scope="admin:read", hop=True)
async def latest(call: Call) -> Answer:
    """The latest marks, undone ones too."""
    return Answer([_entity(one) for one in await call.read(_latest)])


async def _mark(tx: Any, account: int, call: Call) -> MarkReport:
    return await marking.mark(tx, call.deps.urls, account, call.id(), call.form.reason)


async def _unmark(tx: Any, account: int, call: Call) -> MarkReport:
    return await marking.unmark(tx, call.deps.urls, account, call.id(), call.form.reason)


async def _latest(reader: Reader, account: int) -> list[MarkReport]:
    return await marking.latest_for(reader, account)


def _entity(found: MarkReport) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(found)
    return shown | {
        "status": str(found.status),
        "at": timestamp(found.at),
        "undone_at": None if found.undone_at is None else timestamp(found.undone_at),
    }
