"""Our copy of the credentials that people here show (`application/vc`), so that peers needn't ask the issuer for them.

The signature counts and not the place: the document is the one that was imported, byte for byte of its JSON's content.
"""

from fedicert.base.errors import Gone, NotFound
from fedicert.store.views import licences as views
from fedicert.web.federation.answers import KEPT
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import read_id
from fedicert.web.plumbing.endpoint import Call, endpoint

VC = b"application/vc"


@endpoint("GET", "/users/{name}/licences/{number}", door="federation")
async def mirror(call: Call) -> Answer:
    """The credential of a licence that somebody here shows; `Gone` where it ended or was withdrawn."""
    found = await call.deps.db.read(views.page, call.params["name"], read_id(call.params["number"]))
    if found is None:
        raise NotFound("There is no such licence here")
    if not found.here or not found.row.shown or not found.row.document:
        raise Gone("This licence was shown here and is no longer")
    return Answer(found.row.document.encode(), 200, KEPT, content_type=VC)
