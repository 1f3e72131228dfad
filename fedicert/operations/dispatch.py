"""The one gate out: every outgoing activity and every home-feed row passes here, and asks `reach.delivery.plan`.

No other module touches the audience, the deliveries, the inboxes or the feeds. An activity is written in the unit of
work of the fact it tells; where it goes to many, a `fan_out` job plans it page by page, resumable at every page.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import orjson

from fedicert.base.errors import TooManyRequests
from fedicert.model.accounts import Reached
from fedicert.model.standing import Standing
from fedicert.operations import jobs, notices
from fedicert.reach.delivery import Act, Delivery, Member, Outgoing, Plan, plan
from fedicert.reach.strangers import RATE, RATE_IN_ALL
from fedicert.store.tables import (
    activities,
    answer_days,
    audience,
    deliveries,
    endorsements,
    feeds,
    inboxes,
    lists,
    relays,
    scopes,
    sent,
    statuses,
)
from fedicert.store.tables.activities import Activity
from fedicert.store.unit import Reader, Tx

PAGE = 500
BACKFILL = 20
RETRY_BEHIND_MS = 500
TRIMMED_EVERY = 17
TO_THE_AUDIENCE: tuple[Act, ...] = ("say", "edit", "tell")
"""The others reach whoever was sent the thing before, whatever the audience is now."""
RATED = frozenset({"Like", "Announce", "Create", "Follow", "QuoteRequest", "Flag"})
"""What answers single actors under rates; a Create among them is a vote. Accept, Reject and what takes back have none."""
RETRACTIONS = frozenset(deliveries.RETRACTIONS)
"""Answers that take something back or end it: they go to whom nothing new is said, and from who is suspended."""
NOBODY = Standing(tier="", cap=None, visibility="listed", boosts="anyone")


class FanOut(msgspec.Struct, frozen=True):
    """Where a fan-out goes on: behind a follow row, or behind an inbox that was sent the object."""

    activity: int
    after_follow: int = 0
    after_inbox: str = ""


async def answer(
    tx: Tx,
    signer: int,
    to: Sequence[int],
    document: Mapping[str, Any],
    pair: str = "",
    about: int = 0,
    author: int | None = None,
) -> int | None:
    """Tell what concerns single actors (Accept, Reject, Follow, Like, vote, Undo, Block) at their own inboxes.

    `pair`: what keeps activities about the same two actors in order. `about`: a post whose taking back they shall hear of.
    `author`: on whose account it is counted, where another signs for them. Returns the activity, None where nobody is
    told. Raises `TooManyRequests` beyond the rates of what answers single actors: ask `addressing.too_often` before.
    """
    named = await audience.members(tx, signer, to)
    planned = plan(Outgoing(act="answer", retracts=document["type"] in RETRACTIONS), NOBODY, (), named, ())
    if not planned.deliveries:
        return None
    await _count(tx, author or signer, document["type"])
    activity = _activity(tx, signer, document, "answer", 0, "", NOBODY, 0, list(to))
    await activities.insert(tx, activity, done=True)
    # Whoever hears of an actor, in whatever way, hears when it leaves.
    await sent.note(tx, (signer, about) if about else (signer,), _hosts(named))
    await _deliver(tx, activity, planned.deliveries, about=f"p{pair}" if pair else "")
    return activity.id


async def spread(
    tx: Tx,
    signer: int,
    document: Mapping[str, Any],
    *,
    act: Act,
    thing: int,
    visibility: str,
    standing: Standing,
    through: int,
    addressees: Sequence[int] = (),
    admitted: int | None = None,
) -> None:
    """Say, change or take back something that may go to many: one row and one job, for 3 followers or 3,000.

    `thing`: the post, or the account where the activity speaks of the actor. `through`: the last admission that
    belongs to the audience. `admitted`: how many that audience has, where the caller holds the author's lock, has read
    it, and knows of nobody else whom a fan-out reaches: what nobody is to hear needs no job.
    """
    if act == "take_back":
        await activities.abandon(tx, thing)
    if document["type"] == "Announce" and addressees:
        await _count(tx, signer, "Announce")
    activity = _activity(tx, signer, document, act, thing, visibility, standing, through, list(addressees))
    nobody = admitted == 0 and not addressees and act in TO_THE_AUDIENCE
    if nobody and visibility == "public" and document["type"] in ("Create", "Update"):
        nobody = not await relays.accepted(tx)
    await activities.insert(tx, activity, done=nobody)
    if not nobody:
        await jobs.enqueue(tx, "fan_out", msgspec.to_builtins(FanOut(activity.id)))


async def _count(tx: Tx, author: int, kind: str) -> None:
    """Law 2: what answers single actors goes out under rates."""
    if kind not in RATED:
        return
    if not await answer_days.take(tx, author, ((kind, RATE), (answer_days.ALL, RATE_IN_ALL))):
        raise TooManyRequests(f"Too many activities of the kind {kind} today", 3600)


class Foreseen(msgspec.Struct, frozen=True):
    """Whom a post would reach: people of ours and elsewhere, other servers, and the POSTs it takes."""

    people: int
    servers: int
    deliveries: int


async def foresee(
    reader: Reader,
    author: int,
    visibility: str,
    standing: Standing,
    through: int,
    addressees: Sequence[int],
    kept: frozenset[tuple[str, int]] | None = None,
) -> Foreseen:
    """What `spread` of a new post would come to now, by the same pages and the same plan. Nothing is written."""
    outgoing = Outgoing(act="say", visibility=visibility)  # type: ignore[arg-type]
    named = await audience.members(reader, author, addressees)
    outside = {member.account for member in named} - {author}
    posts: set[Delivery] = set()
    people, after = 0, 0
    while True:
        members: list[Member] = []
        goes_on: int | None = None
        if visibility != "direct":
            members, goes_on = await audience.page(reader, author, through, after, PAGE)
        planned = plan(outgoing, standing, members, named if after == 0 else (), (), kept)
        refused = {refusal.account for refusal in planned.refusals}
        reached = {member.account for member in members} - refused
        people += len(reached)
        outside -= reached
        posts.update(planned.deliveries)
        if goes_on is None:
            return Foreseen(people + len(outside), len({post.host for post in posts}), len(posts))
        after = goes_on


async def fan_out(tx: Tx, work: FanOut) -> FanOut | None:
    """Plan one page of an activity; returns where to go on, None when all of it is planned.

    The author's row is locked page by page, so that a Delete and a page of its Create never pass each other.
    """
    if tx.engine == "postgres" and not await activities.hold_author(tx, work.activity):
        return None
    activity = await activities.unplanned(tx, work.activity)
    if activity is None:
        return None
    if await activities.earlier_waits(tx, activity):
        await jobs.enqueue(tx, "fan_out", msgspec.to_builtins(work), due=tx.now + RETRY_BEHIND_MS)
        return None
    goes_on = await _page(tx, activity, work)
    if goes_on is None:
        await activities.finish(tx, activity.id)
        if activity.act == "take_back":
            await sent.forget(tx, activity.object)
    return goes_on


async def _page(tx: Tx, activity: Activity, work: FanOut) -> FanOut | None:
    outgoing = Outgoing(act=activity.act, visibility=activity.visibility)  # type: ignore[arg-type]
    if activity.act in ("take_back", "end"):
        former, next_inbox = await sent.page(tx, activity.object, work.after_inbox, PAGE)
        former += await inboxes.now_at(tx, [one.inbox for one in former])
        await _deliver(tx, activity, plan(outgoing, activity.standing, (), (), former).deliveries, about="")
        return None if next_inbox is None else FanOut(activity.id, after_inbox=next_inbox)
    members, next_follow = await _audience(tx, activity, work)
    named: list[Member] = []
    if work.after_follow == 0:
        named = await audience.members(tx, activity.actor, activity.addressees, apart=True)
    kept = await scopes.units(tx, activity.object) if activity.standing.kept_only else None
    planned = plan(outgoing, activity.standing, members, named, (), kept, await _relays(tx, activity, work))
    await _deliver(tx, activity, planned.deliveries, about="")
    if activity.object != activity.actor:
        await sent.note(tx, (activity.object,), planned.deliveries)
    told = planned.deliveries if activity.visibility != "direct" else _hosts(named)
    await sent.note(tx, (activity.actor,), told)
    if planned.homes and activity.act == "say":
        await _fill_homes(tx, activity, planned)
    tagged = activity.visibility == "public" and not activity.standing.kept_only
    if activity.act == "say" and tagged and work.after_follow == 0:
        await come_by_tag(tx, activity.object, activity.standing)
    return None if next_follow is None else FanOut(activity.id, after_follow=next_follow)


async def _relays(tx: Tx, activity: Activity, work: FanOut) -> list[Member]:
    """The relays that hear of a post, with the first page; whether they get it is the plan's to say."""
    if work.after_follow or activity.type not in ("Create", "Update") or activity.object == activity.actor:
        return []
    return await audience.members(tx, activity.actor, await relays.accepted(tx))


