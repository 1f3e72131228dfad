"""Who may quote posts of people here, and the stamps of those who may (FEP-044f): by the author's tier and word (law 5).

The stamp of an allowed quote is served by its id; its author may take it back, and asking again doesn't bring it back.
"""

from typing import Literal, get_args

from fedicert.activitypub.build_quotes import QuoteRequest, accept_quote, reject_quote, revoke_quote
from fedicert.base.errors import NotFound, Unprocessable
from fedicert.model.statuses import Quoting, StatusRow
from fedicert.model.urls import Urls
from fedicert.operations import dispatch, jobs, notices
from fedicert.operations.boosts import lets_boost
from fedicert.operations.ledger import Party, record_about
from fedicert.operations.polls import tell_later
from fedicert.operations.writing import open_seat
from fedicert.store.tables import follows, people, quotes, quotings, seats, statuses
from fedicert.store.tables.statuses import Post
from fedicert.store.unit import Reader, Tx

LOOK = "quote"
"""The job that looks at what a post quotes."""
AT_ONCE = 100

Policy = Literal["public", "followers", "nobody"]
POLICIES: tuple[str, ...] = get_args(Policy)


async def lets_quote(reader: Reader, post: Post, quoter: int) -> bool:
    """May this person quote the post? Of a post from elsewhere: does what its server says not forbid it?"""
    if post.author == quoter:
        return True
    if post.row.visibility not in ("public", "unlisted") or post.row.quoting == "nobody":
        return False
    if post.row.quoting == "followers":
        row = await follows.between(reader, quoter, post.author)
        if row is None or row.state != "admitted":
            return False
    return await lets_boost(reader, post, quoter) if post.author_local else True


async def receive_request(tx: Tx, urls: Urls, quoter: int, request: QuoteRequest) -> bool:
    """Answer a request; False where there is no such post here for this actor to see, which isn't answered.

    A post for few is never quoted. A refusal stands on the author's ledger.
    """
    post = await statuses.visible_by_uri(tx, request.quoted, quoter)
    if post is None or not post.author_local or post.row.reblog_of_id is not None:
        return False
    seat = await seats.lock(tx, post.author)
    if seat is None or seat.closed:
        return False
    pair = f"{seat.account}>{quoter}"
    stamp = await quotes.allow(tx, post.id, request.quote, quoter) if await lets_quote(tx, post, quoter) else None
    if stamp is None:
        party = Party(request.quoter, quoter)
        body = {"limit": "quotes", "tier": seat.limits.tier}
        await record_about(tx, seat.account, "refused:quotes", "law 5: quotes", "quoter", party, body)
        refusal = reject_quote(urls.activity(tx.new_id()), seat.uri, request)
        await dispatch.answer(tx, seat.account, [quoter], refusal, pair=pair)
        return True
    shown = urls.quote_authorization(seat.username, stamp)
    accepted = accept_quote(urls.activity(tx.new_id()), seat.uri, request, shown)
    await dispatch.answer(tx, seat.account, [quoter], accepted, pair=pair, about=post.id)
    # The post that quotes may be here, or come, or have to be asked for.
    await jobs.enqueue(tx, LOOK, {"uri": request.quote}, key=f"u{stamp}")
    return True


async def set_policy(tx: Tx, urls: Urls, account: int, status: int, policy: str) -> int:
    """The author says who may quote one of their posts from now on; returns its id. What was allowed stays so."""
    if policy not in POLICIES:
        raise Unprocessable("Validation failed: Quote approval policy is not included in the list")
    seat = await open_seat(tx, account)
    post = await statuses.by_id(tx, status)
    if post is None or post.author != account or post.row.reblog_of_id is not None:
        raise NotFound
    if post.row.visibility in ("private", "direct") and policy != "nobody":
        raise Unprocessable("Validation failed: Posts for a few can't be quoted by others")
    held = policy_that_holds(policy, post.row.visibility, seat.limits.boosts)
    if held != post.row.quoting:
        await quotings.set_policy(tx, status, held)
        await tell_later(tx, status)
    return status


