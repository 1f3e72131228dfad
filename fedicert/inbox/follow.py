"""Follow: a slot or the line. Nothing is answered here; the law says what leaves (law 1 and 3)."""

from fedicert.activitypub.types import Activity
from fedicert.discovery.peers import Peers
from fedicert.inbox.effects import Effect, nothing
from fedicert.operations import follows
from fedicert.store.unit import Tx
from fedicert.store.views import peers as views


async def receive(peers: Peers, activity: Activity, signer: int) -> Effect:
    """The object is one of our people, by the actor id."""
    followed = await peers.db.read(views.local_actor, activity.object_id)
    if followed is None:
        return nothing("nobody here is followed")

    async def effect(tx: Tx) -> str:
        return await follows.receive_follow(tx, peers.urls, signer, followed, activity.id)

    return effect
