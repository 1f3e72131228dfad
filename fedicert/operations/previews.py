"""Before a post is posted: whom it would reach, who waits, and what it would use of strangers and answers (law 2).

Nothing of the post is stored, and nothing is written on the ledger. What follows differs by nothing, as long as nothing
else changes in between: the same plan is made, and the same verdict.
"""

import msgspec

from fedicert.base.errors import Forbidden, NotFound
from fedicert.model.statuses import Visibility
from fedicert.model.urls import Urls
from fedicert.operations import addressing, answers, dispatch, polls, quoting, responsibility, scope
from fedicert.operations.dispatch import Foreseen
from fedicert.operations.posts import Draft, find_parent, has_more_than_words, visibilities
from fedicert.operations.writing import MOVED, write
from fedicert.reach.scope import is_off_duty
from fedicert.reach.strangers import Refusal
from fedicert.store.tables import seats
from fedicert.store.unit import Reader


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """Of one limit: what the post uses, what is used before it, what is allowed and what is left; None: no limit."""

    uses: int
    used: int
    limit: int | None
    remaining: int | None


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What would come of a post. `waiting`: followers without a copy, because they wait for a slot or the owner."""

    visibility: Visibility
    reach: Foreseen
    waiting: int
    strangers: Use
    answers: Use
    refusal: Refusal | None


async def preview(reader: Reader, urls: Urls, author: int, draft: Draft) -> Preview:
    """What would come of a post now. Raises what posting would, for a text or parent that can't be posted."""
    written = write(urls, draft.text, draft.spoiler, draft.mentions, blank=has_more_than_words(draft))
    polls.check(draft.poll, media=bool(draft.media))
    seat = await seats.read(reader, author)
    if seat is None:
        raise NotFound
    if seat.closed:
        raise Forbidden("This account is closed")
    if seat.moved:
        raise Forbidden(MOVED)
    parent = await find_parent(reader, author, draft.in_reply_to_id)
    quoted = await quoting.find(reader, author, draft.quoted_id)
    await answers.check(reader, parent, author)
    bounds = await scope.bounds(reader, seat, off_duty=is_off_duty(draft.off_duty, written.signs))
    seat = msgspec.structs.replace(seat, limits=bounds.limits)
    _, held = visibilities(seat, draft, parent, quoted)
    named = [mention.id for mention in written.mentions]
    above = None if parent is None else parent.id
    answered = None if quoted is None else quoted.author
    unsigned = await responsibility.would_stop(reader, urls, seat, held, named, above, answered)
    forbidden = None if quoted is None else await quoting.would_refuse(reader, seat, quoted, held, named)
    weighed = named if answered is None else [*named, answered]
    verdict = await addressing.foresee(reader, seat, weighed, above, answered)
    left_strangers, left_answers = addressing.remaining(seat.limits, verdict)
    return Preview(
        visibility=held,
        reach=await dispatch.foresee(reader, author, held, bounds.standing, seat.admitted_seq, named, bounds.units),
        waiting=seat.counts.held + seat.counts.requested,
        strangers=Use(
            uses=verdict.strangers,
            used=verdict.strangers_used,
            limit=seat.limits.strangers,
            remaining=left_strangers,
        ),
        answers=Use(
            uses=verdict.answers,
            used=verdict.answers_used,
            limit=seat.limits.answers_per_day,
            remaining=left_answers,
        ),
        refusal=unsigned or forbidden or verdict.refusal,
    )
