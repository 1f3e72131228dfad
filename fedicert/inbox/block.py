"""Block: ends follows both ways. It isn't shown to the blocked."""

from fedicert.activitypub.types import Activity
from fedicert.discovery.peers import Peers
from fedicert.inbox.effects import DONE, Effect, nothing
from fedicert.operations import blocks
from fedicert.store.unit import Tx
from fedicert.store.views import peers as views


async def receive(peers: Peers, activity: Activity, signer: int) -> Effect:
    """The object is one of our people."""
    blocked = await peers.db.read(views.local_actor, activity.object_id)
    if blocked is None:
        return nothing("nobody here is blocked")

    async def effect(tx: Tx) -> str:
        await blocks.receive_block(tx, peers.urls, signer, blocked, activity.id)
        return DONE

    return effect
