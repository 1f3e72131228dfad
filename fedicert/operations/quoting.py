"""Quoting: what a post of somebody here, or one that came in, quotes, and whether that is allowed (FEP-044f).

A post of somebody here is judged at once; of one elsewhere its author is asked, and the quote waits for the answer. What
comes in is believed by its stamp alone, which `jobs` fetch and hand to `settle`. A quoted author counts as answered
(law 2).
"""

from typing import Any

import msgspec

from fedicert.activitypub.build_quotes import request_quote
from fedicert.activitypub.values import same_origin
from fedicert.base.errors import Forbidden, NotFound, Unprocessable
from fedicert.model.statuses import QuoteFacts, StatusRow, Visibility
from fedicert.model.urls import Urls
from fedicert.operations import addressing, dispatch, jobs
from fedicert.operations.boosts import OUTSIDE
from fedicert.operations.polls import author_of
from fedicert.operations.quotes import LOOK, lets_quote, move, stamp_of, tell_if_ours
from fedicert.reach.strangers import Refusal
from fedicert.store.tables import quotes, quotings, statuses
from fedicert.store.tables.seats import Seat
from fedicert.store.tables.statuses import Post
from fedicert.store.unit import Reader, Tx

NOT_THERE = "The status you are trying to quote does not appear to exist."


async def find(reader: Reader, author: int, quoted: int | None) -> Post | None:
    """The post that a new one quotes, of a boost what it boosts. Raises `NotFound`, `Forbidden`."""
    if quoted is None:
        return None
    post = await statuses.visible(reader, quoted, author)
    if post is not None and post.row.reblog_of_id is not None:
        post = await statuses.visible(reader, post.row.reblog_of_id, author)
    if post is None:
        raise NotFound(NOT_THERE)
    if post.row.visibility == "direct" or (post.row.visibility == "private" and post.author != author):
        raise Forbidden("This action is not allowed: posts for a few can't be quoted")
    if post.kept_only and post.author == author:
        raise Forbidden(f"This action is not allowed: {OUTSIDE}")
    return post


def narrowed(held: Visibility, quoted: Post | None) -> Visibility:
    """A quote never makes a post more visible than it is: of one's own for followers, it is for followers."""
    if quoted is not None and quoted.row.visibility == "private" and held in ("public", "unlisted"):
        return "private"
    return held


async def judge(
    tx: Tx, seat: Seat, quoted: Post, held: Visibility, named: list[int], *, quiet: bool = False
) -> Refusal | None:
    """May this person quote this post? Else why not, on their ledger. `quiet`: as for `addressing.refuse`.
    Raises `Unprocessable`."""
    refusal = await would_refuse(tx, seat, quoted, held, named)
    if refusal is not None:
        await addressing.refuse(tx, seat, refusal, quiet=quiet)
    elif not quoted.author_local and quoted.author != seat.account:
        refusal = await addressing.too_often(tx, seat, "QuoteRequest", quiet=quiet)
    return refusal


async def would_refuse(reader: Reader, seat: Seat, quoted: Post, held: Visibility, named: list[int]) -> Refusal | None:
    """The same without ledger and rates, for a preview. Raises `Unprocessable`."""
    if held == "direct" and quoted.author != seat.account and quoted.author not in named:
        raise Unprocessable("Validation failed: A direct post that quotes somebody has to mention them")
    if await lets_quote(reader, quoted, seat.account):
        return None
    return Refusal(limit="quotes", tier=seat.limits.tier, people=(await author_of(reader, quoted),))


async def facts_of(tx: Tx, urls: Urls, author: int, uri: str, quoted: Post | None) -> QuoteFacts | None:
    """How a new post at `uri` quotes: allowed at once where the quoted author is from here, else waiting."""
    if quoted is None:
        return None
    if quoted.author == author:
        return QuoteFacts(uri=quoted.row.uri, id=quoted.id, state="accepted")
    if not quoted.author_local:
        return QuoteFacts(uri=quoted.row.uri, id=quoted.id, state="pending")
    stamp = await stamp_of(tx, urls, quoted, uri, author)
    return QuoteFacts(uri=quoted.row.uri, id=quoted.id, state="accepted" if stamp else "rejected", stamp=stamp)


