"""Boosting and its undoing, through both doors. A boost is the booster's act, under the booster's limits (law 5).

A boost is a row of its own that names the boosted post. It never makes a post more visible than it is.
"""

import msgspec

from fedicert.activitypub import build
from fedicert.activitypub.types import Document
from fedicert.base.errors import Forbidden, NotFound, Unprocessable
from fedicert.model.statuses import REBLOGGED, StatusRow, Visibility
from fedicert.model.urls import Urls
from fedicert.operations import addressing, dispatch, notices, responsibility, scope
from fedicert.operations.erasing import forget
from fedicert.operations.favourites import done_to, seen
from fedicert.operations.writing import open_seat
from fedicert.reach.limits import standing_of
from fedicert.reach.strangers import Refusal
from fedicert.reach.visibility import may_be_boosted, visibility_that_holds
from fedicert.store.tables import follows, marks, people, scopes, seats, statuses
from fedicert.store.tables.seats import Seat
from fedicert.store.tables.statuses import UNLISTED, NewPost, Post
from fedicert.store.unit import Reader, Tx

OUTSIDE = (
    "a post outside the scope of your licence is for those whom you would keep on the lowest rung,"
    " and this would show it to all"
)


async def reblog(tx: Tx, urls: Urls, account: int, status: int, visibility: Visibility | None = None) -> int | Refusal:
    """Somebody here boosts a post; returns the boost's id. Once boosted, it stays the same boost.

    Where the author's tier leaves boosting to its audience, nobody else's boost is made, and why is returned.

    Raises `NotFound`, `Forbidden` where it isn't for boosting, `Unprocessable`.
    """
    seat = await open_seat(tx, account)
    post = await seen(tx, status, account)
    already = await statuses.boost_by(tx, post.id, account)
    if already is not None:
        return already.id
    if not may_be_boosted(post.row.visibility, own=post.author == account):  # type: ignore[arg-type]
        raise Forbidden("This action is not allowed: posts for a few are not for boosting")
    if visibility == "direct":
        raise Unprocessable("Validation failed: A boost can't be direct")
    if post.kept_only and post.author == account:
        raise Forbidden(f"This action is not allowed: {OUTSIDE}")
    if not await lets_boost(tx, post, account):
        refusal = Refusal(limit="boosts", tier=seat.limits.tier, people=(await _acct(tx, post),))
        await addressing.refuse(tx, seat, refusal)
        return refusal
    if not post.author_local:
        refused = await addressing.too_often(tx, seat, "Announce")
        if refused is not None:
            return refused
    asked: Visibility = "private" if post.row.visibility == "private" else visibility or "public"
    held = visibility_that_holds(asked, seat.limits.visibility)
    unsigned = await responsibility.stops(tx, urls, seat, held, (), post.id)
    if unsigned is not None:
        return unsigned
    identifier = tx.new_id()
    uri = urls.status_activity(seat.username, identifier)
    standing = standing_of(seat.limits)
    wrapper = StatusRow(
        id=identifier,
        uri=uri,
        url=uri,
        author_id=account,
        visibility=held,
        created_at=tx.now,
        reblog_of_id=post.id,
    )
    new = NewPost(
        row=wrapper,
        local=True,
        listed=UNLISTED,
        conversation=post.conversation,
        admitted_through=seat.admitted_seq,
        standing=msgspec.json.encode(standing).decode(),
    )
    await _count(tx, post, 1)
    if not await statuses.insert(tx, new):
        raise RuntimeError(f"the id {identifier} was given twice")
    await statuses.count_published(tx, account, tx.now)
    await marks.set_bit(tx, account, post.id, REBLOGGED)
    await notices.notify(tx, post.author, "reblog", account, post.id)
    await dispatch.own_home(tx, account, identifier, post.id)
    await dispatch.spread(
        tx,
        account,
        _announce(urls, seat, wrapper, post),
        act="say",
        thing=identifier,
        visibility=held,
        standing=standing,
        through=seat.admitted_seq,
        addressees=[] if post.author_local else [post.author],
        admitted=seat.counts.admitted,
    )
    return identifier


async def unreblog(tx: Tx, urls: Urls, account: int, status: int) -> int:
    """Take a boost back, named by the boosted post or by itself; returns the boosted post's id."""
    post = await done_to(tx, status, account)
    await take_back(tx, urls, account, post)
    return post.id


async def take_all_back(tx: Tx, urls: Urls, post: Post) -> None:
    """Every boost of `post` by people here ends."""
    for _, booster, local in await statuses.boosts_of(tx, post.id):
        if local:
            await take_back(tx, urls, booster, post)


