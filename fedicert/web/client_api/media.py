"""Pictures for posts: brought, described, thrown away. They are made ready while the client waits."""

from fedicert.mastodon.forms import MediaForm, MediaUpdateForm
from fedicert.mastodon.render import encode, media
from fedicert.model.statuses import MediaRow
from fedicert.operations import pictures
from fedicert.store.views import media as views
from fedicert.web.client_api.pictures import MOST_BODY, note_of, take_in
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("POST", "/api/v1/media", scope="write:media", limit="media", form=MediaForm, most=MOST_BODY)
@endpoint("POST", "/api/v2/media", scope="write:media", limit="media", form=MediaForm, most=MOST_BODY)
async def create(call: Call) -> Answer:
    """Bring a picture. It is ready with the answer."""
    form: MediaForm = call.form
    return _shown(call, await take_in(call, form.file, "attachment", note_of(form.description, form.focus)))


@endpoint("GET", "/api/v1/media/{id}", scope="write:media", hop=True)
async def show(call: Call) -> Answer:
    """One's own picture, before it hangs on a post."""
    return _shown(call, await call.read(views.own, call.id()))


@endpoint("PUT", "/api/v1/media/{id}", scope="write:media", form=MediaUpdateForm, hop=True)
async def update(call: Call) -> Answer:
    """Describe it, before it hangs on a post; afterwards the post is edited."""
    form: MediaUpdateForm = call.form
    identifier = call.id()
    if form.focus:
        await call.identify()
    return _shown(call, await call.write(pictures.describe, identifier, note_of(form.description, form.focus)))


@endpoint("DELETE", "/api/v1/media/{id}", scope="write:media", hop=True)
async def delete(call: Call) -> dict[str, str]:
    """Throw it away, where it hangs on no post."""
    await call.write(pictures.remove, call.id())
    return {}


def _shown(call: Call, row: MediaRow) -> Answer:
    return Answer(encode(media(row, 0, call.deps.urls)))
