"""Activities of ours that no post has: Follow, Accept, Like, Undo, Delete, Update. Public ones are for everybody; what
answers one actor is shown to that actor's server alone, when it signs; a Block to nobody.
"""

from fedicert.activitypub.read import same_origin
from fedicert.base import json
from fedicert.base.errors import NotFound
from fedicert.store.views import federation as views
from fedicert.store.views.federation import OurActivity
from fedicert.web.federation import signatures
from fedicert.web.federation.answers import document
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import read_id
from fedicert.web.plumbing.endpoint import Call, endpoint

_PUBLIC = ("public", "unlisted")


@endpoint("GET", "/activities/{id}", door="federation")
async def activity(call: Call) -> Answer:
    """An activity as it went out."""
    found = await call.deps.db.read(views.activity, call.deps.urls.activity(read_id(call.params["id"])))
    if found is not None and found.visibility in _PUBLIC:
        return document(found.body.encode())
    if not signatures.is_signed(call):
        raise NotFound
    principal = await signatures.signer(call)
    if found is None or _is_block(found) or not any(same_origin(uri, principal.owner) for uri in found.concerned):
        raise NotFound
    return document(found.body.encode(), kept=False)


def _is_block(found: OurActivity) -> bool:
    """A Block, or the Undo of one."""
    if found.type != "Undo":
        return found.type == "Block"
    undone = json.parse_object(found.body).get("object")
    return isinstance(undone, dict) and undone.get("type") == "Block"
