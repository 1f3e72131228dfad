"""Editing a post of somebody here: the new state goes to the present audience and those it names; the old is kept.

An edit never changes the visibility, nor what the post answers.
"""

from collections.abc import Mapping, Sequence

import msgspec

from fedicert.activitypub import build
from fedicert.base.errors import NotFound
from fedicert.model.standing import Boosts
from fedicert.model.statuses import MentionRow, StatusRow
from fedicert.model.urls import Urls
from fedicert.operations import addressing, dispatch, notices, permits, pictures, polls, responsibility, scope
from fedicert.operations.permits import NoteAs, Sign, Stated
from fedicert.operations.pictures import Note
from fedicert.operations.polls import Asked
from fedicert.operations.posts import where_listed
from fedicert.operations.scope import Bounds
from fedicert.operations.writing import check_size, open_seat, write
from fedicert.reach.scope import is_off_duty
from fedicert.reach.strangers import Refusal
from fedicert.reach.visibility import visibility_that_holds
from fedicert.store.tables import quotings, seats, statuses
from fedicert.store.tables.seats import Seat
from fedicert.store.tables.statuses import UNLISTED, Post
from fedicert.store.unit import Tx


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """The whole new state of a post; what isn't in it is gone. `language` None: as it was."""

    text: str
    spoiler: str = ""
    sensitive: bool = False
    language: str | None = None
    mentions: Mapping[str, MentionRow] = {}
    media: Sequence[int] = ()
    media_notes: Sequence[tuple[int, Note]] = ()
    """What is newly said of pictures, by their id."""
    off_duty: bool = False
    """It is outside the scope of its author's licence from now on."""
    poll: Asked | None = None


async def edit(
    tx: Tx, urls: Urls, author: int, status: int, revision: Revision, sign: Sign | None = None
) -> Refusal | None:
    """Rewrite one's own post. Nothing happens where nothing changed. Raises `NotFound`, `Unprocessable`.

    An edit that adds people beyond a limit of law 2 leaves the old text, and why is returned. Whoever the post ever
    named isn't added anew. A post that is marked as outside its author's licence by now loses its permit everywhere, and
    goes on under the lowest rung's limits; one that was outside stays so, whatever its new text says (law 6).
    """
    choices = polls.check(revision.poll, media=bool(revision.media))
    seat = await open_seat(tx, author)
    post = await statuses.by_id(tx, status)
    if post is None or post.author != author or post.row.reblog_of_id is not None:
        raise NotFound
    blank = bool(revision.media) or revision.poll is not None or post.row.quote is not None
    written = write(urls, revision.text, revision.spoiler, revision.mentions, blank=blank)
    leaves = not post.row.scope and is_off_duty(revision.off_duty, written.signs)
    bounds = await (scope.bounds(tx, seat, off_duty=True) if leaves else scope.bounds_of(tx, seat, post))
    seat = msgspec.structs.replace(seat, limits=bounds.limits)
    before = {*(mention.id for mention in post.row.mentions), *await statuses.people_named(tx, status)}
    added = [mention.id for mention in written.mentions if mention.id not in before]
    above = post.row.in_reply_to_id
    refusal = await responsibility.stops(tx, urls, seat, post.row.visibility, added, above)
    if refusal is None:
        refusal = (await addressing.weigh(tx, seat, added, above, status)).refusal
    if refusal is not None:
        return refusal
    media = await pictures.choose(tx, author, revision.media, revision.media_notes, status)
    check_size(written, media)
    if leaves:
        post = await leave_scope(tx, urls, seat, bounds, post)
    old = post.row
    new = msgspec.structs.replace(
        old,
        text=written.text,
        content_html=written.html,
        spoiler_text=written.spoiler,
        sensitive=revision.sensitive or bool(written.spoiler),
        language=revision.language or old.language,
        mentions=written.mentions,
        tags=written.tags,
        media=media,
        poll=polls.carry_on(old.poll, polls.begin(revision.poll, choices, tx.now)),
    )
    if new == old:
        return None
    new, note, stated = await _said_anew(tx, urls, seat, bounds, post, new, sign)
    if stated is None and old.permit is not None:
        await permits.take_off(tx, urls, seat, bounds, post)
    await statuses.keep_state(tx, old)
    await statuses.rewrite(tx, new)
    if stated is not None:
        await permits.keep(tx, status, author, stated)
        await statuses.set_permit(tx, status, stated.permit)
    await pictures.hang(tx, media, status)
    await polls.watch(tx, status, new.poll, old.poll)
    if new.tags != old.tags:
        await statuses.set_tags(tx, status, new.tags, replace=True)
    await statuses.name_people(tx, status, added)
    for account in added:
        await notices.notify(tx, account, "mention", author, status)
    await tell_boosters(tx, author, status)
    await dispatch.spread(
        tx,
        author,
        permits.telling(build.update_note(urls.activity(tx.new_id()), note), stated, tx.now, sign),
        act="edit",
        thing=status,
        visibility=new.visibility,
        standing=bounds.standing,
        through=seat.admitted_seq,
        addressees=[mention.id for mention in new.mentions],
        admitted=seat.counts.admitted,
    )
    return None