async def _audience(tx: Tx, activity: Activity, work: FanOut) -> tuple[list[Member], int | None]:
    if activity.visibility == "direct":
        return [], None
    return await audience.page(tx, activity.actor, activity.admitted_through, work.after_follow, PAGE)


async def _fill_homes(tx: Tx, activity: Activity, planned: Plan) -> None:
    ties = await statuses.ties(tx, activity.object)
    if ties is not None:
        await _into_homes(tx, planned.homes, activity.object, activity.actor, *ties)


async def appear(tx: Tx, author: int, post: int, shown: int, reply_to: int | None) -> None:
    """A remote author's post arrived: put it into the homes of the people here who follow the author."""
    after = 0
    while True:
        members, goes_on = await audience.local_page(tx, author, after, PAGE)
        planned = plan(Outgoing(act="say", visibility="public"), NOBODY, members, (), ())
        if planned.homes:
            await _into_homes(tx, planned.homes, post, author, reply_to, None if shown == post else shown)
        if goes_on is None:
            return
        after = goes_on


async def come_by_tag(tx: Tx, post: int, standing: Standing = NOBODY) -> None:
    """A post enters the homes of the people here who follow one of its hashtags, where tag timelines show it (law 5)."""
    after = 0
    while True:
        readers = await feeds.who_follow_tags(tx, post, after, PAGE)
        members = [Member(reader, "", "", "") for reader in readers]
        homes = plan(Outgoing(act="say", visibility="public"), standing, members, (), ()).homes
        await feeds.add(tx, homes, post, post)
        for reader in homes:
            tx.signal("home", reader, post)
        if len(readers) < PAGE:
            return
        after = readers[-1]


