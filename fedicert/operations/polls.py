"""Polls: asked with a post, voted in through both doors, counted here, told to the audience, ended at their time.

A vote is one a person and choice, whatever peers send: the database refuses a second, and counts come from its rows. Of
a poll elsewhere its own server counts; here stands what it said last. A vote goes to the poll's author alone, who isn't
addressed by it (law 2).
"""

from collections.abc import Sequence

import msgspec

from fedicert.activitypub import build
from fedicert.activitypub.types import Note, RemotePoll
from fedicert.base.clock import MINUTE, SECOND
from fedicert.base.errors import NotFound, Unprocessable
from fedicert.model.statuses import PollFacts, PollOptionRow
from fedicert.model.urls import Urls
from fedicert.operations import addressing, dispatch, jobs, notices
from fedicert.operations.favourites import seen
from fedicert.operations.writing import open_seat
from fedicert.reach.strangers import Refusal
from fedicert.store.tables import people, polls, statuses
from fedicert.store.tables.statuses import Post
from fedicert.store.unit import Reader, Tx
from fedicert.text import compose

MIN_OPTIONS, MAX_OPTIONS, MAX_OPTION = 2, 4, 50
SHORTEST, LONGEST = 300, 2_629_746
"""Seconds."""
TOLD_AFTER = MINUTE
"""Votes that come in within this time are told in one Update."""

END = "poll_end"
TELL = "tell_post"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A poll as it is asked for; `expires_in` in seconds."""

    options: tuple[str, ...]
    expires_in: int | None = None
    multiple: bool = False
    hide_totals: bool = False


def check(asked: Asked | None, *, media: bool) -> tuple[str, ...]:
    """The choices as they will be kept, () where no poll is asked for. Raises `Unprocessable`."""
    if asked is None:
        return ()
    if media:
        raise Unprocessable("Validation failed: A post has a poll or media, not both")
    titles = tuple(title for title in (compose.plain(option) for option in asked.options) if title)
    if not MIN_OPTIONS <= len(titles) <= MAX_OPTIONS:
        raise Unprocessable(f"Validation failed: Poll options must be {MIN_OPTIONS} to {MAX_OPTIONS}")
    if len(set(titles)) != len(titles):
        raise Unprocessable("Validation failed: Poll options must differ")
    if any(compose.length(title) > MAX_OPTION for title in titles):
        raise Unprocessable(f"Validation failed: Poll options have at most {MAX_OPTION} characters each")
    if asked.expires_in is None or not SHORTEST <= asked.expires_in <= LONGEST:
        raise Unprocessable(f"Validation failed: Poll expires_in must be {SHORTEST} to {LONGEST} seconds")
    return titles


def begin(asked: Asked | None, titles: Sequence[str], now: int) -> PollFacts | None:
    """The poll that was asked for, without a vote."""
    if asked is None:
        return None
    return PollFacts(
        options=tuple(PollOptionRow(title, 0) for title in titles),
        multiple=asked.multiple,
        expires_at=now + (asked.expires_in or 0) * SECOND,
        hide_totals=asked.hide_totals,
        voters=0,
    )


def carry_on(old: PollFacts | None, new: PollFacts | None) -> PollFacts | None:
    """The poll of an edited post: with the votes so far where the choices stay, else with none."""
    if old is None or new is None or not same(old, new):
        return new
    return msgspec.structs.replace(new, options=old.options, voters=old.voters)


async def watch(tx: Tx, status: int, poll: PollFacts | None, before: PollFacts | None = None) -> None:
    """A post has this poll now: it ends at its time. `before`: what it had; votes for other choices go."""
    await reset(tx, status, before, poll)
    if poll is not None and poll.expires_at is not None:
        await jobs.enqueue(tx, END, {"status": status}, key=str(status), due=max(poll.expires_at, tx.now))


async def reset(tx: Tx, status: int, before: PollFacts | None, after: PollFacts | None) -> None:
    """A post was edited: where it had a poll and asks otherwise now, or nothing, the votes go."""
    if before is not None and not same(before, after):
        await polls.forget(tx, status)


def same(one: PollFacts | None, other: PollFacts | None) -> bool:
    """Do they ask the same, with the same choices? None asks nothing."""
    return one is not None and other is not None and _choices(one) == _choices(other)


async def vote(tx: Tx, urls: Urls, account: int, status: int, choices: Sequence[int]) -> int | Refusal:
    """Somebody here votes; returns the post's id. Raises `NotFound`, `Unprocessable`."""
    seat = await open_seat(tx, account)
    post = await seen(tx, status, account)
    await statuses.hold(tx, post.id)
    post = await seen(tx, post.id, account)
    poll = post.row.poll
    if poll is None:
        raise NotFound
    wanted = sorted(set(choices))
    if post.author == account:
        raise Unprocessable("Validation failed: You can't vote in your own poll")
    if poll.over(tx.now):
        raise Unprocessable("Validation failed: The poll has already ended")
    if not wanted or wanted[0] < 0 or wanted[-1] >= len(poll.options) or (len(wanted) > 1 and not poll.multiple):
        raise Unprocessable("Validation failed: The chosen vote option does not exist")
    if await polls.votes_of(tx, post.id, account):
        raise Unprocessable("Validation failed: You have already voted on this poll")
    if not post.author_local:
        refusal = await addressing.too_often(tx, seat, "Create", len(wanted))
        if refusal is not None:
            return refusal
    for choice in wanted:
        await polls.add(tx, post.id, account, choice, multiple=poll.multiple)
    if post.author_local:
        await _counted(tx, post, poll)
        return post.id
    await statuses.set_poll(tx, post.id, _added(poll, wanted))
    for choice in wanted:
        uri = urls.activity(tx.new_id())
        document = build.vote(uri, seat.uri, poll.options[choice].title, post.row.uri, post.author_uri, tx.now)
        await dispatch.answer(tx, account, [post.author], document, pair=f"{account}>{post.author}")
    # Whoever voted is told when it ends.
    await watch(tx, post.id, poll)
    return post.id


