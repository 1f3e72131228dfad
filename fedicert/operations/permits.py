"""The permit on the work (law 6): posts of a licensed actor name the licence and carry a proof by the actor's own key.

It is made in the unit of work of the post, and kept as it was signed, so that whoever fetches the post later gets the same.
A licence that ends leaves it standing, for the licence was in force then; one that is withdrawn takes it off.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import orjson

from fedicert.activitypub import build
from fedicert.activitypub.types import Document, Note
from fedicert.attestations import claims
from fedicert.attestations import permits as judging
from fedicert.base.clock import HOUR
from fedicert.model.permits import PermitRow
from fedicert.model.standing import Boosts
from fedicert.model.statuses import StatusRow
from fedicert.model.urls import Urls
from fedicert.operations import dispatch, jobs
from fedicert.operations.scope import Bounds
from fedicert.proofs import object_proofs
from fedicert.reach.limits import standing_of
from fedicert.reach.scope import carries_permit
from fedicert.store.tables import licences, permits, seats, sessions, statuses
from fedicert.store.tables.permits import Grounds
from fedicert.store.tables.seats import Seat
from fedicert.store.tables.statuses import Post
from fedicert.store.unit import Tx
from fedicert.text.licences import trusted
from fedicert.text.permits import permit_line

Sign = Callable[[int, bytes, bytes], bytes]
"""`keys.pen.Pen`: (row id of a key, the key as it is sealed, what is to be signed) → signature."""

AT_ONCE = 50
MOST_BYTES = 64 << 10
LONGEST_LINK = 1_000


NoteAs = Callable[[Boosts], Document]
"""A post as a document, as of a rung whose posts these may boost and quote."""


class Stated(msgspec.Struct, frozen=True):
    """A post under a licence: the signed document as it holds now, and as it holds on a rung that lets anyone boost
    (`anyone`) or the audience alone (`audience`); what is shown of its permit, the licence's row, and what signed it."""

    document: Document
    anyone: Document
    audience: Document
    permit: PermitRow
    licence: int
    grounds: Grounds


async def state(
    tx: Tx, urls: Urls, seat: Seat, bounds: Bounds, row: StatusRow, note_as: NoteAs, sign: Sign | None
) -> Stated | None:
    """Put a post under its author's licence; None where it carries no permit. The caller holds the author's lock.

    It is signed for either answer to who may boost it: the rung may change when no licence can sign any more (law 4).

    Raises `RuntimeError` where it has to carry one and nobody can sign: such a post never goes out without.
    """
    if not carries_permit(row.visibility, bounds.scope):
        return None
    grounds = await permits.grounds(tx, seat.account)
    if grounds is None:
        return None
    licence = await licences.numbered(tx, seat.account, grounds.number)
    shown = None if licence is None else claims.shown(licence)
    if licence is None or licence.said is None or shown is None or not trusted(shown):
        return None
    if not licence.said.valid_from <= tx.now <= (licence.said.valid_until or tx.now):
        return None
    if sign is None:
        raise RuntimeError("a post under a licence has to be signed, and nobody here can")
    line = ""
    if bounds.limits.permit_line:
        line = permit_line(shown.label, shown.issuer, urls.licence_page(seat.username, shown.number))
    anyone, audience = (
        _signed(build.under_licence(note_as(boosts), shown.href, line), grounds, tx.now, sign)
        for boosts in ("anyone", "audience")
    )
    document = anyone if bounds.limits.boosts == "anyone" else audience
    permit = PermitRow(
        state="valid",
        href=shown.href,
        at=max(row.created_at, row.edited_at or 0),
        number=shown.number,
        what=shown.what,
        issuer=shown.issuer,
        label=shown.label,
    )
    return Stated(document, anyone, audience, permit, licence.id, grounds)


def telling(activity: Document, stated: Stated | None, now: int, sign: Sign | None) -> Document:
    """The activity that tells a post under a licence, with a proof of its own: whoever is passed it on by others can check
    who did it. Every other activity stays as it is."""
    return activity if stated is None or sign is None else _signed(activity, stated.grounds, now, sign)


def _signed(document: Document, grounds: Grounds, now: int, sign: Sign) -> Document:
    proof = object_proofs.unsigned_proof(document, grounds.kid, now)
    signature = sign(grounds.key, grounds.sealed, object_proofs.signing_input(document, proof))
    return object_proofs.with_proof(document, proof, signature)


async def keep(tx: Tx, status: int, account: int, stated: Stated) -> None:
    """Keep what was signed, beside its post."""
    documents = (orjson.dumps(document).decode() for document in (stated.anyone, stated.audience))
    await permits.put(tx, status, account, stated.licence, *documents)


