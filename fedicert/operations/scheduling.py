"""Posts for later, and drafts. What is asked for is kept as it was asked and judged when it is sent, never before.

Sending is one unit of work with the end of its job, so that a post is there exactly once, whatever stops when and however
many workers there are. What is refused then becomes a draft: it stays in the client's list with a date far ahead, says why,
and can be given another time.
"""

from collections.abc import Mapping

from fedicert.base.clock import MINUTE
from fedicert.base.errors import NotFound, Unprocessable
from fedicert.model.scheduled import Kept, ScheduledRow
from fedicert.model.statuses import MentionRow
from fedicert.model.urls import Urls
from fedicert.operations import jobs, pictures, posts, telling
from fedicert.operations.permits import Sign
from fedicert.operations.polls import Asked
from fedicert.operations.posts import Draft
from fedicert.operations.writing import open_seat
from fedicert.reach.strangers import sentence
from fedicert.store.tables import scheduled
from fedicert.store.unit import Reader, Tx

SOONEST = 5 * MINUTE
MOST, MOST_A_DAY = 300, 25
SHOWN = 80
"""Characters of a refused post that its author is reminded of."""
PUBLISH = "publish"
NEVER = 2**53
"""Pictures of a draft hang on nothing for as long as it is one."""

TOO_SOON = "Validation failed: Scheduled at must be at least 5 minutes from now"


async def schedule(tx: Tx, account: int, kept: Kept, due: int | None, token: int = 0, key: str = "") -> ScheduledRow:
    """Keep a post for its time (ms), or (None) as a draft. The same key of the same token means the same post.

    Raises `Unprocessable` for a time too soon, too many, and pictures that aren't there. Nothing else is judged.
    """
    await open_seat(tx, account)
    if key:
        earlier = await scheduled.by_key(tx, token, key)
        if earlier is not None:
            return earlier
    await _check(tx, account, due)
    if not (kept.text or kept.media_ids or kept.poll or kept.quoted_status_id):
        raise Unprocessable("Validation failed: Text can't be blank")
    await pictures.choose(tx, account, kept.media_ids)
    row = ScheduledRow(id=tx.new_id(), account=account, due=due, kept=kept, token=token, idempotency=key)
    await scheduled.insert(tx, row)
    await _await(tx, row)
    return row


async def reschedule(tx: Tx, account: int, identifier: int, due: int) -> ScheduledRow:
    """Another time; also for a draft. Raises `NotFound`, `Unprocessable`."""
    await open_seat(tx, account)
    row = await held(tx, account, identifier)
    await _check(tx, account, due, moved=True)
    await scheduled.move(tx, identifier, due, "")
    found = await held(tx, account, row.id)
    await _await(tx, found)
    return found


async def cancel(tx: Tx, account: int, identifier: int) -> None:
    """It won't be posted. Its pictures go in a day, as any that hang on nothing."""
    row = await held(tx, account, identifier)
    await scheduled.delete(tx, identifier)
    await pictures.keep_until(tx, account, row.kept.media_ids, tx.now)


async def ready(reader: Reader, identifier: int) -> ScheduledRow | None:
    """One whose time has come."""
    row = await scheduled.by_id(reader, identifier)
    return None if row is None or row.due is None or row.due > reader.now else row


async def await_again(tx: Tx, identifier: int) -> None:
    """Its job came before its time: it is asked for again."""
    row = await scheduled.by_id(tx, identifier)
    if row is not None and row.due is not None:
        await jobs.enqueue(tx, PUBLISH, {"scheduled": row.id}, key=str(row.id), due=row.due)


async def send(
    tx: Tx, urls: Urls, row: ScheduledRow, mentions: Mapping[str, MentionRow], sign: Sign
) -> int | str | None:
    """Post one: its post, or in words why it is refused by the law; None where it went, or waits for another time.

    Raises what posting raises. What is refused stays until `put_back`.
    """
    kept = await scheduled.hold(tx, row.id)
    if kept is None or kept.due != row.due:
        return None
    done = await post(tx, urls, kept, mentions, sign, quiet=True)
    if not isinstance(done, str):
        return done
    await put_back(tx, row.id, row.due, done)
    return done


async def post(
    tx: Tx, urls: Urls, row: ScheduledRow, mentions: Mapping[str, MentionRow], sign: Sign, *, quiet: bool = False
) -> int | str:
    """Post what is kept, now, and let go of it; or in words why the law refuses it. The caller holds the row. `quiet`: and
    tells its author of a refusal."""
    allowed = row.kept.allowed_mentions
    others = [] if allowed is None else [who for who in mentions.values() if str(who.id) not in allowed]
    if any(who.id != row.account for who in others):
        return "Validation failed: The post would mention others"
    done = await posts.publish(tx, urls, row.account, draft_of(row.kept, mentions), sign, quiet=quiet)
    if not isinstance(done, int):
        return sentence(done)
    await scheduled.delete(tx, row.id)
    return done


async def put_back(tx: Tx, identifier: int, due: int | None, why: str) -> None:
    """It was refused when its time came: it is a draft now, and its author is told why."""
    row = await scheduled.hold(tx, identifier)
    if row is None or row.due != due:
        return
    await scheduled.move(tx, identifier, None, why[:1_000])
    await pictures.keep_until(tx, row.account, row.kept.media_ids, NEVER)
    begins = row.kept.text if len(row.kept.text) <= SHOWN else f"{row.kept.text[:SHOWN]}…"
    # The names in it stay names: whoever they are, this message is none of their business.
    said = {"why": _unnamed(why), "begins": _unnamed(begins)}
    await telling.tell(tx, row.account, "scheduled_refused", once=f"scheduled:{identifier}:{due}", values=said)


def _unnamed(text: str) -> str:
    return text.replace("@", "@\u2060")


def draft_of(kept: Kept, mentions: Mapping[str, MentionRow]) -> Draft:
    """What is kept, as a post to be posted."""
    poll = kept.poll
    return Draft(
        text=kept.text,
        spoiler=kept.spoiler_text,
        sensitive=kept.sensitive,
        visibility=kept.visibility,
        language=kept.language,
        in_reply_to_id=kept.in_reply_to_id,
        media=kept.media_ids,
        mentions=mentions,
        poll=None
        if poll is None
        else Asked(
            options=poll.options,
            expires_in=poll.expires_in,
            multiple=poll.multiple,
            hide_totals=poll.hide_totals,
        ),
        quoted_id=kept.quoted_status_id,
        quote_policy=kept.quote_policy,
        application=kept.application,
        off_duty=kept.off_duty,
    )


async def held(tx: Tx, account: int, identifier: int) -> ScheduledRow:
    """One of somebody's own, its row locked. Raises `NotFound`."""
    row = await scheduled.hold(tx, identifier)
    if row is None or row.account != account:
        raise NotFound
    return row


async def _check(tx: Tx, account: int, due: int | None, *, moved: bool = False) -> None:
    if due is not None and due < tx.now + SOONEST:
        raise Unprocessable(TOO_SOON)
    in_all, that_day = await scheduled.count(tx, account, due)
    if in_all >= MOST + moved or (due is not None and that_day >= MOST_A_DAY + moved):
        raise Unprocessable(f"Validation failed: At most {MOST} posts can wait, and {MOST_A_DAY} of them for one day")


async def _await(tx: Tx, row: ScheduledRow) -> None:
    until = NEVER if row.due is None else row.due
    await pictures.keep_until(tx, row.account, row.kept.media_ids, until)
    if row.due is not None:
        await jobs.enqueue(tx, PUBLISH, {"scheduled": row.id}, key=str(row.id), due=row.due)