async def receive_vote(tx: Tx, account: int, note: Note) -> bool:
    """A remote actor votes: a Note with a name and nothing said. False where it is no vote in a poll of somebody here.

    A vote that comes too late, for another choice, or a second time, changes nothing.
    """
    post = await statuses.by_uri(tx, note.in_reply_to) if note.in_reply_to and note.name else None
    if post is None or not post.local or post.row.poll is None or note.content_html or note.attachments:
        return False
    await statuses.hold(tx, post.id)
    post = await statuses.visible(tx, post.id, account)
    if post is None or post.row.poll is None or post.author == account or post.row.poll.over(tx.now):
        return True
    poll = post.row.poll
    titles = [option.title for option in poll.options]
    if note.name in titles and await polls.add(tx, post.id, account, titles.index(note.name), multiple=poll.multiple):
        await _counted(tx, post, poll)
    return True


async def end(tx: Tx, urls: Urls, status: int) -> None:
    """A poll's time is over: its author and whoever voted are told, and the audience gets the totals. Twice is once."""
    if not await statuses.hold(tx, status):
        return
    post = await statuses.by_id(tx, status)
    if post is None or post.row.poll is None or post.row.poll.closed_at is not None:
        return
    poll = post.row.poll
    if not poll.over(tx.now):
        await watch(tx, status, poll)
        return
    await statuses.set_poll(tx, status, msgspec.structs.replace(poll, closed_at=tx.now))
    for account in await polls.voters_here(tx, status):
        await notices.notify(tx, account, "poll", post.author, status)
    if post.author_local:
        await notices.notify(tx, post.author, "poll", post.author, status)
        await tell_later(tx, status)
    tx.signal("status_edited", status)


async def tell_later(tx: Tx, status: int, pause: int = 0) -> None:
    """Have the audience told that a post changed otherwise than by its author's words."""
    await jobs.enqueue(tx, TELL, {"status": status}, key=str(status), due=tx.now + pause)


def of_remote(poll: RemotePoll | None) -> PollFacts | None:
    """A poll as its own server counts it."""
    if poll is None:
        return None
    return PollFacts(
        options=tuple(PollOptionRow(choice.title, choice.votes) for choice in poll.choices),
        multiple=poll.multiple,
        expires_at=poll.ends_at,
        voters=poll.voters,
        closed_at=(poll.ends_at or 0) if poll.closed and poll.ends_at is None else None,
    )


def recounted(old: PollFacts | None, new: PollFacts | None) -> PollFacts | None:
    """A remote poll with newer numbers; None where it isn't the same poll, or nothing changed."""
    if old is None or new is None or not same(old, new):
        return None
    kept = msgspec.structs.replace(new, closed_at=old.closed_at if old.closed_at is not None else new.closed_at)
    return None if kept == old else kept


async def author_of(reader: Reader, post: Post) -> str:
    """The name by which clients know a post's author."""
    person = await people.by_id(reader, post.author)
    return post.author_name if person is None else person.acct


async def _counted(tx: Tx, post: Post, poll: PollFacts) -> None:
    votes, voters = await polls.count(tx, post.id, len(poll.options))
    options = tuple(PollOptionRow(option.title, votes[place]) for place, option in enumerate(poll.options))
    await statuses.set_poll(tx, post.id, msgspec.structs.replace(poll, options=options, voters=voters))
    await tell_later(tx, post.id, TOLD_AFTER)
    tx.signal("status_edited", post.id)


def _added(poll: PollFacts, choices: Sequence[int]) -> PollFacts:
    """What the poll's own server will say of it, as far as that can be known."""
    options = tuple(
        PollOptionRow(option.title, (option.votes or 0) + (place in choices))
        for place, option in enumerate(poll.options)
    )
    return msgspec.structs.replace(poll, options=options, voters=None if poll.voters is None else poll.voters + 1)


def _choices(poll: PollFacts) -> tuple[bool, list[str]]:
    return poll.multiple, [option.title for option in poll.options]