def policy_that_holds(asked: str | None, visibility: str, boosts: str) -> Quoting:
    """How a post of somebody here is marked; the tier is looked at again whenever somebody quotes, and at `public` ones
    when their author comes to stand on a rung that lets only the audience."""
    if visibility in ("private", "direct") or asked == "nobody":
        return "nobody"
    if asked == "followers":
        return "followers"
    return "tier" if boosts != "anyone" else "public"


async def leave_to_the_tier(tx: Tx, account: int, after: int) -> int | None:
    """The author of a page of posts that anyone could quote stands on a rung now that lets only its audience: what those
    posts say of that is the rung's word from now on, whichever it is. Where to go on, None: that was all."""
    seat = await seats.lock(tx, account)
    if seat is None or seat.limits.boosts == "anyone":
        return None
    page = await quotings.open_to_all(tx, account, after, AT_ONCE)
    for status in page:
        await quotings.set_policy(tx, status, "tier")
    return page[-1] if len(page) == AT_ONCE else None


async def look_at_tier(tx: Tx, tier: int, after: int) -> int | None:
    """Have the posts of a page of those on a rung looked at; where to go on."""
    page = await seats.of_tier(tx, tier, after, AT_ONCE)
    for account in page:
        await jobs.enqueue(tx, "look_at_quotes", {"account": account}, key=str(account))
    return page[-1] if len(page) == AT_ONCE else None


async def revoke(tx: Tx, urls: Urls, account: int, status: int, quote: int) -> int:
    """The author of the quoted post takes the quote's stamp back, for good; returns the post that quoted.

    Told to the quoting post's author, whose server knows where the post went.
    """
    seat = await open_seat(tx, account, retracts=True)
    post = await statuses.by_id(tx, status)
    quoting = await statuses.by_id(tx, quote)
    if post is None or post.author != account or quoting is None or quoting.row.quote is None:
        raise NotFound
    if quoting.row.quote.id != status:
        raise NotFound
    stamp = await quotes.revoke(tx, status, quoting.row.uri, quoting.author)
    if quoting.row.quote.state in ("pending", "accepted"):
        await move(tx, quoting.row, "revoked")
        await tell_if_ours(tx, quoting)
    if stamp is not None and not quoting.author_local:
        shown = urls.quote_authorization(seat.username, stamp)
        document = revoke_quote(urls.activity(tx.new_id()), seat.uri, shown, quoting.author_uri)
        await dispatch.answer(tx, account, [quoting.author], document, pair=f"{account}>{quoting.author}")
    return quote


async def move(tx: Tx, row: StatusRow, state: str, stamp: str = "") -> None:
    """A quote stands otherwise now: it counts where it is accepted, and its author is told of one that is."""
    assert row.quote is not None
    before, quoted = row.quote.state, row.quote.id
    await quotings.move(tx, row.id, state, stamp)
    if quoted is not None and (before == "accepted") != (state == "accepted"):
        await quotings.count(tx, quoted, 1 if state == "accepted" else -1)
    if quoted is not None and state == "accepted":
        post = await statuses.by_id(tx, quoted)
        if post is not None:
            await notices.notify(tx, post.author, "quote", row.author_id, row.id)
    tx.signal("status_edited", row.id)


async def tell_if_ours(tx: Tx, post: Post) -> None:
    """The audience of a post of somebody here is told that its quote stands otherwise."""
    if post.author_local:
        await tell_later(tx, post.id)


async def stamp_of(tx: Tx, urls: Urls, post: Post, quote: str, quoter: int) -> str:
    """The stamp for a quote of a post of somebody here by somebody here. '' where the post has too many."""
    person = await people.by_id(tx, post.author)
    assert person is not None
    stamp = await quotes.allow(tx, post.id, quote, quoter)
    return "" if stamp is None else urls.quote_authorization(person.username, stamp)
