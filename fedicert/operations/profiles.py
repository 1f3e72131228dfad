"""Telling others what an actor's document says now: an Update of the actor, to the audience (law 2)."""

from fedicert.activitypub import build
from fedicert.model.urls import Urls
from fedicert.operations import dispatch
from fedicert.reach.limits import standing_of
from fedicert.store.tables import seats
from fedicert.store.unit import Tx
from fedicert.store.views import federation

RSA = "rsa-v1_5-sha256"
ED25519 = "ed25519"


def document_of(urls: Urls, actor: federation.LocalActor) -> build.Document:
    """The actor document as it is served at this moment, and as it stands in an Update."""
    public = {key.alg: key.public for key in reversed(actor.keys)}
    keys = build.PublicKeys(rsa_pem=public.get(RSA, ""), ed25519=public.get(ED25519, ""))
    if actor.suspended:
        return build.suspended_actor(urls, actor.account, keys)
    return build.actor(urls, actor.account, keys, actor.approves, actor.also_known_as, actor.tier)


async def tell_profile(tx: Tx, urls: Urls, account: int, *, ends: bool = False) -> None:
    """Say to the audience what the profile says now; remembers what it said of newcomers (law 3).

    `ends`: something of it ended, which is told to every server that was ever sent anything of the account (law 2).
    """
    seat = await seats.lock(tx, account)
    if seat is None or seat.closed:
        return
    actor = await federation.actor(tx, seat.uri)
    if isinstance(actor, str):
        return
    await seats.set_told_locked(tx, account, actor.approves)
    goes_to = build.Addressees((build.PUBLIC,), (urls.followers(seat.username),))
    await dispatch.spread(
        tx,
        account,
        build.update_actor(urls.activity(tx.new_id()), document_of(urls, actor), goes_to),
        act="end" if ends else "tell",
        thing=account,
        visibility="public",
        standing=standing_of(seat.limits),
        through=seat.admitted_seq,
        admitted=seat.counts.admitted,
    )


async def tell_suspension(tx: Tx, urls: Urls, account: int) -> None:
    """Say to every server that was ever sent anything of the account that it is suspended (law 2)."""
    seat = await seats.lock(tx, account)
    actor = None if seat is None else await federation.actor(tx, seat.uri)
    if seat is None or actor is None or isinstance(actor, str):
        return
    goes_to = build.Addressees((build.PUBLIC,), (urls.followers(seat.username),))
    await dispatch.spread(
        tx,
        account,
        build.update_actor(urls.activity(tx.new_id()), document_of(urls, actor), goes_to),
        act="end",
        thing=account,
        visibility="public",
        standing=standing_of(seat.limits),
        through=seat.admitted_seq,
    )


async def tell_locked(tx: Tx, urls: Urls, account: int) -> None:
    """The same, where what newcomers meet has changed since it was told last; else nothing."""
    seat = await seats.lock(tx, account)
    if seat is None or seat.closed:
        return
    actor = await federation.actor(tx, seat.uri)
    if not isinstance(actor, str) and actor.approves != seat.told_locked:
        await tell_profile(tx, urls, account)
