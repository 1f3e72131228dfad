"""Undo: of the signer's own Follow, Like, Announce or Block, found in our own store, never on the wire (#38)."""

from fedicert.activitypub.types import Activity
from fedicert.discovery.peers import Peers
from fedicert.inbox.effects import Effect, nothing, outcome
from fedicert.operations import arrivals, undoing
from fedicert.store.unit import Tx


async def receive(peers: Peers, activity: Activity, signer: int) -> Effect:
    """By id, or by what the embedded activity says was done to whom."""
    embedded = activity.object or {}
    actor = embedded.get("actor")
    if isinstance(actor, str) and actor != activity.actor:
        return nothing("it was somebody else's act")
    kind, thing = embedded.get("type"), embedded.get("object")
    if isinstance(thing, dict):
        thing = thing.get("id")
    undone = undoing.Undone(
        uri=activity.object_id,
        kind=kind if isinstance(kind, str) else "",
        object=thing if isinstance(thing, str) else "",
    )

    async def effect(tx: Tx) -> str:
        happened = await undoing.receive_undo(tx, peers.urls, signer, undone)
        if undone.uri:
            await arrivals.undone(tx, undone.uri, activity.actor)
        return outcome(happened, "nothing of that kind is here")

    return effect
