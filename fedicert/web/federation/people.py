"""Which of our people an address of this door speaks of: the one look-up that actor and collections share."""

from fedicert.base.errors import Forbidden, Gone, NotFound
from fedicert.store.views import federation as views
from fedicert.store.views.federation import LocalActor
from fedicert.web.plumbing.endpoint import Call


async def find(call: Call) -> LocalActor:
    """The person named in the path, a suspended one included. Raises `NotFound`, or `Gone` where they left."""
    found = await call.deps.db.read(views.actor, call.deps.urls.actor(call.params["name"].lower()))
    if found == "gone":
        raise Gone("This person was here and has left")
    if isinstance(found, str):
        raise NotFound("There is nobody of this name here")
    return found


async def find_speaking(call: Call) -> LocalActor:
    """The same, and `Forbidden` where the person is suspended."""
    found = await find(call)
    if found.suspended:
        raise Forbidden("This person is suspended")
    return found
