"""Importing lists, for programs: bring a file, see what came of it, try the rest again. An addition of ours."""

import msgspec

from fedicert.base.errors import Unprocessable
from fedicert.mastodon import csv_files
from fedicert.mastodon.csv_files import Line
from fedicert.mastodon.dates import timestamp
from fedicert.operations import imports
from fedicert.operations.imports import Import
from fedicert.store.unit import Reader, Tx
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint
from fedicert.web.plumbing.uploads import MOST_BODY, file_of


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """An import and how far it is. `over`: beyond what one's tier allows; `failed`: couldn't be done."""

    id: str
    type: str
    state: str
    created_at: str
    waiting: int
    done: int
    over: int
    failed: int


class Left(msgspec.Struct, frozen=True):
    """A line that didn't come in, and why."""

    line: Line
    reason: str


@endpoint("GET", "/api/fedicert/v1/imports", scope="read:accounts", hop=True)
async def several(call: Call) -> Answer:
    """The latest, newest first."""

    async def view(reader: Reader, account: int) -> list[Import]:
        return await imports.all_of(reader, account)

    return Answer([_shown(one) for one in await call.read(view)])


@endpoint("POST", "/api/fedicert/v1/imports", scope="write:accounts", limit="media", most=MOST_BODY)
async def begin(call: Call) -> Answer:
    """Bring a file. `type`: following, blocks, mutes, domain_blocks, lists or bookmarks; `data`: the CSV file."""
    await call.identify()
    fields = await call.fields()
    kind = csv_files.read_kind(fields.text("type") or "")
    data = await file_of(fields, "data")
    if data is None:
        raise Unprocessable("Validation failed: Data can't be blank", {"data": [("ERR_BLANK", "can't be blank")]})
    lines = csv_files.read(kind, data)

    async def act(tx: Tx, account: int) -> Import:
        return await imports.own(tx, account, await imports.begin(tx, account, kind, lines))

    return Answer(_shown(await call.write(act)))


@endpoint("GET", "/api/fedicert/v1/imports/{id}", scope="read:accounts", hop=True)
async def one(call: Call) -> Answer:
    """How far it is."""
    return Answer(_shown(await call.read(imports_own, call.id())))


@endpoint("GET", "/api/fedicert/v1/imports/{id}/left", scope="read:accounts", hop=True)
async def left(call: Call) -> Answer:
    """What didn't come in, and why."""
    identifier = call.id()

    async def view(reader: Reader, account: int) -> list[Left]:
        _, found = await imports.left(reader, account, identifier)
        return [Left(line, reason) for line, reason in found]

    return Answer(await call.read(view))


@endpoint("POST", "/api/fedicert/v1/imports/{id}/again", scope="write:accounts", hop=True)
async def again(call: Call) -> Answer:
    """Try that once more."""
    identifier = call.id()

    async def act(tx: Tx, account: int) -> Import:
        await imports.again(tx, account, identifier)
        return await imports.own(tx, account, identifier)

    return Answer(_shown(await call.write(act)))


async def imports_own(reader: Reader, account: int, identifier: int) -> Import:
    """One of one's own."""
    return await imports.own(reader, account, identifier)


def _shown(found: Import) -> Imported:
    return Imported(
        id=str(found.id),
        type=found.kind,
        state=found.state,
        created_at=timestamp(found.created_at),
        waiting=found.waiting,
        done=found.done,
        over=found.over,
        failed=found.failed,
    )
