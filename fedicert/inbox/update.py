"""Update: of the signer's own profile or post. Of anything else, nothing (#36)."""

from fedicert.activitypub.read import read_note
from fedicert.activitypub.types import Activity
from fedicert.discovery import actors
from fedicert.discovery.peers import Peers
from fedicert.inbox.effects import Effect, nothing, outcome
from fedicert.operations import notes
from fedicert.store.unit import Tx
from fedicert.store.views import peers as views

ACTORS = frozenset({"Person", "Service", "Application", "Group", "Organization"})


async def receive(peers: Peers, activity: Activity, signer: int) -> Effect:
    """A profile is fetched again from its own id; a post's new state stands in the activity."""
    embedded = activity.object or {}
    if activity.object_id == activity.actor or embedded.get("type") in ACTORS:
        if activity.object_id != activity.actor:
            return nothing("the profile is somebody else's")
        await actors.refresh(peers, activity.actor)
        return nothing("the profile was read again")
    if activity.object is None:
        return nothing("an Update without its object")
    note = read_note(activity.object, await peers.db.read(views.followers_of, signer))
    if note.attributed_to != activity.actor:
        return nothing("the post is somebody else's")

    named = [mention.href for mention in note.mentions]
    wanted = await peers.db.read(views.wanted_note, signer, [*note.to, *note.cc, *named], note.in_reply_to)

    async def effect(tx: Tx) -> str:
        found = await notes.receive_edit(tx, peers.urls, signer, note)
        if found is None and wanted:
            # It overtook its Create: the newest state is taken in, and the older one changes nothing when it comes.
            found = await notes.receive_note(tx, peers.urls, signer, note)
        return outcome(found is not None, "no such post of this author is here")

    return effect
