"""Posts that wait for their time, and drafts: looked at, put off, cancelled, posted after all.

What was refused when its time came is a draft: it stays in the list of scheduled posts, dated at the end of time, where any
client can give it another time or delete it. Our own API keeps drafts of its own, too.
"""

from fedicert.base.errors import LimitReached
from fedicert.keys.pen import pen_of
from fedicert.mastodon.forms import ScheduleForm, StatusForm
from fedicert.mastodon.paging import Page, link_header
from fedicert.mastodon.render import encode
from fedicert.mastodon.render_scheduled import scheduled_status
from fedicert.model.scheduled import ScheduledRow
from fedicert.model.statuses import MentionRow
from fedicert.operations import scheduling
from fedicert.store.unit import Tx
from fedicert.store.views import scheduled as views
from fedicert.store.views import statuses
from fedicert.web.client_api import drafting
from fedicert.web.client_api.filtering import post_answer
from fedicert.web.client_api.mentions import resolve_mentions
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v1/scheduled_statuses", scope="read:statuses", hop=True)
async def several(call: Call) -> Answer:
    """Everything that waits, drafts too."""
    part = call.page(20, 40)
    return _listed(call, part, await call.read(views.several, part), as_drafts=False)


@endpoint("GET", "/api/v1/scheduled_statuses/{id}", scope="read:statuses", hop=True)
async def show(call: Call) -> Answer:
    """One."""
    return Answer(encode(scheduled_status(await call.read(views.one, call.id()), call.deps.urls)))


@endpoint("PUT", "/api/v1/scheduled_statuses/{id}", scope="write:statuses", form=ScheduleForm, hop=True)
async def update(call: Call) -> Answer:
    """Give it another time; a draft a time."""
    form: ScheduleForm = call.form
    identifier = call.id()
    if form.scheduled_at is None:
        return Answer(encode(scheduled_status(await call.read(views.one, identifier), call.deps.urls)))
    return await _shown(call, await call.write(scheduling.reschedule, identifier, drafting.moment(form.scheduled_at)))


@endpoint("DELETE", "/api/v1/scheduled_statuses/{id}", scope="write:statuses", hop=True)
@endpoint("DELETE", "/api/fedicert/v1/drafts/{id}", scope="write:statuses", hop=True)
async def cancel(call: Call) -> dict[str, str]:
    """It won't be posted."""
    await call.write(scheduling.cancel, call.id())
    return {}


@endpoint("GET", "/api/fedicert/v1/drafts", scope="read:statuses", hop=True)
async def drafts(call: Call) -> Answer:
    """The drafts alone, and why those were refused that were."""
    part = call.page(20, 40)
    return _listed(call, part, await call.read(views.several, part, drafts=True), as_drafts=True)


@endpoint("POST", "/api/fedicert/v1/drafts", scope="write:statuses", form=StatusForm, idempotent=True, hop=True)
async def keep(call: Call) -> Answer:
    """Keep a draft; nothing of it is judged."""
    return await schedule(call, call.form, None)


@endpoint("POST", "/api/fedicert/v1/drafts/{id}/post", scope="write:statuses", hop=True)
async def post(call: Call) -> Answer:
    """Post a draft now; it stays one where it is refused."""
    identifier = call.id()
    row = await call.read(views.one, identifier)
    mentions = await resolve_mentions(call, row.kept.text)
    shown = await call.write(_post, call, identifier, mentions)
    if isinstance(shown, str):
        raise LimitReached(shown)
    return await post_answer(call, shown)


async def schedule(call: Call, form: StatusForm, due: int | None) -> Answer:
    """Keep a post for its time (ms), or as a draft."""
    await call.identify()
    assert call.token is not None
    kept = drafting.kept(form, application=call.token.app)
    key = call.idempotency_key or ""
    row = await call.write(scheduling.schedule, kept, due, call.token.id, key)
    return await _shown(call, row, as_draft=due is None)


async def _post(tx: Tx, account: int, call: Call, identifier: int, mentions: dict[str, MentionRow]) -> bytes | str:
    row, deps = await scheduling.held(tx, account, identifier), call.deps
    done = await scheduling.post(tx, deps.urls, row, mentions, pen_of(deps.vault))
    return done if isinstance(done, str) else await statuses.one(tx, account, deps.shelf, done)


async def _shown(call: Call, row: ScheduledRow, *, as_draft: bool = False) -> Answer:
    found = await call.read(views.one, row.id)
    return Answer(encode(scheduled_status(found, call.deps.urls, as_draft=as_draft)))


def _listed(call: Call, part: Page, rows: list[ScheduledRow], *, as_drafts: bool) -> Answer:
    urls = call.deps.urls
    items = [scheduled_status(row, urls, as_draft=as_drafts) for row in rows]
    if not rows:
        return Answer(encode(items))
    url = urls.base + call.scope["path"]
    return Answer(encode(items), link=link_header(url, (), rows[-1].id, rows[0].id, len(rows) >= part.limit))
