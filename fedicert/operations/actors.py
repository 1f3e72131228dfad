"""Actors of other servers: met, changed, gone. What their documents say was fetched and judged before."""

from urllib.parse import urlsplit

from fedicert.activitypub.types import Actor
from fedicert.attestations.links import read_links
from fedicert.base.errors import Duplicate, Forbidden, RemoteInvalid
from fedicert.model.standing import MULTIPLIERS
from fedicert.model.urls import Urls
from fedicert.operations import bars, certification, departures, dispatch, ledger, looking
from fedicert.store.tables import bars as barred
from fedicert.store.tables import domain_blocks, gone, remote_actors
from fedicert.store.unit import Tx, one_statement

RSA = "rsa-v1_5-sha256"


async def record_actor(tx: Tx, actor: Actor, username: str, domain: str, *, confirmed: bool) -> int:
    """Write down an actor, new or changed; returns its account.

    `username`, `domain`: the handle. `confirmed`: the handle's own server names this actor, so that it wins the handle
    over one that had it before; without that the first holder keeps it and the newcomer is refused. A person who has
    become a relay or mirror is one from now on, in every audience here (law 3).
    """
    decided = await domain_blocks.severities(tx, bars.names(actor.id, domain))
    if "suspend" in decided:
        raise Forbidden(f"{domain} is blocked here")
    known = await remote_actors.known(tx, actor.id)
    if known is None:
        identifier = tx.new_id()
        holder = await remote_actors.holder(tx, username, domain)
        if holder is not None:
            if not confirmed:
                raise RemoteInvalid(f"{actor.id} calls itself {username}@{domain}, which another actor is")
            await remote_actors.give_up_handle(tx, holder)
        if not await remote_actors.insert(tx, identifier, actor, username, domain):
            # Met at the same moment by another unit of work.
            known = await remote_actors.known(tx, actor.id)
            if known is None:
                raise Duplicate(f"another actor became {username}@{domain} at the same moment")
            identifier = known.id
        elif "silence" in decided:
            await barred.set_silenced(tx, [identifier], True)
    else:
        identifier = known.id
        await remote_actors.update(tx, identifier, actor)
        if actor.type in MULTIPLIERS and known.type not in MULTIPLIERS:
            await bars.passes_on(tx, identifier)
        await gone.forget(tx, [actor.id])
    host = urlsplit(actor.inbox).netloc.lower()
    # A lane is one host: a shared inbox elsewhere is nobody's to name.
    shared = actor.shared_inbox if urlsplit(actor.shared_inbox).netloc.lower() == host else ""
    if await dispatch.record_inbox(tx, identifier, actor.inbox, shared, host):
        await bars.reached_elsewhere(tx, identifier)
    for key in actor.rsa_keys:
        if key.owner == actor.id:
            await remote_actors.show_key(tx, key.id, actor.id, RSA, key.pem)
    await looking.note_links(tx, identifier, () if actor.suspended else read_links(actor.raw))
    return identifier


@one_statement
async def record_key(tx: Tx, key_id: str, owner: str, algorithm: str, public: str) -> None:
    """Keep a key that was proven to be its owner's."""
    await remote_actors.put_key(tx, key_id, owner, algorithm, public)


async def actor_gone(tx: Tx, urls: Urls, uri: str) -> bool:
    """Gone for good: follows end, slots are free, its posts vanish, and its name on ledgers. False: never met."""
    known = await remote_actors.known(tx, uri)
    if known is None or known.closed:
        return False
    await departures.end_follows(tx, urls, known.id)
    await departures.forget_wishes(tx, known.id)
    await departures.forget_posts_later(tx, known.id)
    await remote_actors.close(tx, known.id)
    await remote_actors.drop_keys(tx, uri)
    await certification.forget(tx, known.id)
    await ledger.forget_person(tx, known.id)
    return True
