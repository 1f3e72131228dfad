"""What a relay passes on: that a post is there, and nothing more. The post is fetched from its own origin."""

from fedicert.activitypub.types import Activity
from fedicert.base.errors import NotFound, RemoteError
from fedicert.discovery import statuses
from fedicert.discovery.peers import Peers
from fedicert.inbox.effects import DONE, Effect, nothing
from fedicert.operations import relays
from fedicert.operations.arrivals import RELAYED
from fedicert.store.unit import Tx
from fedicert.store.views import peers as views

TYPE = RELAYED


async def receive(peers: Peers, activity: Activity, signer: int) -> Effect:
    """A public post enters the public timelines, and nobody's home; it is no boost of anybody's."""
    if await peers.db.read(views.status_known, activity.object_id) is not None:
        return nothing("a relay speaks of what is here")
    try:
        found = await statuses.meet(peers, activity.object_id)
    except (RemoteError, NotFound) as error:
        return nothing(f"a relay speaks of what can't be had: {error}")

    async def effect(tx: Tx) -> str:
        await relays.note_post(tx, found)
        return DONE

    return effect
