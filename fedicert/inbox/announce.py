"""Announce: a boost. What is boosted is fetched from its own origin, never believed from the carrier."""

from fedicert.activitypub.types import PUBLIC, Activity
from fedicert.discovery import statuses
from fedicert.discovery.peers import Peers
from fedicert.inbox import relayed
from fedicert.inbox.effects import Effect, nothing, outcome
from fedicert.operations import boosts
from fedicert.store.unit import Tx
from fedicert.store.views import peers as views
from fedicert.store.views import relays as relay_views


async def receive(peers: Peers, activity: Activity, signer: int) -> Effect:
    """Kept where the boosted post is here already, or somebody here follows the booster."""
    known = await peers.db.read(views.status_known, activity.object_id)
    if known is not None and await peers.db.read(relay_views.is_relay, activity.actor):
        return nothing("a relay speaks of what is here")
    if known is None:
        if await peers.db.read(relay_views.is_relay, activity.actor):
            return await relayed.receive(peers, activity, signer)
        if not await peers.db.read(views.wanted_here, activity.actor):
            return nothing("nobody here follows the booster")
        known = await statuses.meet(peers, activity.object_id)
    followers = await peers.db.read(views.followers_of, signer)

    async def effect(tx: Tx) -> str:
        boost = await boosts.receive_boost(
            tx, peers.urls, signer, known, activity.id, activity.published, _visibility(activity, followers)
        )
        return outcome(boost is not None, "the post may not be boosted, or is gone")

    return effect


def _visibility(activity: Activity, followers: str) -> str:
    if PUBLIC in activity.to:
        return "public"
    if PUBLIC in activity.cc:
        return "unlisted"
    return "private" if followers and followers in (*activity.to, *activity.cc) else "direct"
