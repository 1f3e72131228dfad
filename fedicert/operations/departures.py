"""Somebody leaves for good: what they ever sent is taken back everywhere, slots are free, posts go page by page."""

from fedicert.activitypub import build
from fedicert.base.errors import NotFound
from fedicert.model.urls import Urls
from fedicert.operations import boosts, dispatch, erasing, follows, jobs, telling
from fedicert.reach.limits import standing_of
from fedicert.store.tables import (
    announcements,
    conversations,
    endorsements,
    filters,
    hashtags,
    lists,
    mutes,
    notification_policies,
    seats,
    statuses,
)
from fedicert.store.tables import follows as follow_rows
from fedicert.store.unit import Tx

PAGE = 50


async def retract_account(tx: Tx, urls: Urls, account: int) -> None:
    """A person of ours leaves: the Delete of the actor goes to every inbox that was ever sent anything (law 2).

    Ends their follows both ways. Their posts go in jobs of their own; the one Delete stands for all of them.
    """
    seat = await seats.lock(tx, account)
    if seat is None:
        raise NotFound
    goes_to = build.Addressees((build.PUBLIC,), ())
    await dispatch.fall_silent(tx, account)
    await dispatch.spread(
        tx,
        account,
        build.delete_actor(urls.activity(tx.new_id()), seat.uri, goes_to),
        act="take_back",
        thing=account,
        visibility="public",
        standing=standing_of(seat.limits),
        through=seat.admitted_seq,
    )
    await end_follows(tx, urls, account)
    await forget_wishes(tx, account)
    await forget_posts_later(tx, account)


async def forget_wishes(tx: Tx, account: int) -> None:
    """What somebody wanted to hear, and of whom, goes with them; and so does what others wanted of them."""
    for identifier in await lists.of(tx, account):
        await dispatch.empty_list(tx, identifier)
        await lists.delete(tx, identifier)
    for identifier in await filters.of(tx, account):
        await filters.delete(tx, identifier)
    await lists.delete_member(tx, account)
    for table in (announcements, conversations, hashtags, mutes, endorsements, notification_policies):
        await table.forget(tx, account)


async def end_follows(tx: Tx, urls: Urls, account: int) -> None:
    """End every follow of and by an account that is gone, telling nobody; freed slots go to who is next."""
    for followed in await follow_rows.followed_here(tx, account):
        await follows.undo_follow(tx, urls, account, followed)
    for follower in await follow_rows.followers_here(tx, account):
        await follows.lose(tx, urls, follower, account)
    await follow_rows.delete_all(tx, account)


async def forget_posts_later(tx: Tx, account: int) -> None:
    """Have the account's posts taken out, a page a unit of work."""
    await jobs.enqueue(tx, "forget_posts", {"account": account}, key=str(account))


async def forget_posts(tx: Tx, urls: Urls, account: int) -> bool:
    """Take a page of an account's posts out; True: there are more.

    Boosts of a remote author's posts by people here are taken back where they went.
    """
    page = await statuses.of_author(tx, account, PAGE)
    for identifier in page:
        post = await statuses.by_id(tx, identifier)
        if post is None:
            continue
        if post.row.reblog_of_id is None:
            if not post.local:
                await boosts.take_all_back(tx, urls, post)
            await erasing.erase(tx, post)
        else:
            await statuses.add_boost(tx, post.row.reblog_of_id, -1)
            await erasing.forget(tx, post)
            await statuses.count_for_author(tx, account, -1)
        if post.local:
            await dispatch.taken_back(tx, post.id)
    return await telling.forget(tx, account) or len(page) == PAGE
