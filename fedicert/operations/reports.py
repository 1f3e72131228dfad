"""Reports, from here and from elsewhere (Flag): kept, passed on where the reporter wants that, acted on by moderators.

What is passed on goes to the reported account's server in the instance's name: who reports isn't told. It is counted on the
reporter's account, under the rates of what answers single actors (law 2).
"""

from collections.abc import Sequence

import msgspec

from fedicert.activitypub import build
from fedicert.base.errors import Forbidden, NotFound, Unprocessable
from fedicert.mastodon.paging import Page
from fedicert.model.notifications import ABOUT_REPORT
from fedicert.model.reports import Category, ReportRow, ReportView
from fedicert.model.urls import Urls
from fedicert.operations import addressing, bars, dispatch, ledger, notices, offices, staff
from fedicert.operations.ledger import Party
from fedicert.operations.writing import open_seat
from fedicert.reach.strangers import Refusal
from fedicert.store.tables import domain_blocks, local_people, people, reports, seats, statuses
from fedicert.store.tables import staff as officers
from fedicert.store.tables.statuses import Post
from fedicert.store.unit import Reader, Tx
from fedicert.store.views import reports as views
from fedicert.text import compose

MAX_COMMENT, MAX_COMMENT_ELSEWHERE = 1_000, 5_000
OWN_CASE = "This report is about you. Nobody decides their own case: it is for others of the staff"
MOST_POSTS = 100