async def leave_scope(tx: Tx, urls: Urls, seat: Seat, bounds: Bounds, post: Post) -> Post:
    """A post is outside the scope of its author's licence from now on: its permit comes off wherever it is, it is no more
    visible than the lowest rung lets it be, and homes here show it to the kept set alone. Returns it as it is now.
    """
    post = await permits.take_off(tx, urls, seat, bounds, post)
    held = visibility_that_holds(post.row.visibility, bounds.limits.visibility)  # type: ignore[arg-type]
    listed = (
        where_listed(post.row.visibility, held, members=bounds.limits.members_timeline) if post.listed else UNLISTED
    )
    kept_only = bounds.units is not None
    await statuses.set_scope(tx, post.id, bounds.scope, held, listed, kept_only=kept_only)
    await scope.write_down(tx, post.id, bounds)
    if kept_only:
        await dispatch.leave_homes(tx, post.id)
    if post.row.quoting == "public":
        await quotings.set_policy(tx, post.id, "tier")
    row = msgspec.structs.replace(post.row, scope=bounds.scope, visibility=held)
    return msgspec.structs.replace(post, row=row, listed=listed, kept_only=kept_only)


async def _said_anew(
    tx: Tx, urls: Urls, seat: Seat, bounds: Bounds, post: Post, new: StatusRow, sign: Sign | None
) -> tuple[StatusRow, build.Document, Stated | None]:
    """The edited post, and the document that says it: under the licence, where its author has one."""
    before = post.row.edited_at or post.row.created_at
    new = msgspec.structs.replace(new, edited_at=max(tx.now, before + (2 if post.row.permit else 1)), permit=None)
    note_as = note_of(urls, seat, post, new, tx.now)
    stated = await permits.state(tx, urls, seat, bounds, new, note_as, sign)
    if stated is None:
        return new, note_as(bounds.limits.boosts), None
    return msgspec.structs.replace(new, permit=stated.permit), stated.document, stated


def note_of(urls: Urls, seat: Seat, post: Post, row: StatusRow, now: int) -> NoteAs:
    """A post of somebody here as it is in `row`, for either answer to who may boost it."""

    def note_as(boosts: Boosts) -> build.Document:
        return build.note(
            urls, row, seat.username, post.in_reply_to_uri, post.conversation, boosts, post.answers_by, now=now
        )

    return note_as


async def tell_boosters(tx: Tx, author: int, status: int) -> None:
    """People here who boosted or quoted a post are told that it changed; subscribers too."""
    for _, booster, local in await statuses.boosts_of(tx, status):
        if local:
            await notices.notify(tx, booster, "update", author, status)
    for quote, quoter in await quotings.quoters_here(tx, status):
        await notices.notify(tx, quoter, "quoted_update", author, quote)
    tx.signal("status_edited", status)


async def tell(tx: Tx, urls: Urls, status: int, sign: Sign | None = None) -> None:
    """The audience and those it names get a post as it is now, which changed otherwise than by its author's words: votes,
    a quote that was allowed or isn't any longer. Its text, and when it was edited, stay as they were.
    """
    post = await statuses.by_id(tx, status)
    if post is None or not post.local or post.row.reblog_of_id is not None:
        return
    seat = await seats.lock(tx, post.author)
    post = await statuses.by_id(tx, status)
    if seat is None or seat.closed or post is None:
        return
    bounds = await scope.bounds_of(tx, seat, post)
    row = post.row
    note_as = note_of(urls, seat, post, row, tx.now)
    note = note_as(bounds.limits.boosts)
    # Under a licence it is signed anew; where the licence ended since, what was signed then stands as it is.
    stated = await permits.state(tx, urls, seat, bounds, row, note_as, sign) if row.permit is not None else None
    if row.permit is not None and stated is None:
        return
    if stated is not None:
        note = stated.document
        await permits.keep(tx, status, post.author, stated)
    await dispatch.spread(
        tx,
        post.author,
        permits.telling(build.update_note(urls.activity(tx.new_id()), note), stated, tx.now, sign),
        act="edit",
        thing=status,
        visibility=row.visibility,
        standing=bounds.standing,
        through=seat.admitted_seq,
        addressees=[mention.id for mention in row.mentions],
        admitted=seat.counts.admitted,
    )
