"""A moderator's mark: a post is outside the scope of its author's licence, from then on (law 6).

Its permit comes off wherever it was ever sent, and the lowest rung's limits hold for it. Three marks within 90 days that
stand suspend the author's rung; it is given back when fewer stand, because one was undone, or by time alone.
"""

import msgspec

from fedicert.activitypub import build
from fedicert.base.errors import Conflict, Forbidden, NotFound, Unprocessable
from fedicert.model.permits import Scope
from fedicert.model.urls import Urls
from fedicert.operations import dispatch, edits, jobs, permits, profiles, rungs, scope, staff, telling
from fedicert.operations.ledger import Party, record
from fedicert.operations.permits import Sign
from fedicert.operations.scope import Bounds
from fedicert.reach.scope import MARKS_SUSPEND, MARKS_WITHIN, suspends
from fedicert.store.tables import people, scopes, seats, statuses
from fedicert.store.tables.people import Person
from fedicert.store.tables.scopes import Mark
from fedicert.store.tables.seats import Seat
from fedicert.store.tables.statuses import Post
from fedicert.store.unit import Reader, Tx

RULE = "law 6: moderator's mark"
STAFF = ("owner", "admin", "moderator")
NOT_STAFF = "only a moderator, admin or owner of this server can do that"
SHOWN = 50
LONGEST_REASON = 1_000


class MarkReport(msgspec.Struct, frozen=True, kw_only=True):
    """A mark and what came of it. `standing`: marks on this author's posts that stand and count, within 90 days.

    Times in ms."""

    status: int
    post: str
    account: str
    by: str
    reason: str
    at: int
    undone_at: int | None
    standing: int
    suspended: bool


async def mark(tx: Tx, urls: Urls, by: int, status: int, reason: str) -> MarkReport:
    """Put the mark on a post. Raises Forbidden, NotFound, Conflict, Unprocessable with a sentence."""
    moderator = await _moderator(tx, by, reason)
    post, seat = await _post(tx, status)
    await staff.not_their_own(tx, by, post.author)
    if post.row.scope:
        raise Conflict("this post is outside its author's licence already")
    if not post.counts:
        raise Unprocessable("posts for a few are private, and under no licence")
    if seat.limits.tier == (await scope.lowest(tx)).tier:
        raise Unprocessable("its author stands on the lowest rung, whose limits hold for it already")
    outside = msgspec.structs.replace(await scope.bounds(tx, seat, off_duty=True), scope="marked")
    told = Mark(
        id=0,
        status=post.id,
        account=post.author,
        by_account=by,
        reason=reason.strip(),
        was_visible=post.row.visibility,
        was_listed=post.listed,
        at=tx.now,
    )
    await scopes.mark(tx, told)
    await edits.leave_scope(tx, urls, seat, outside, post)
    await _record(tx, seat, Party(moderator.uri, moderator.id), post, "post_marked", reason)
    await look(tx, urls, post.author)
    await telling.tell(
        tx,
        post.author,
        "post_marked",
        once=f"marked:{post.id}:{tx.now}",
        values={"post": post.row.url, "reason": reason.strip(), "most": MARKS_SUSPEND},
    )
    return await _report(tx, told)


async def unmark(tx: Tx, urls: Urls, by: int, status: int, reason: str) -> MarkReport:
    """Undo a mark, on one's own thought or after an appeal: the post is what it was, and a permit is put on anew.

    Raises Forbidden, NotFound, Unprocessable.
    """
    moderator = await _moderator(tx, by, reason)
    found = await scopes.standing(tx, status)
    if found is None:
        raise NotFound("no mark stands on this post")
    await staff.not_their_own(tx, by, found.account)
    await _undo(tx, urls, found, Party(moderator.uri, moderator.id), reason)
    return await _report(tx, msgspec.structs.replace(found, undone_at=tx.now))


async def overturn(tx: Tx, urls: Urls, by: Party, status: int, until: int, reason: str) -> bool:
    """The same as the outcome of an appeal, judged already, against a mark put on up to a moment (ms). False: none is."""
    found = await scopes.standing(tx, status)
    if found is None or found.at > until:
        return False
    await _undo(tx, urls, found, by, reason)
    return True


async def excuse(tx: Tx, urls: Urls, account: int, until: int) -> bool:
    """As the outcome of an appeal against the suspension of a rung: the marks up to a moment (ms) stay on their posts, and
    suspend nothing any more. False where the rung isn't suspended, or is by later marks alone."""
    if await scopes.suspended_since(tx, account) is None:
        return False
    await scopes.excuse(tx, account, until)
    await look(tx, urls, account)
    return await scopes.suspended_since(tx, account) is None


async def _undo(tx: Tx, urls: Urls, found: Mark, by: Party, reason: str) -> None:
    seat = await seats.lock(tx, found.account)
    await scopes.undo(tx, found.id, by.account or 0)
    post = await statuses.by_id(tx, found.status)
    if post is not None and seat is not None and post.row.scope == "marked":
        within: Scope = ""
        await statuses.set_scope(tx, post.id, within, found.was_visible, found.was_listed, kept_only=False)
        await jobs.enqueue(tx, "put_permit_on", {"status": post.id}, key=str(post.id))
        tx.signal("status_edited", post.id)
    if seat is not None:
        await _record(tx, seat, by, post, "mark_undone", reason)
        await look(tx, urls, found.account)


