"""Polls: looked at, and voted in. A poll has the id of its post."""

from fedicert.base.errors import NotFound
from fedicert.mastodon.forms import VoteForm
from fedicert.mastodon.render import encode, poll
from fedicert.model.statuses import PollRow
from fedicert.operations import polls
from fedicert.reach.strangers import Refusal
from fedicert.store.unit import Tx
from fedicert.store.views import statuses as views
from fedicert.web.client_api.refusals import refused
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v1/polls/{id}", who="public", scope="read:statuses", hop=True)
async def show(call: Call) -> Answer:
    """A poll, as far as its post may be seen."""
    view = await call.read_public(views.whole, call.id())
    if view.poll is None:
        raise NotFound
    return Answer(encode(poll(view.poll)))


@endpoint("POST", "/api/v1/polls/{id}/votes", scope="write:statuses", form=VoteForm, hop=True)
async def vote(call: Call) -> Answer:
    """Vote; answers with the poll after it."""
    form: VoteForm = call.form
    identifier = call.id()

    async def act(tx: Tx, account: int) -> PollRow | Refusal | None:
        done = await polls.vote(tx, call.deps.urls, account, identifier, form.choices)
        return done if isinstance(done, Refusal) else (await views.whole(tx, account, done)).poll

    found = await call.write(act)
    if isinstance(found, Refusal):
        raise refused(found)
    assert found is not None
    return Answer(encode(poll(found)))
