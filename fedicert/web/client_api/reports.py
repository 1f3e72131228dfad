"""Reports: filed by anybody, looked at and acted on by moderators."""

from collections.abc import Awaitable, Callable

from fedicert.mastodon.admin_reports import admin_report
from fedicert.mastodon.forms import AdminReportForm, AdminReportsQuery, ReportForm
from fedicert.mastodon.paging import link_header
from fedicert.mastodon.render import encode
from fedicert.mastodon.render_reports import report
from fedicert.model.reports import ReportView
from fedicert.operations import reports
from fedicert.operations.reports import Complaint
from fedicert.reach.strangers import Refusal
from fedicert.store.unit import Tx
from fedicert.store.views import reports as views
from fedicert.web.client_api.refusals import refused
from fedicert.web.plumbing.bodies import query_pairs
from fedicert.web.plumbing.call import read_id
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint

READ, WRITE = "admin:read:reports", "admin:write:reports"


@endpoint("POST", "/api/v1/reports", scope="write:reports", form=ReportForm, hop=True)
async def create(call: Call) -> Answer:
    """Report an account, and posts of it."""
    form: ReportForm = call.form
    await call.identify()
    complaint = Complaint(
        target=read_id(form.account_id),
        statuses=[read_id(one) for one in form.status_ids],
        comment=form.comment,
        category=form.category,
        rules=form.rule_ids,
        forward=form.forward or bool(form.forward_to_domains),
    )
    done = await call.write(_file, call, complaint)
    if isinstance(done, Refusal):
        raise refused(done)
    return Answer(encode(report(done, call.deps.urls)))


@endpoint("GET", "/api/v1/admin/reports", scope=READ, form=AdminReportsQuery, hop=True)
async def several(call: Call) -> Answer:
    """The open ones, or those dealt with."""
    query: AdminReportsQuery = call.form
    part, urls = call.page(100, 200), call.deps.urls
    await call.identify()
    people = [None if one is None else read_id(one) for one in (query.account_id, query.target_account_id)]
    found = await call.read(reports.several, part, query.resolved, *people)
    items = encode([admin_report(view, urls) for view in found])
    if not found:
        return Answer(items)
    kept = [
        (name, value) for name, value in query_pairs(call.scope) if isinstance(value, str) and name != "access_token"
    ]
    last, first = found[-1].report.id, found[0].report.id
    return Answer(items, link=link_header(urls.base + call.scope["path"], kept, last, first, len(found) >= part.limit))


@endpoint("GET", "/api/v1/admin/reports/{id}", scope=READ, hop=True)
async def show(call: Call) -> Answer:
    """One."""
    return Answer(encode(admin_report(await call.read(reports.one, call.id()), call.deps.urls)))


@endpoint("PUT", "/api/v1/admin/reports/{id}", scope=WRITE, form=AdminReportForm, hop=True)
async def update(call: Call) -> Answer:
    """File it otherwise."""
    form: AdminReportForm = call.form

    async def act(tx: Tx, account: int, identifier: int) -> int:
        return await reports.update(tx, account, identifier, form.category, form.rule_ids)

    return await _acted(call, act)


@endpoint("POST", "/api/v1/admin/reports/{id}/assign_to_self", scope=WRITE, hop=True)
async def assign(call: Call) -> Answer:
    """Take it on."""
    return await _acted(call, reports.assign)


@endpoint("POST", "/api/v1/admin/reports/{id}/unassign", scope=WRITE, hop=True)
async def unassign(call: Call) -> Answer:
    """Leave it to others."""
    return await _acted(call, reports.unassign)


@endpoint("POST", "/api/v1/admin/reports/{id}/resolve", scope=WRITE, hop=True)
async def resolve(call: Call) -> Answer:
    """It is dealt with."""
    return await _acted(call, reports.resolve)


@endpoint("POST", "/api/v1/admin/reports/{id}/reopen", scope=WRITE, hop=True)
async def reopen(call: Call) -> Answer:
    """It isn't."""
    return await _acted(call, reports.reopen)


async def _file(tx: Tx, account: int, call: Call, complaint: Complaint) -> ReportView | Refusal:
    done = await reports.file(tx, call.deps.urls, account, complaint)
    return done if isinstance(done, Refusal) else await views.filed(tx, account, done.id)


async def _acted(call: Call, verb: Callable[[Tx, int, int], Awaitable[int]]) -> Answer:
    identifier = call.id()

    async def act(tx: Tx, account: int) -> ReportView:
        return await reports.one(tx, account, await verb(tx, account, identifier))

    return Answer(encode(admin_report(await call.write(act), call.deps.urls)))