class Complaint(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody here reports. `rules`: ids of rules of the house; `forward`: to the account's own server."""

    target: int
    statuses: Sequence[int] = ()
    comment: str = ""
    category: Category | None = None
    rules: Sequence[str] = ()
    forward: bool = False


async def file(tx: Tx, urls: Urls, account: int, complaint: Complaint) -> ReportRow | Refusal:
    """Somebody here reports an account, with posts of it that they may see. Raises `NotFound`, `Unprocessable`."""
    seat = await open_seat(tx, account)
    target = await people.by_id(tx, complaint.target)
    if target is None or target.id == account or target.uri == urls.instance_actor:
        raise NotFound
    comment = compose.plain(complaint.comment)
    if len(comment) > MAX_COMMENT:
        raise Unprocessable(f"Validation failed: Comment is too long (maximum is {MAX_COMMENT} characters)")
    found: list[Post] = []
    for identifier in dict.fromkeys(complaint.statuses):
        post = await statuses.visible(tx, identifier, account)
        if post is None or post.author != target.id or len(found) >= MOST_POSTS:
            raise NotFound
        found.append(post)
    forward = complaint.forward and not target.local
    if forward:
        refusal = await addressing.too_often(tx, seat, "Flag")
        if refusal is not None:
            return refusal
    row = ReportRow(
        id=tx.new_id(),
        reporter=account,
        target=target.id,
        statuses=tuple(post.id for post in found),
        rules=tuple(complaint.rules) if complaint.category in (None, "violation") else (),
        category=complaint.category or ("violation" if complaint.rules else "other"),
        comment=comment,
        forwarded=forward,
        created_at=tx.now,
        updated_at=tx.now,
    )
    await reports.insert(tx, row)
    await _tell_moderators(tx, row)
    if forward:
        things = [target.uri, *(post.row.uri for post in found)]
        document = build.flag(urls.activity(tx.new_id()), urls.instance_actor, things, comment)
        await dispatch.answer(tx, await people.instance(tx), [target.id], document, author=account)
    return row


async def receive(tx: Tx, reporter: int, uri: str, things: Sequence[str], comment: str) -> bool:
    """A report from elsewhere about somebody here, and posts of theirs. False where it is about nobody here.

    While one is open, what the same reporter says about the same account is added to it.
    """
    if await reports.known(tx, uri) or await _unheard(tx, reporter):
        return True
    posts = [post for post in [await statuses.by_uri(tx, thing) for thing in things[:MOST_POSTS]] if post is not None]
    named = [person for person in await people.by_uris(tx, list(things)) if person.local]
    targets = [person.id for person in named] or [post.author for post in posts if post.author_local]
    if not targets:
        return False
    target = targets[0]
    mentioned = [post.id for post in posts if post.author == target]
    comment = compose.plain(comment)[:MAX_COMMENT_ELSEWHERE]
    before = await reports.open_between(tx, reporter, target)
    if before is not None:
        seen = tuple(dict.fromkeys([*before.statuses, *mentioned]))[:MOST_POSTS]
        await reports.put(
            tx, msgspec.structs.replace(before, statuses=seen, comment=comment or before.comment, uri=uri)
        )
        return True
    row = ReportRow(
        id=tx.new_id(), reporter=reporter, target=target, statuses=tuple(mentioned), comment=comment, uri=uri
    )
    await reports.insert(tx, row)
    await _tell_moderators(tx, row)
    return True


async def several(
    reader: Reader, by: int, part: Page, resolved: bool, reporter: int | None, target: int | None
) -> list[ReportView]:
    """A part of the list for moderators, newest first; without those about the reader while somebody else looks at them."""
    await offices.of(reader, by, offices.MODERATORS)
    return await views.several(reader, by, part, resolved, reporter, target, await _not_for(reader, by))


async def one(reader: Reader, by: int, identifier: int) -> ReportView:
    """One, for moderators. Raises `NotFound`, `Forbidden`, also to whom it is about while somebody else looks at it."""
    await offices.of(reader, by, offices.MODERATORS)
    found = await views.one(reader, by, identifier)
    if found.report.target in await _not_for(reader, by):
        raise Forbidden(OWN_CASE)
    return found


async def update(tx: Tx, by: int, identifier: int, category: Category | None, rules: Sequence[str] | None) -> int:
    """A moderator files it otherwise."""
    row, _ = await _taken_up(tx, by, identifier)
    changed = msgspec.structs.replace(
        row, category=category or row.category, rules=row.rules if rules is None else tuple(rules)
    )
    await reports.put(tx, changed)
    return identifier


async def assign(tx: Tx, by: int, identifier: int) -> int:
    """A moderator takes it on."""
    row, _ = await _taken_up(tx, by, identifier)
    await reports.put(tx, msgspec.structs.replace(row, assigned=by))
    return identifier


async def unassign(tx: Tx, by: int, identifier: int) -> int:
    """It is nobody's task any more."""
    row, _ = await _taken_up(tx, by, identifier)
    await reports.put(tx, msgspec.structs.replace(row, assigned=None))
    return identifier


async def resolve(tx: Tx, by: int, identifier: int) -> int:
    """It is dealt with. Nobody decides their own case while there is somebody else. On the ledger of the instance."""
    row, alone = await _taken_up(tx, by, identifier)
    if row.acted_at is None:
        await reports.put(tx, msgspec.structs.replace(row, acted_by=by, acted_at=tx.now))
        await _record(tx, "report_resolved", by, row, alone)
    return identifier


async def reopen(tx: Tx, by: int, identifier: int) -> int:
    """It isn't dealt with after all."""
    row, alone = await _taken_up(tx, by, identifier)
    if row.acted_at is not None:
        await reports.put(tx, msgspec.structs.replace(row, acted_by=None, acted_at=None))
        await _record(tx, "report_reopened", by, row, alone)
    return identifier


async def _taken_up(tx: Tx, by: int, identifier: int) -> tuple[ReportRow, bool]:
    """A report in the hands of a moderator, and whether it is about themselves: there is nobody else to look at it, which
    the ledger then says. Raises `NotFound`, `Forbidden`."""
    await offices.of(tx, by, offices.MODERATORS)
    row = await reports.hold(tx, identifier)
    if row is None:
        raise NotFound
    if row.target in await _not_for(tx, by):
        raise Forbidden(OWN_CASE)
    return row, row.target in await officers.of_one_person(tx, by)


async def _not_for(reader: Reader, by: int) -> list[int]:
    """The accounts reports about which somebody of the staff doesn't read: their own. None where nobody else could."""
    reading = await staff.somebody(reader, by)
    others = [await staff.somebody(reader, one) for one in await local_people.staff(reader, offices.MODERATORS)]
    if all(one.same_person(reading) for one in others):
        return []
    return await officers.of_one_person(reader, by)


async def _unheard(tx: Tx, reporter: int) -> bool:
    """Are reports of this server taken from nobody, by a moderator's word?"""
    person = await people.by_id(tx, reporter)
    if person is None:
        return True
    deaf = {block.domain for block in await domain_blocks.every(tx) if block.reject_reports}
    return bool(deaf & set(bars.names(person.uri, person.domain)))


async def _tell_moderators(tx: Tx, row: ReportRow) -> None:
    about = await officers.by_id(tx, row.target)
    for moderator in await local_people.staff(tx, offices.MODERATORS):
        told = await officers.by_id(tx, moderator)
        if about is None or told is None or not told.same_person(about):
            await notices.notify(tx, moderator, ABOUT_REPORT, row.reporter, row.id)


async def _record(tx: Tx, kind: str, by: int, row: ReportRow, alone: bool) -> None:
    target = await people.by_id(tx, row.target)
    instance = await people.instance(tx)
    await seats.lock(tx, instance)
    parties = {"by": staff.party(await staff.somebody(tx, by))}
    if target is not None:
        parties["about"] = Party(target.uri, target.id)
    told = {"category": row.category, "alone": int(alone)}
    await ledger.record(tx, instance, kind, "people who decide", parties, told)
