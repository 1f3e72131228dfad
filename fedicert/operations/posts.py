"""Posting and deleting, through both doors: a person's client and another server.

One unit of work each, under the author's lock: the post, whom it names, its tags and counts, who is told, and the
activity that tells it. To whom copies go is decided by the gate (`dispatch`), from the standing kept with the post.
"""

from collections.abc import Mapping, Sequence

import msgspec

from fedicert.activitypub import build
from fedicert.base.errors import NotFound
from fedicert.model.standing import Boosts
from fedicert.model.statuses import MentionRow, StatusRow, Visibility
from fedicert.model.urls import Urls
from fedicert.operations import (
    addressing,
    answers,
    conversations,
    dispatch,
    notices,
    permits,
    pictures,
    polls,
    quoting,
    responsibility,
    scope,
    telling,
)
from fedicert.operations.erasing import erase
from fedicert.operations.permits import Sign
from fedicert.operations.polls import Asked
from fedicert.operations.quotes import Policy, policy_that_holds
from fedicert.operations.writing import Written, check_size, open_seat, write
from fedicert.reach.limits import standing_of
from fedicert.reach.scope import is_off_duty
from fedicert.reach.strangers import Refusal
from fedicert.reach.visibility import enters_public_timelines, visibility_that_holds, widest
from fedicert.store.tables import idempotency, mutes, statuses
from fedicert.store.tables.seats import Seat
from fedicert.store.tables.statuses import LISTED, MEMBERS_ONLY, UNLISTED, NewPost, Post
from fedicert.store.unit import Reader, Tx