async def take_back(tx: Tx, urls: Urls, account: int, post: Post) -> None:
    """The boost of `post` by somebody here ends, and everyone who was told of it is told so; none is no error.

    A closed account takes back all the same (docs/law.md, Cases: it delivers only retractions).
    """
    seat = await seats.lock(tx, account)
    if seat is None:
        raise NotFound
    boost = await statuses.boost_by(tx, post.id, account)
    if boost is None:
        return
    await _end(tx, boost, post)
    await marks.clear_bit(tx, account, post.id, REBLOGGED)
    await dispatch.spread(
        tx,
        account,
        build.undo(urls.activity(tx.new_id()), _announce(urls, seat, boost.row, post)),
        act="take_back",
        thing=boost.id,
        visibility=boost.row.visibility,
        standing=standing_of(seat.limits),
        through=seat.admitted_seq,
    )


async def receive_boost(
    tx: Tx, urls: Urls, account: int, status: int, uri: str, published: int | None, visibility: str = "public"
) -> int | None:
    """A remote actor boosts a post that is here; `uri` is the Announce's id, `published` in ms.

    Returns the boost's id; None where the post isn't for boosting, or is gone (federation §7 #43). A boost by somebody
    outside the audience, where the author's tier leaves boosting to it, is counted and told, and enters nobody's home.
    """
    post = await statuses.visible(tx, status, account)
    if post is None or post.row.reblog_of_id is not None or visibility == "direct":
        return None
    if not may_be_boosted(post.row.visibility, own=post.author == account):  # type: ignore[arg-type]
        return None
    already = await statuses.boost_by(tx, post.id, account)
    if already is not None:
        return already.id
    if await statuses.by_uri(tx, uri) is not None:
        return None
    moment = tx.now if published is None else min(published, tx.now)
    shown_to = "private" if post.row.visibility == "private" else visibility
    wrapper = StatusRow(
        id=0,
        uri=uri,
        url=uri,
        author_id=account,
        visibility=shown_to,
        created_at=moment,
        reblog_of_id=post.id,
    )
    await _count(tx, post, 1)
    # Who follows whom elsewhere isn't known here: that server's own people are its own affair.
    lets = not post.author_local or await lets_boost(tx, post, account)
    new = NewPost(
        row=wrapper,
        local=False,
        listed=UNLISTED,
        conversation=post.conversation,
        boosts="" if lets else "outside",
    )
    identifier = await statuses.insert_remote(tx, new, moment)
    await statuses.count_published(tx, account, moment)
    await notices.notify(tx, post.author, "reblog", account, post.id)
    if lets:
        await dispatch.appear(tx, account, identifier, post.id, None)
    return identifier


async def receive_unboost(tx: Tx, account: int, uri: str, thing: str) -> bool:
    """A remote actor takes their own boost back, named by the Announce's id or by what was boosted; '' is unsaid."""
    boost = await statuses.by_uri(tx, uri) if uri else None
    if boost is None and thing:
        boosted = await statuses.by_uri(tx, thing)
        boost = None if boosted is None else await statuses.boost_by(tx, boosted.id, account)
    if boost is None or boost.author != account or boost.row.reblog_of_id is None:
        return False
    post = await statuses.by_id(tx, boost.row.reblog_of_id)
    assert post is not None
    await _end(tx, boost, post)
    return True


async def lets_boost(reader: Reader, post: Post, booster: int) -> bool:
    """Does the author's tier let this person boost? Of a post from elsewhere: does what its server says (law 5)?"""
    if post.author == booster:
        return True
    says = post.boosts or "anyone"
    if post.author_local:
        limits = await scope.limits_on(reader, post)
        says = "nobody" if limits is None else limits.boosts
    if says != "audience":
        return says == "anyone"
    row = await follows.between(reader, booster, post.author)
    if row is None or row.state != "admitted":
        return False
    return not post.kept_only or await scopes.is_for(reader, post.id, booster)


async def _acct(tx: Tx, post: Post) -> str:
    person = await people.by_id(tx, post.author)
    return post.author_name if person is None else person.acct


async def _end(tx: Tx, boost: Post, post: Post) -> None:
    await _count(tx, post, -1)
    await forget(tx, boost)
    await statuses.count_for_author(tx, boost.author, -1)
    await notices.withdraw(tx, post.author, boost.author, ("reblog",), post.id)


async def _count(tx: Tx, post: Post, by: int) -> None:
    if not await statuses.add_boost(tx, post.id, by):
        raise NotFound


def _announce(urls: Urls, seat: Seat, wrapper: StatusRow, post: Post) -> Document:
    goes_to = build.addressees(wrapper.visibility, urls.followers(seat.username), [post.author_uri])
    return build.announce(wrapper.uri, seat.uri, post.row.uri, wrapper.created_at, goes_to)
