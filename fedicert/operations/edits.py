"""Editing a post of somebody here: the new state goes to the present audience and those it names; the old is kept.

An edit never changes the visibility, nor what the post answers.
"""

from collections.abc import Mapping, Sequence

import msgspec

from fedicert.activitypub import build
from fedicert.base.errors import NotFound
from fedicert.model.statuses import MentionRow
from fedicert.model.urls import Urls
from fedicert.operations import addressing, dispatch, notices, pictures, responsibility
from fedicert.operations.pictures import Note
from fedicert.operations.writing import check_size, open_seat, write
from fedicert.reach.limits import standing_of
from fedicert.reach.strangers import Refusal
from fedicert.store.tables import statuses
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


async def edit(tx: Tx, urls: Urls, author: int, status: int, revision: Revision) -> Refusal | None:
    """Rewrite one's own post. Nothing happens where nothing changed. Raises `NotFound`, `Unprocessable`.

    An edit that adds people beyond a limit of law 2 leaves the old text, and why is returned. Whoever the post ever
    named isn't added anew.
    """
    written = write(urls, revision.text, revision.spoiler, revision.mentions, blank=bool(revision.media))
    seat = await open_seat(tx, author)
    post = await statuses.by_id(tx, status)
    if post is None or post.author != author or post.row.reblog_of_id is not None:
        raise NotFound
    old = post.row
    before = {*(mention.id for mention in old.mentions), *await statuses.people_named(tx, status)}
    added = [mention.id for mention in written.mentions if mention.id not in before]
    refusal = await responsibility.stops(tx, urls, seat, old.visibility, added, old.in_reply_to_id)
    if refusal is None:
        refusal = (await addressing.weigh(tx, seat, added, old.in_reply_to_id, status)).refusal
    if refusal is not None:
        return refusal
    media = await pictures.choose(tx, author, revision.media, revision.media_notes, status)
    check_size(written, media)
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
    )
    if new == old:
        return None
    new = msgspec.structs.replace(new, edited_at=max(tx.now, (old.edited_at or old.created_at) + 1))
    await statuses.keep_state(tx, old)
    await statuses.rewrite(tx, new)
    await pictures.hang(tx, media, status)
    if new.tags != old.tags:
        await statuses.set_tags(tx, status, new.tags, replace=True)
    await statuses.name_people(tx, status, added)
    for account in added:
        await notices.notify(tx, account, "mention", author, status)
    await tell_boosters(tx, author, status)
    note = build.note(urls, new, seat.username, post.in_reply_to_uri, post.conversation, seat.limits.boosts)
    await dispatch.spread(
        tx,
        author,
        build.update_note(urls.activity(tx.new_id()), note),
        act="edit",
        thing=status,
        visibility=new.visibility,
        standing=standing_of(seat.limits),
        through=seat.admitted_seq,
        addressees=[mention.id for mention in new.mentions],
        admitted=seat.counts.admitted,
    )
    return None


async def tell_boosters(tx: Tx, author: int, status: int) -> None:
    """People here who boosted a post are told that it changed; subscribers too."""
    for _, booster, local in await statuses.boosts_of(tx, status):
        if local:
            await notices.notify(tx, booster, "update", author, status)
    tx.signal("status_edited", status)
