"""Follow: a slot or the line. Nothing is answered here; the law says what leaves (law 1 and 3)."""

from fedicert.activitypub.types import Activity
from fedicert.base.errors import RemoteError
from fedicert.discovery import moves as discovery
from fedicert.discovery.peers import Peers
from fedicert.inbox.effects import Effect, nothing
from fedicert.operations import follows, moves
from fedicert.store.unit import Tx
from fedicert.store.views import moves as move_views
from fedicert.store.views import peers as views


async def receive(peers: Peers, activity: Activity, signer: int) -> Effect:
    """The object is one of our people, by the actor id.

    Where the follower names an account that stands there already as its own, that account is asked whether it moved:
    whoever moves keeps the slot.
    """
    followed = await peers.db.read(views.local_actor, activity.object_id)
    if followed is None:
        return nothing("nobody here is followed")
    moved = [
        known.id
        for known in await peers.db.read(move_views.former, signer, followed)
        if await _moved(peers, known.uri, activity.actor)
    ]

    async def effect(tx: Tx) -> str:
        for former in moved:
            await moves.prove(tx, former, signer)
        return await follows.receive_follow(tx, peers.urls, signer, followed, activity.id)

    return effect


async def _moved(peers: Peers, former: str, account: str) -> bool:
    """An account that can't be asked moved nowhere."""
    try:
        return await discovery.says_it_moved(peers, former, account)
    except RemoteError:
        return False