async def own_home(tx: Tx, author: int, post: int, shown: int, reply_to: int | None = None) -> None:
    """The author's own home shows a post at once, before anything goes out; so do lists that they put themselves on."""
    await feeds.add(tx, [author], post, shown)
    places = await feeds.places(tx, [author], author, None if reply_to == author else reply_to)
    await feeds.add_to_lists(tx, [place.id for place in places if place.takes], post, shown)
    tx.signal("home", author, post)


async def catch_up(tx: Tx, reader: int, author: int) -> None:
    """Somebody was admitted, or is heard again: the reader's home and lists get the author's latest posts, as far as
    they are here."""
    if not await feeds.hears(tx, reader, author):
        return
    places = await feeds.places(tx, [reader], author, None)
    if reader != author and not any(place.exclusive for place in places):
        await feeds.backfill(tx, reader, author, BACKFILL)
    for place in places:
        await feeds.backfill_list(tx, place.id, author, BACKFILL)


async def part(tx: Tx, reader: int, author: int) -> None:
    """A follow ended, or a block parts two: the author leaves the reader's lists, and their posts the reader's home."""
    await feeds.remove_author(tx, reader, author)
    await lists.part(tx, reader, author)
    await endorsements.remove(tx, reader, author)


async def withdraw(tx: Tx, author: int, *gone: int, blocked: bool = False) -> None:
    """These are gone from an author's audience: copies that wait for them alone aren't made any more (docs/law.md,
    Cases). `blocked`: not even what names them. A host's queue is read once, however many of its people are gone."""
    places = await inboxes.of_each(tx, gone)
    at = sorted({one for place in places for one in (place.inbox, place.shared_inbox) if one})
    waiting = await deliveries.waiting(tx, author, sorted({place.host for place in places}), at) if at else []
    if not waiting:
        return
    served = await audience.served(tx, author, sorted({row.inbox for row in waiting}), gone)
    waiting = [row for row in waiting if row.inbox not in served]
    named = {one for row in waiting for one in row.addressees} - (set(gone) if blocked else set())
    members = await audience.members(tx, author, sorted(named))
    reached = {one.account: (one.inbox, one.shared_inbox) for one in members}
    alone = [row for row in waiting if not any(row.inbox in reached.get(one, ()) for one in row.addressees)]
    await deliveries.withdraw(tx, [row.id for row in alone])