async def take_off(tx: Tx, urls: Urls, seat: Seat, bounds: Bounds, post: Post) -> Post:
    """A post carries its permit no longer: an Update that only removes it goes to every host that was ever sent the post,
    and where boosts of it by people here went (law 2). Returns the post as it is now.
    """
    if post.row.permit is None:
        return post
    moment = max(tx.now, (post.row.edited_at or post.row.created_at) + 1)
    row = msgspec.structs.replace(post.row, permit=None, edited_at=moment)
    await permits.remove(tx, post.id)
    await statuses.set_permit(tx, post.id, None, moment)
    for boost, _, local in await statuses.boosts_of(tx, post.id):
        if local:
            await dispatch.went_with(tx, boost, post.id)
    await dispatch.unsay(tx, post.id)
    note = build.note(
        urls, row, seat.username, post.in_reply_to_uri, post.conversation, bounds.limits.boosts, post.answers_by
    )
    await dispatch.spread(
        tx,
        seat.account,
        build.update_note(urls.activity(tx.new_id()), note),
        act="end",
        thing=post.id,
        visibility=row.visibility,
        standing=standing_of(bounds.limits),
        through=seat.admitted_seq,
    )
    tx.signal("status_edited", post.id)
    return msgspec.structs.replace(post, row=row)


async def licence_withdrawn(tx: Tx, account: int, licence: int) -> None:
    """Name and number come off the posts too: a job goes through them."""
    await jobs.enqueue(tx, "take_permits_off", {"account": account, "licence": licence}, key=str(licence))


async def take_some_off(tx: Tx, urls: Urls, account: int, licence: int) -> bool:
    """Some of the posts that carry a permit by a withdrawn licence; False where none are left."""
    seat = await seats.lock(tx, account)
    if seat is None or seat.closed:
        return False
    found = await permits.of_licence(tx, licence, AT_ONCE)
    for status in found:
        post = await statuses.by_id(tx, status)
        if post is None:
            await permits.remove(tx, status)
        else:
            await take_off(tx, urls, seat, Bounds("", seat.limits), post)
    return len(found) == AT_ONCE


# Of others


def claims_permit(document: dict[str, Any]) -> str:
    """The credential that a post from elsewhere says it is stated under, where it carries a proof; '' else."""
    named = document.get("statedUnder")
    if isinstance(named, dict):
        named = named.get("id")
    return named if isinstance(named, str) and len(named) <= LONGEST_LINK and "proof" in document else ""


async def note_claim(tx: Tx, status: int, note: Note, before: PermitRow | None = None) -> None:
    """A post from elsewhere came in, or anew: what it says of a permit is looked at apart, and shown only if it holds.

    Of an ordinary post this costs nothing. `before`: what is known of the one it had; the same isn't looked at again.
    """
    href = claims_permit(note.raw) if note.visibility in ("public", "unlisted") else ""
    if not href:
        return
    proof = note.raw["proof"]
    seal = str(proof.get("proofValue", ""))[:200] if isinstance(proof, dict) else ""
    if before is not None and (before.href, before.seal) == (href, seal):
        return
    document = orjson.dumps(note.raw)
    if len(document) <= MOST_BYTES:
        await statuses.set_permit(tx, status, PermitRow(state="pending", href=href, at=0, seal=seal))
        await jobs.enqueue(tx, "judge_permit", {"status": status, "document": document.decode()}, key=str(status))


async def claim_gone(tx: Tx, post: Post, note: Note) -> None:
    """The new state of a post from elsewhere says nothing of a permit any more."""
    if post.row.permit is not None and not (note.visibility in ("public", "unlisted") and claims_permit(note.raw)):
        await statuses.set_permit(tx, post.id, None)


async def may_look(tx: Tx, account: int, most: int) -> bool:
    """May another look over the network be had for this author's posts within this hour?"""
    window = tx.now - tx.now % HOUR
    return await sessions.count_try(tx, f"permits-of:{account}", window) <= most


async def record(tx: Tx, status: int, permit: PermitRow) -> None:
    """What came of looking at a post's permit, judged by what is known of the licence; whoever sees the post hears."""
    post = await statuses.by_id(tx, status)
    if post is None or post.row.permit is None or post.row.permit.href != permit.href:
        return
    permit = msgspec.structs.replace(permit, seal=post.row.permit.seal)
    if permit.state == "pending":
        licence = await licences.linked(tx, post.author, permit.href)
        if licence is not None:
            permit = judging.judged(permit, licence, tx.now)
    if permit != post.row.permit:
        await statuses.set_permit(tx, status, permit)
        tx.signal("status_edited", status)


async def licence_judged(tx: Tx, account: int, href: str) -> None:
    """A look at a licence came to something else than before: what posts state under it is judged by that."""
    if await permits.to_judge(tx, account, 0, 1):
        await jobs.enqueue(tx, "rejudge_permits", {"account": account, "href": href}, key=f"{account} {href}"[:500])


async def rejudge(tx: Tx, account: int, href: str, after: int) -> int | None:
    """A page of the posts that somebody states under a licence; where to go on, None at the end."""
    licence = await licences.linked(tx, account, href)
    rows = await permits.to_judge(tx, account, after, AT_ONCE)
    for status, permit in rows:
        if licence is not None and permit.href == href and permit.at:
            found = judging.judged(permit, licence, tx.now)
            if found != permit:
                await statuses.set_permit(tx, status, found)
                tx.signal("status_edited", status)
    return rows[-1][0] if len(rows) == AT_ONCE else None