NO_PARENT = "The status you are trying to reply to does not appear to exist."


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody here wants to post. None: as their settings say.

    `mentions`: each name that the text has and that means somebody → who. `token` and `idempotency_key`: the same
    key of the same token within an hour means the same post. `off_duty`: it is outside the scope of the author's licence,
    as the hashtag says it too.
    """

    text: str
    spoiler: str = ""
    sensitive: bool | None = None
    visibility: Visibility | None = None
    language: str | None = None
    in_reply_to_id: int | None = None
    media: Sequence[int] = ()
    mentions: Mapping[str, MentionRow] = {}
    poll: Asked | None = None
    quoted_id: int | None = None
    quote_policy: Policy | None = None
    application: int | None = None
    token: int = 0
    idempotency_key: str = ""
    off_duty: bool = False


async def publish(
    tx: Tx, urls: Urls, author: int, draft: Draft, sign: Sign | None = None, *, quiet: bool = False
) -> int | Refusal:
    """Post; returns the post's id. The visibility that holds may be narrower than the one asked for (law 5).

    A post beyond a limit of law 2 is refused whole: nothing is stored but a row on the ledger, and why is returned.

    `sign`: `keys.pen`, for the permit of somebody licensed (law 6); without one their public posts can't go out.
    `quiet`: the caller tells the author why it is refused, in a message of its own.

    Raises `NotFound` (nothing to answer there), `Unprocessable`, `Forbidden`.
    """
    written = write(urls, draft.text, draft.spoiler, draft.mentions, blank=has_more_than_words(draft))
    choices = polls.check(draft.poll, media=bool(draft.media))
    seat = await open_seat(tx, author)
    bounds = await scope.bounds(tx, seat, off_duty=is_off_duty(draft.off_duty, written.signs))
    given = seat.limits.visibility == "unlisted" and seat.default_visibility != "unlisted"
    seat = msgspec.structs.replace(seat, limits=bounds.limits)
    identifier = tx.new_id()
    if draft.idempotency_key:
        earlier = await idempotency.claim(tx, draft.token, draft.idempotency_key, identifier)
        if earlier is not None:
            return earlier
    parent = await find_parent(tx, author, draft.in_reply_to_id)
    await answers.check(tx, parent, author)
    quoted = await quoting.find(tx, author, draft.quoted_id)
    asked, held = visibilities(seat, draft, parent, quoted)
    refusal = await _judge(tx, urls, seat, written, parent, quoted, held, identifier, quiet)
    if refusal is not None:
        await idempotency.release(tx, draft.token, draft.idempotency_key)
        return refusal
    media = await pictures.choose(tx, author, draft.media)
    check_size(written, media)
    uri = urls.status(seat.username, identifier)
    standing = bounds.standing
    row = StatusRow(
        id=identifier,
        uri=uri,
        url=urls.status_page(seat.username, identifier),
        author_id=author,
        text=written.text,
        content_html=written.html,
        spoiler_text=written.spoiler,
        sensitive=bool(written.spoiler) or (seat.default_sensitive if draft.sensitive is None else draft.sensitive),
        visibility=held,
        language=draft.language or seat.default_language,
        in_reply_to_id=None if parent is None else parent.id,
        in_reply_to_account_id=None if parent is None else parent.author,
        created_at=tx.now,
        mentions=written.mentions,
        tags=written.tags,
        media=media,
        poll=polls.begin(draft.poll, choices, tx.now),
        quote=await quoting.facts_of(tx, urls, author, uri, quoted),
        quoting=policy_that_holds(draft.quote_policy or seat.default_quoting, held, seat.limits.boosts),
        scope=bounds.scope,
    )
    conversation = urls.conversation(identifier) if parent is None else parent.conversation
    above = "" if parent is None else parent.row.uri

    def note_as(boosts: Boosts) -> build.Document:
        return build.note(urls, row, seat.username, above, conversation, boosts, seat.answers_by, now=tx.now)

    note = note_as(seat.limits.boosts)
    stated = await permits.state(tx, urls, seat, bounds, row, note_as, sign)
    if stated is not None:
        row, note = msgspec.structs.replace(row, permit=stated.permit), stated.document
    new = NewPost(
        row=row,
        local=True,
        listed=where_listed(asked, held, members=seat.limits.members_timeline, given=given),
        conversation=conversation,
        in_reply_to_uri=None if parent is None else parent.row.uri,
        application=draft.application,
        admitted_through=seat.admitted_seq,
        standing=msgspec.json.encode(standing).decode(),
        kept_only=bounds.units is not None,
        answers_by=seat.answers_by,
    )
    if not await statuses.insert(tx, new):
        raise RuntimeError(f"the id {identifier} was given twice")
    await scope.write_down(tx, identifier, bounds)
    if stated is not None:
        await permits.keep(tx, identifier, author, stated)
    await pictures.hang(tx, media, identifier)
    await _settle_in(tx, new, parent)
    await dispatch.own_home(tx, author, identifier, identifier, row.in_reply_to_account_id)
    await quoting.begin(tx, urls, seat, row, quoted, note)
    activity = build.create(urls.status_activity(seat.username, identifier), note)
    await dispatch.spread(
        tx,
        author,
        permits.telling(activity, stated, tx.now, sign),
        act="say",
        thing=identifier,
        visibility=held,
        standing=standing,
        through=seat.admitted_seq,
        addressees=[mention.id for mention in written.mentions],
        # A hashtag may bring it home to people here who follow the tag alone.
        admitted=None if written.tags else seat.counts.admitted,
    )
    if parent is not None and parent.of_limits:
        await telling.answer(tx, author)
    return identifier


async def delete(tx: Tx, urls: Urls, author: int, status: int, *, delete_media: bool = True) -> None:
    """Delete one's own post; a Delete goes to everyone who got it (law 2). `NotFound` where there is none of one's own.

    Boosts of it vanish too, and the Delete reaches where they went. `delete_media`: its pictures go at once, not in
    a day, in which it can be written anew with them.
    """
    seat = await open_seat(tx, author, retracts=True)
    post = await statuses.by_id(tx, status)
    if post is None or post.author != author or post.row.reblog_of_id is not None:
        raise NotFound
    goes_to = build.addressees(
        post.row.visibility, urls.followers(seat.username), [mention.uri for mention in post.row.mentions]
    )
    await erase(tx, post, keep_pictures=not delete_media)
    await dispatch.spread(
        tx,
        author,
        build.delete(urls.activity(tx.new_id()), seat.uri, post.row.uri, goes_to),
        act="take_back",
        thing=post.id,
        visibility=post.row.visibility,
        standing=standing_of(seat.limits),
        through=seat.admitted_seq,
    )


def has_more_than_words(draft: Draft) -> bool:
    """Does a post say something without a text?"""
    return bool(draft.media) or draft.poll is not None or draft.quoted_id is not None


def visibilities(
    seat: Seat, draft: Draft, parent: Post | None, quoted: Post | None = None
) -> tuple[Visibility, Visibility]:
    """How visible a post shall be, and how visible the tier, and what it quotes, let it be.

    What answers the limits account nobody hears.
    """
    if parent is not None and parent.of_limits:
        return "direct", "direct"
    asked: Visibility = draft.visibility or seat.default_visibility or widest(seat.limits.visibility)  # type: ignore[assignment]
    return asked, quoting.narrowed(visibility_that_holds(asked, seat.limits.visibility), quoted)


async def _judge(
    tx: Tx,
    urls: Urls,
    seat: Seat,
    written: Written,
    parent: Post | None,
    quoted: Post | None,
    held: Visibility,
    identifier: int,
    quiet: bool,
) -> Refusal | None:
    """Does its author's code let it go, may it quote what it quotes, and address whom it addresses? What it costs is
    written down."""
    named = [mention.id for mention in written.mentions]
    above = None if parent is None else parent.id
    answered = None if quoted is None else quoted.author
    refusal = await responsibility.stops(tx, urls, seat, held, named, above, answered, quiet=quiet)
    if refusal is not None:
        return refusal
    if quoted is not None:
        refusal = await quoting.judge(tx, seat, quoted, held, named, quiet=quiet)
        if refusal is not None:
            return refusal
        named.append(quoted.author)
    verdict = await addressing.weigh(tx, seat, named, above, identifier, answered, quiet=quiet)
    return verdict.refusal


def where_listed(asked: str, held: str, *, members: bool = True, given: bool = False) -> int:
    """Law 5: which timelines of strangers a post enters. A tier that makes posts unlisted keeps them from all but
    the local timeline of members. `members`: from that as well, if the tier says no. `given`: *unlisted* is what clients
    were given as the default, not what somebody chose, and so is this tier's public post.
    """
    if enters_public_timelines(held):  # type: ignore[arg-type]
        return LISTED
    public = asked == "public" or (given and asked == "unlisted")
    return MEMBERS_ONLY if members and public and held == "unlisted" else UNLISTED


async def find_parent(reader: Reader, author: int, answered: int | None) -> Post | None:
    """The post that a new one answers, of a boost what it boosts. Raises `NotFound` where it may not be seen."""
    if answered is None:
        return None
    parent = await statuses.visible(reader, answered, author)
    if parent is not None and parent.row.reblog_of_id is not None:
        parent = await statuses.visible(reader, parent.row.reblog_of_id, author)
    if parent is None:
        raise NotFound(NO_PARENT)
    return parent


async def _settle_in(tx: Tx, new: NewPost, parent: Post | None) -> None:
    """What a stored post of somebody here changes around it: counts, names, tags, and who is told."""
    row = new.row
    if row.visibility != "direct":
        await statuses.count_published(tx, row.author_id, row.created_at)
    if parent is not None:
        await mutes.mark_new(tx, row.id, new.conversation)
        if row.visibility in ("public", "unlisted"):
            await statuses.add_reply(tx, parent.id, 1)
    await polls.watch(tx, row.id, row.poll)
    if row.tags:
        await statuses.set_tags(tx, row.id, row.tags)
    if row.mentions:
        await statuses.name_people(tx, row.id, [mention.id for mention in row.mentions])
    for mention in row.mentions:
        await notices.notify(tx, mention.id, "mention", row.author_id, row.id)
    if row.visibility == "direct":
        named = [mention.id for mention in row.mentions]
        await conversations.enter(tx, row.id, new.conversation, row.author_id, named)
    if new.listed:
        tx.signal("public", row.id)