async def hush(tx: Tx, reader: int, author: int) -> None:
    """Somebody was muted: they leave the reader's home and lists, and so does what others boosted of them."""
    await feeds.remove_author(tx, reader, author)
    await feeds.remove_shown(tx, reader, author)


async def hush_domain(tx: Tx, reader: int, domain: str) -> None:
    """A domain was hidden: its people leave the reader's home and lists, and so does what others boosted of them."""
    await feeds.remove_domain(tx, reader, domain)


async def leave_tag(tx: Tx, reader: int, tag: int) -> None:
    """A hashtag is followed no longer: what came home by it alone leaves."""
    await feeds.remove_tagged(tx, reader, tag)


async def leave_list(tx: Tx, identifier: int, reader: int, author: int) -> None:
    """Somebody was taken off a list; where it kept them from its owner's home, they come home again."""
    await feeds.remove_from_list(tx, identifier, author)
    await catch_up(tx, reader, author)


async def keep_apart(tx: Tx, identifier: int, reader: int) -> None:
    """A list is exclusive now: its members leave its owner's home."""
    await feeds.remove_members(tx, reader, identifier)


async def empty_list(tx: Tx, identifier: int) -> None:
    """A list goes: its timeline does."""
    await feeds.empty_list(tx, identifier)


async def leave_homes(tx: Tx, post: int) -> None:
    """A post is for a part of its author's audience by now: it leaves the homes of the rest."""
    await feeds.leave_to_kept(tx, post)


async def vanish(tx: Tx, post: int) -> None:
    """A post is gone: it leaves every home."""
    await feeds.remove(tx, post)


async def follow_up(tx: Tx, post: int, boost: int) -> None:
    """A boosted post goes away: what takes it back reaches where the boost went too, and the boost goes no further."""
    await activities.abandon(tx, boost)
    await sent.copy(tx, boost, post)
    await sent.forget(tx, boost)


async def went_with(tx: Tx, boost: int, post: int) -> None:
    """Whoever was sent a boost fetched the post: they count as somebody who was sent it."""
    await sent.copy(tx, boost, post)


async def unsay(tx: Tx, thing: int) -> None:
    """What was said of a post and is told everywhere is shown at its own address no more."""
    await activities.forget_said(tx, thing)


async def fall_silent(tx: Tx, account: int) -> None:
    """An account leaves, under its lock: it says nothing more, not even what waits, and what takes it back reaches
    where boosts of its posts went too."""
    await deliveries.drop(tx, account)
    await activities.abandon_all(tx, account)
    await sent.copy_boosts(tx, account)


async def fall_quiet(tx: Tx, account: int) -> None:
    """An account is suspended, under its lock: what it was still to say isn't said; what it takes back goes out."""
    await deliveries.quiet(tx, account)
    await activities.quiet(tx, account)


async def shut_out(tx: Tx, domain: str) -> None:
    """A domain is blocked: what waits for it isn't sent, but for what takes something back."""
    await deliveries.shut_out(tx, domain)


