"""Relays: servers that pass public posts on to many. They are told what tiers list, and of others they are only believed
that a post is there: it is fetched from its own origin (law 5; federation §2).
"""

import msgspec

from fedicert.activitypub import build
from fedicert.base.clock import DAY
from fedicert.base.errors import Conflict, Duplicate, Forbidden, NotFound, Unprocessable
from fedicert.model.urls import Urls
from fedicert.operations import dispatch, erasing
from fedicert.operations.ledger import Party, record
from fedicert.store.tables import people, relays, seats, statuses
from fedicert.store.tables.relays import Relay
from fedicert.store.unit import Reader, Tx

RULE = "law 5: relays"
POSTS_KEPT = 30 * DAY


class RelayReport(msgspec.Struct, frozen=True, kw_only=True):
    """A relay. `state`: `pending` until it answers, `accepted`, or `removed`. `since`: ms."""

    actor: str
    style: str
    state: str
    since: int


async def add(tx: Tx, urls: Urls, by: int, actor: str, style: str, reason: str) -> RelayReport:
    """Ask a relay, which was met already, to let this server in. On the instance's ledger, with who and why.

    Raises Forbidden, Unprocessable, NotFound, Conflict.
    """
    await _admin(tx, by, reason)
    person = await people.by_uri(tx, actor)
    if person is None or person.local:
        raise NotFound(f"{actor} isn't an actor that this server met")
    instance = await people.instance(tx)
    seat = await seats.lock(tx, instance)
    assert seat is not None
    follow = urls.activity(tx.new_id())
    try:
        await tx.attempt(relays.insert, person.id, style, follow)
    except Duplicate:
        raise Conflict(f"{actor} is a relay of this server already") from None
    document = build.follow(follow, seat.uri, build.PUBLIC if style == "mastodon" else actor)
    await dispatch.answer(tx, instance, [person.id], document)
    await _record(tx, instance, by, person.uri, person.id, "relay_added", reason)
    return RelayReport(actor=actor, style=style, state="pending", since=tx.now)


async def remove(tx: Tx, urls: Urls, by: int, actor: str, reason: str) -> RelayReport:
    """End a subscription; what is taken back later still goes there. Raises Forbidden, Unprocessable, NotFound."""
    await _admin(tx, by, reason)
    found = next((one for one in await relays.every(tx) if one.actor == actor.strip()), None)
    if found is None:
        raise NotFound(f"{actor} is no relay of this server; `fedicert relay list` shows them")
    instance = await people.instance(tx)
    seat = await seats.lock(tx, instance)
    assert seat is not None
    await relays.remove(tx, found.account)
    asked = build.follow(found.follow, seat.uri, build.PUBLIC if found.style == "mastodon" else found.actor)
    await dispatch.answer(tx, instance, [found.account], build.undo(urls.activity(tx.new_id()), asked))
    await _record(tx, instance, by, found.actor, found.account, "relay_removed", reason)
    return msgspec.structs.replace(_report(found), state="removed")


async def all_of_them(reader: Reader) -> list[RelayReport]:
    """Every relay of this server."""
    return [_report(one) for one in await relays.every(reader)]


async def receive_accept(tx: Tx, relay: int, follow: str) -> bool:
    """A relay lets this server in; False where nobody asked it."""
    return await relays.accept(tx, relay, follow)


async def receive_reject(tx: Tx, relay: int, follow: str) -> bool:
    """A relay doesn't, or no longer; False where it is none of ours."""
    found = await relays.of_account(tx, relay)
    return found is not None and follow in ("", found.follow) and await relays.remove(tx, relay)


async def note_post(tx: Tx, status: int) -> None:
    """A post came because a relay spoke of it: it goes again when nobody here has to do with it."""
    await relays.note_post(tx, status)


async def sweep(tx: Tx, most: int) -> int:
    """Posts that came by relays and that nobody here touched within 30 days go; how many were looked at."""
    found = await relays.old_posts(tx, tx.now - POSTS_KEPT, most)
    for status, touched in found:
        post = None if touched else await statuses.by_id(tx, status)
        if post is not None and not post.local:
            await erasing.forget(tx, post)
            await statuses.count_for_author(tx, post.author, -1)
    await relays.forget_posts(tx, [status for status, _ in found])
    return len(found)


async def _admin(tx: Tx, by: int, reason: str) -> None:
    if not reason.strip():
        raise Unprocessable("say why: it stands on this server's ledger")
    seat = await seats.read(tx, by)
    if seat is None or seat.closed or seat.role not in ("owner", "admin"):
        raise Forbidden("only an owner or admin can say which relays this server has")


async def _record(tx: Tx, instance: int, by: int, actor: str, account: int, kind: str, reason: str) -> None:
    admin = await people.by_id(tx, by)
    assert admin is not None
    parties = {"by": Party(admin.uri, admin.id), "relay": Party(actor, account)}
    await record(tx, instance, kind, RULE, parties, {"why": reason.strip()})


def _report(found: Relay) -> RelayReport:
    return RelayReport(actor=found.actor, style=found.style, state=found.state, since=found.created_at)
