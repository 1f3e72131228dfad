"""Taking everything out, for programs: ask for an archive, see whether it is made, get it. An addition of ours."""

import msgspec
from starlette.responses import Response

from fedicert.mastodon.dates import timestamp
from fedicert.operations import archives
from fedicert.operations.archives import Archive
from fedicert.store.archive_files import new_archive_name
from fedicert.store.unit import Reader, Tx
from fedicert.store.views import moves as views
from fedicert.web.plumbing.downloads import archive_answer
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """An archive. `state`: asked, ready, failed or gone; `url`: where it can be had with the same token, once ready."""

    id: str
    state: str
    asked_at: str
    ready_at: str | None
    bytes: int
    url: str | None


@endpoint("GET", "/api/fedicert/v1/exports", scope="read:accounts", hop=True)
async def several(call: Call) -> Answer:
    """The latest, newest first."""

    async def view(reader: Reader, account: int) -> list[Archive]:
        return await archives.all_of(reader, account)

    return Answer([_shown(call, one) for one in await call.read(view)])


@endpoint("POST", "/api/fedicert/v1/exports", scope="write:accounts", hop=True)
async def ask(call: Call) -> Answer:
    """Ask for one. It takes a while; one is told when it is ready."""
    name = new_archive_name(call.deps.entropy)

    async def act(tx: Tx, account: int) -> Archive:
        return await archives.own(tx, account, await archives.ask(tx, account, name))

    return Answer(_shown(call, await call.write(act)))


@endpoint("GET", "/api/fedicert/v1/exports/{id}", scope="read:accounts", hop=True)
async def one(call: Call) -> Answer:
    """Whether it is made."""
    return Answer(_shown(call, await call.read(_own, call.id())))


@endpoint("GET", "/api/fedicert/v1/exports/{id}/archive", scope="read")
async def archive(call: Call) -> Response:
    """The file: everything, so for a token that may read everything."""
    found = await call.read(_own, call.id())
    _, name = await call.deps.db.read(views.uri_of, call.actor)
    return await archive_answer(call, found, name)


async def _own(reader: Reader, account: int, identifier: int) -> Archive:
    return await archives.own(reader, account, identifier)


def _shown(call: Call, found: Archive) -> Export:
    url = f"{call.deps.config.base}/api/fedicert/v1/exports/{found.id}/archive"
    return Export(
        id=str(found.id),
        state=found.state,
        asked_at=timestamp(found.asked_at),
        ready_at=None if found.ready_at is None else timestamp(found.ready_at),
        bytes=found.bytes,
        url=url if found.state == "ready" else None,
    )