async def taken_back(tx: Tx, thing: int) -> None:
    """A thing whose author left, and whose own retraction nobody sends: the author's stands for it."""
    await activities.abandon(tx, thing)
    await sent.forget(tx, thing)


async def record_inbox(tx: Tx, account: int, inbox: str, shared_inbox: str, host: str) -> bool:
    """Where a remote actor is reached, as its document says. Something may have been sent to where it was before.

    True where it was reached at another host.
    """
    before, now = await inboxes.of(tx, account), inboxes.Place(inbox, shared_inbox, host)
    if before is not None and before != now:
        await inboxes.moved(tx, account, before, now)
    await inboxes.put(tx, account, inbox, shared_inbox, host)
    return before is not None and before.host != host


async def forget_inbox(tx: Tx, account: int) -> None:
    """Nobody here has to do with a remote actor any longer."""
    await inboxes.remove(tx, account)


async def forget_moves(tx: Tx, before: int, most: int) -> int:
    """Forget where inboxes moved to before a moment (ms)."""
    return await inboxes.forget_moves(tx, before, most)


async def reached_at(reader: Reader, inbox: str, after: int, count: int) -> list[Reached]:
    """Some of the remote accounts reached at an inbox that follow somebody here or are followed, behind an account."""
    return await inboxes.reached_at(reader, inbox, after, count)


async def inbox_owner(reader: Reader, inbox: str) -> int | None:
    """The one account that has this inbox for its own; None where it is several people's, or a host's."""
    return await inboxes.owner(reader, inbox)


async def _into_homes(
    tx: Tx, readers: Sequence[int], post: int, author: int, reply_to: int | None, reblog_of: int | None
) -> None:
    reply_to = None if reply_to == author else reply_to
    shown = post if reblog_of is None else reblog_of
    wanted = await feeds.who_want(tx, readers, author, shown, boost=reblog_of is not None, reply_to=reply_to)
    places = await feeds.places(tx, list(wanted), author, reply_to)
    listed = [place.id for place in places if place.takes]
    apart = {place.owner for place in places if place.exclusive}
    homes = [reader for reader in wanted if reader not in apart]
    await feeds.add(tx, homes, post, shown)
    await feeds.add_to_lists(tx, listed, post, shown)
    # Trimming a fraction of the time keeps the tables bounded and the common path short. The low bits alone wouldn't
    # do: ids of remote posts nearly all end alike.
    if post % TRIMMED_EVERY == 0:
        await feeds.trim(tx, homes)
        await feeds.trim_lists(tx, listed)
    for reader in homes:
        tx.signal("home", reader, post)
    for identifier in listed:
        tx.signal("list", identifier, post)
    if reblog_of is None and reply_to is None:
        for reader, asked_to_be_told in wanted.items():
            if asked_to_be_told:
                await notices.notify(tx, reader, "status", author, post)


async def _deliver(tx: Tx, activity: Activity, targets: Sequence[Delivery], *, about: str) -> None:
    await deliveries.add(
        tx,
        body_id=activity.id,
        body=activity.body,
        signer=activity.actor,
        object_key=str(activity.object) if activity.object else "",
        pair_key=about,
        targets=[(target.host, target.inbox) for target in targets],
    )


def _hosts(members: Sequence[Member]) -> list[Delivery]:
    """Where an actor's leaving is told to these: once a host."""
    told = ((member.shared_inbox or member.inbox, member.host) for member in members if not member.local)
    return [Delivery(inbox, host) for inbox, host in dict.fromkeys(told)]


def _activity(
    tx: Tx,
    signer: int,
    document: Mapping[str, Any],
    act: Act,
    thing: int,
    visibility: str,
    standing: Standing,
    through: int,
    addressees: list[int],
) -> Activity:
    return Activity(
        id=tx.new_id(),
        uri=document["id"],
        actor=signer,
        type=document["type"],
        act=act,
        object=thing,
        visibility=visibility,
        standing=standing,
        admitted_through=through,
        addressees=addressees,
        body=orjson.dumps(document).decode(),
    )
