"""Move: somebody is another account from now on. Believed only where both accounts say so, asked now (#40)."""

from fedicert.activitypub.types import Activity
from fedicert.base.urls import same_url
from fedicert.discovery import moves as discovery
from fedicert.discovery.peers import Peers
from fedicert.inbox.effects import Effect, nothing, outcome
from fedicert.operations import moves
from fedicert.store.unit import Tx
from fedicert.store.views import moves as views


async def receive(peers: Peers, activity: Activity, signer: int) -> Effect:
    """The signer moves itself. Nobody is asked where it concerns nobody here."""
    if not same_url(activity.object_id, activity.actor):
        return nothing("somebody else is said to move")
    target = activity.target
    if not target or same_url(target, activity.actor):
        return nothing("it leads nowhere")
    if not await peers.db.read(views.concerns, signer):
        return nothing("nobody here has to do with it")
    if not await discovery.says_it_moved(peers, activity.actor, target):
        return nothing("the old account doesn't say that it moved there")
    account = await discovery.new_account(peers, activity.actor, target)
    if account is None:
        return nothing("the new account doesn't name the old one, or has moved itself")
    found = account

    async def effect(tx: Tx) -> str:
        return outcome(
            await moves.receive_move(tx, signer, found), "it comes too soon after another move, or in a chain"
        )

    return effect