async def begin(tx: Tx, urls: Urls, seat: Seat, row: StatusRow, quoted: Post | None, note: dict[str, Any]) -> None:
    """A post that quotes was stored: it counts, or its quoted author is asked. `note`: the post as a document."""
    if row.quote is None or quoted is None:
        return
    if row.quote.state == "accepted":
        await move(tx, msgspec.structs.replace(row, quote=_unsaid(row.quote)), "accepted", row.quote.stamp)
    elif row.quote.state == "pending":
        request = urls.activity(tx.new_id())
        await quotings.asked(tx, row.id, request)
        document = request_quote(request, seat.uri, quoted.row.uri, quoted.author_uri, note)
        await dispatch.answer(
            tx, seat.account, [quoted.author], document, pair=f"{seat.account}>{quoted.author}", about=row.id
        )


async def receive_answer(tx: Tx, by: int, request: str, stamp: str | None) -> bool:
    """A remote author answers our QuoteRequest: with a stamp on their own server, or (None) not at all.

    False where nothing of ours waits for an answer of theirs. A Reject after an Accept takes it back.
    """
    identifier = await quotings.by_request(tx, request) if request else None
    if identifier is None or not await statuses.hold(tx, identifier):
        return False
    post = await statuses.by_id(tx, identifier)
    if post is None or post.row.quote is None or post.row.quote.id is None:
        return False
    quoted = await statuses.by_id(tx, post.row.quote.id)
    if quoted is None or quoted.author != by:
        return False
    state = post.row.quote.state
    if stamp is None:
        if state not in ("pending", "accepted"):
            return False
        await move(tx, post.row, "rejected" if state == "pending" else "revoked")
    else:
        if state not in ("pending", "rejected") or not stamp or not same_origin(stamp, quoted.author_uri):
            return False
        await move(tx, post.row, "accepted", stamp)
    await tell_if_ours(tx, post)
    return True


async def receive_revocation(tx: Tx, by: int, stamp: str) -> bool:
    """A remote author deletes a stamp: what it allowed is allowed no longer."""
    found = await quotings.by_stamp(tx, stamp, by)
    for identifier in found:
        post = await statuses.by_id(tx, identifier)
        if post is not None and post.row.quote is not None and post.row.quote.state in ("pending", "accepted"):
            await move(tx, post.row, "revoked")
            await tell_if_ours(tx, post)
    return bool(found)


async def look_later(tx: Tx, status: int, quote: QuoteFacts | None) -> None:
    """A post came in that quotes: have it looked at, whether that is allowed."""
    if quote is not None:
        await jobs.enqueue(tx, LOOK, {"status": status}, key=str(status))


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be looked at: a post from elsewhere, its author and what it quotes. `quoted`: where that is here."""

    uri: str
    author_uri: str
    quote: QuoteFacts
    quoted: int | None


async def to_look_at(reader: Reader, status: int) -> Looked | None:
    """What a post from elsewhere quotes, where that waits to be judged."""
    post = await statuses.by_id(reader, status)
    if post is None or post.local or post.row.quote is None or post.row.quote.state not in ("pending", "unauthorized"):
        return None
    quoted = await statuses.by_uri(reader, post.row.quote.uri)
    return Looked(
        uri=post.row.uri,
        author_uri=post.author_uri,
        quote=post.row.quote,
        quoted=None if quoted is None else quoted.id,
    )


async def settle(tx: Tx, status: int, quoted: int, stamp_holds: bool | None) -> None:
    """What a post from elsewhere quotes is here: allowed by its own author, by our stamp, or by the one that was fetched.

    `stamp_holds`: of a post elsewhere; None: it shows none.
    """
    if not await statuses.hold(tx, status):
        return
    post, found = await statuses.by_id(tx, status), await statuses.by_id(tx, quoted)
    if post is None or found is None or post.row.quote is None or found.row.reblog_of_id is not None:
        return
    if found.row.visibility not in ("public", "unlisted") and found.author != post.author:
        return
    await quotings.link(tx, status, quoted)
    row = msgspec.structs.replace(post.row, quote=msgspec.structs.replace(post.row.quote, id=quoted))
    if found.author == post.author:
        state = "accepted"
    elif found.author_local:
        state = "accepted" if await quotes.allowed(tx, quoted, post.row.uri) is not None else "pending"
    else:
        state = {None: "pending", True: "accepted", False: "unauthorized"}[stamp_holds]
    assert row.quote is not None
    if state != row.quote.state:
        await move(tx, row, state, row.quote.stamp)


def _unsaid(quote: QuoteFacts) -> QuoteFacts:
    """As it stood before it was judged, so that it is counted once."""
    return msgspec.structs.replace(quote, state="pending")