async def put_permit_on(tx: Tx, urls: Urls, status: int, sign: Sign) -> None:
    """A post is within its author's licence again: it says so, to the present audience and those it names."""
    post = await statuses.by_id(tx, status)
    if post is None or not post.author_local or post.row.scope or post.row.permit is not None:
        return
    seat = await seats.lock(tx, post.author)
    if seat is None or seat.closed:
        return
    moment = max(tx.now, (post.row.edited_at or post.row.created_at) + 1)
    row = msgspec.structs.replace(post.row, edited_at=moment)
    within = Bounds("", seat.limits)
    note_as = edits.note_of(urls, seat, post, row, tx.now)
    stated = await permits.state(tx, urls, seat, within, row, note_as, sign)
    if stated is None:
        return
    await permits.keep(tx, status, seat.account, stated)
    await statuses.set_permit(tx, status, stated.permit, moment)
    await dispatch.spread(
        tx,
        seat.account,
        permits.telling(build.update_note(urls.activity(tx.new_id()), stated.document), stated, tx.now, sign),
        act="edit",
        thing=status,
        visibility=row.visibility,
        standing=within.standing,
        through=seat.admitted_seq,
        addressees=[mention.id for mention in row.mentions],
        admitted=seat.counts.admitted,
    )


async def look(tx: Tx, urls: Urls, account: int) -> None:
    """Is the account's rung suspended, by the marks that stand now? Asked again when the clock alone would change it."""
    seat = await seats.lock(tx, account)
    if seat is None:
        return
    marks = await scopes.of_account(tx, account, tx.now - MARKS_WITHIN)
    until = suspends([one.at for one in marks], tx.now)
    since = await scopes.suspended_since(tx, account)
    if until is not None:
        await jobs.enqueue(tx, "look_at_marks", {"account": account}, key=str(account), due=until)
    if (until is None) == (since is None):
        return
    body = {"marks": len(marks), "days": 90}
    parties = {"account": Party(seat.uri, account)}
    if until is not None:
        await scopes.suspend(tx, account)
        await record(tx, account, "rung_suspended", RULE, parties, {**body, "until": until})
        await rungs.stand(tx, account, "marks", parties, body, RULE)
        await profiles.tell_profile(tx, urls, account, ends=True)
    else:
        await scopes.restore(tx, account)
        await record(tx, account, "rung_restored", RULE, parties, body)
        await rungs.stand(tx, account, "marks_over", parties, body, RULE)
        await profiles.tell_profile(tx, urls, account)


async def latest(reader: Reader) -> list[MarkReport]:
    """The latest marks, undone ones too."""
    return [await _report(reader, one) for one in await scopes.latest(reader, SHOWN)]


async def latest_for(reader: Reader, account: int) -> list[MarkReport]:
    """The same for one of the staff. Raises Forbidden for anybody else."""
    seat = await seats.read(reader, account)
    if seat is None or seat.closed or seat.role not in STAFF:
        raise Forbidden(NOT_STAFF)
    return await latest(reader)


async def find(reader: Reader, named: str) -> int:
    """A post here by its id, its address or its page's. Raises NotFound."""
    text = named.strip()
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    post = await statuses.by_uri(reader, text) if "://" in text else None
    tail = text.rpartition("/")[2]
    if post is None and "://" in text and tail.isascii() and tail.isdigit() and len(tail) < 19:
        post = await statuses.by_id(reader, int(tail))
        post = post if post is not None and text in (post.row.url, post.row.uri) else None
    if post is None:
        raise NotFound(f"there is no post {named} here")
    return post.id


async def _moderator(tx: Tx, by: int, reason: str) -> Person:
    if not reason.strip():
        raise Unprocessable("say why: the author is told, and it stands on the ledger")
    if len(reason) > LONGEST_REASON:
        raise Unprocessable(f"a reason has at most {LONGEST_REASON} characters")
    person, seat = await people.by_id(tx, by), await seats.read(tx, by)
    if person is None or seat is None or seat.closed or seat.role not in STAFF:
        raise Forbidden(NOT_STAFF)
    return person


async def _post(tx: Tx, status: int) -> tuple[Post, Seat]:
    post = await statuses.by_id(tx, status)
    if post is None or not post.author_local or post.row.reblog_of_id is not None:
        raise NotFound("there is no such post by somebody here")
    seat = await seats.lock(tx, post.author)
    if seat is None:
        raise NotFound("there is no such post by somebody here")
    return post, seat


async def _record(tx: Tx, seat: Seat, by: Party, post: Post | None, kind: str, reason: str) -> None:
    parties = {"account": Party(seat.uri, seat.account), "by": by}
    if post is not None:
        parties["post"] = Party(post.row.uri, seat.account)
    await record(tx, seat.account, kind, RULE, parties, {"why": reason.strip()})


async def _report(reader: Reader, found: Mark) -> MarkReport:
    post = await statuses.by_id(reader, found.status)
    author, by = await people.by_id(reader, found.account), await people.by_id(reader, found.by_account)
    marks = await scopes.of_account(reader, found.account, reader.now - MARKS_WITHIN)
    return MarkReport(
        status=found.status,
        post="" if post is None else post.row.url,
        account="" if author is None else author.username,
        by="" if by is None else by.username,
        reason=found.reason,
        at=found.at,
        undone_at=found.undone_at,
        standing=len(marks),
        suspended=await scopes.suspended_since(reader, found.account) is not None,
    )
