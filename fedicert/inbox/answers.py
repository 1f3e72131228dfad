"""Accept and Reject of a follow of ours: matched with our own pending row, or dropped and never answered (#39)."""

from fedicert.activitypub.types import Activity
from fedicert.discovery.peers import Peers
from fedicert.inbox.effects import DONE, Effect, outcome
from fedicert.operations import follows, relays
from fedicert.store.unit import Tx


async def receive_accept(peers: Peers, activity: Activity, signer: int) -> Effect:
    """The signer lets one of our people follow. A bare id is enough: it is ours."""
    uri, follower = _named(activity)

    async def effect(tx: Tx) -> str:
        if await relays.receive_accept(tx, signer, uri):
            return DONE
        return outcome(await follows.receive_accept(tx, peers.urls, signer, uri, follower), "no follow waits for it")

    return effect


async def receive_reject(peers: Peers, activity: Activity, signer: int) -> Effect:
    """The signer refuses a follow of ours, or ends it."""
    uri, follower = _named(activity)

    async def effect(tx: Tx) -> str:
        if await relays.receive_reject(tx, signer, uri):
            return DONE
        return outcome(await follows.receive_reject(tx, peers.urls, signer, uri, follower), "no such follow")

    return effect


def _named(activity: Activity) -> tuple[str, str]:
    embedded = activity.object or {}
    follower = embedded.get("actor")
    return activity.object_id, follower if isinstance(follower, str) else ""
