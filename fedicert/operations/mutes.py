"""Not wanting to hear of somebody, of a thread, of a domain. The muted are told nothing, and no follow ends by a mute.

What was muted leaves the home and the lists, and comes back when the mute ends, as far as it is here.
"""

from fedicert.base.errors import BadRequest, NotFound, Unprocessable
from fedicert.base.urls import canonical_authority
from fedicert.model.urls import Urls
from fedicert.operations import dispatch, follows, jobs
from fedicert.operations.favourites import seen
from fedicert.store.tables import mutes, people, seats
from fedicert.store.tables.mutes import Mute
from fedicert.store.unit import Tx

LONGEST_SECONDS = 10 * 366 * 86_400
SEVERED_AT_ONCE = 25


async def mute(tx: Tx, account: int, target: int, *, notifications: bool, seconds: int = 0) -> None:
    """Hear of somebody no longer; for so many seconds, 0 for ever. Muted again, the new wish counts."""
    if account == target:
        raise Unprocessable("You can't mute yourself")
    if await people.by_id(tx, target) is None:
        raise NotFound
    end = tx.now + min(seconds, LONGEST_SECONDS) * 1000 if seconds > 0 else None
    await mutes.put(tx, account, target, Mute(notifications, end))
    await dispatch.hush(tx, account, target)
    if end is not None:
        await jobs.enqueue(
            tx, "unmute", {"account": account, "target": target}, due=end, key=f"{account}:{target}:{end}"
        )


async def unmute(tx: Tx, account: int, target: int) -> None:
    """Hear of them again; nothing to undo is no error."""
    if await mutes.delete(tx, account, target):
        await dispatch.catch_up(tx, account, target)


async def lapse(tx: Tx, account: int, target: int) -> None:
    """The time of a mute may be over."""
    found = await mutes.between(tx, account, target)
    if found is not None and found.expires_at is not None and found.expires_at <= tx.now:
        await unmute(tx, account, target)


async def mute_thread(tx: Tx, _: Urls, account: int, status: int) -> int:
    """Be told no more of what happens in a thread; returns the id of the post (of a boost: the boosted one)."""
    post = await seen(tx, status, account)
    await mutes.mute_thread(tx, account, post.conversation)
    await mutes.mark_thread(tx, account, post.id)
    return post.id


async def unmute_thread(tx: Tx, _: Urls, account: int, status: int) -> int:
    """Be told of it again."""
    post = await seen(tx, status, account)
    await mutes.unmute_thread(tx, account, post.conversation)
    await mutes.unmark_thread(tx, account, post.id)
    return post.id


async def hide_domain(tx: Tx, urls: Urls, account: int, domain: str) -> None:
    """Want nothing of a domain: what comes from there stays out of timelines and notifications, and follows end."""
    name = _name(domain)
    if not name:
        raise Unprocessable(
            "Validation failed: Domain is not a valid domain name", {"domain": [("ERR_INVALID", "is invalid")]}
        )
    if name in (urls.domain, urls.host):
        raise Unprocessable("Validation failed: Domain is this server's own")
    if await mutes.hide_domain(tx, account, name):
        await dispatch.hush_domain(tx, account, name)
        await jobs.enqueue(tx, "hide_domain", {"account": account, "domain": name})


async def show_domain(tx: Tx, account: int, domain: str) -> None:
    """Take it back; the follows that ended stay ended. Nothing to undo is no error."""
    await mutes.show_domain(tx, account, _name(domain))


async def sever_domain(tx: Tx, urls: Urls, account: int, domain: str) -> bool:
    """End some of the follows between somebody and a domain they hide; True: there are more."""
    if not await mutes.hides_domain(tx, account, domain):
        return False
    found = await mutes.related_in(tx, account, domain, SEVERED_AT_ONCE)
    for other in found:
        await seats.hold(tx, account, other)
        await follows.sever(tx, urls, account, other)
    return len(found) == SEVERED_AT_ONCE


def _name(domain: str) -> str:
    """A domain as it stands in handles; '' for what is none."""
    try:
        host, port = canonical_authority(domain.strip().lower())
    except BadRequest:
        return ""
    return host if port is None else f"{host}:{port}"
