"""The ledger's pages: one's own for whoever logged in, everybody's for owners and admins, files that verify."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx
import msgspec

from fedicert.operations import people
from fedicert.operations.checkpoints import Kept
from fedicert.reach import exports
from fedicert.web.plumbing.app import App
from tests.stories.village import checks
from tests.web import site


async def test_a_person_reads_what_was_decided_in_words(app: App, http: httpx.AsyncClient) -> None:
    assert (await http.get("/settings/ledger")).status_code == 303
    await site.log_in(http)
    shown = await http.get("/settings/ledger")
    assert "The account @ada was made, on tier personal." in shown.text
    assert '<a href="/about/law#law-10">law 10</a>' in shown.text
    assert 'href="/settings/ledger?account=ada" aria-current="page"' in shown.text
    _well_formed(shown)
    given = await http.get("/settings/ledger/export?account=ada")
    assert given.headers["content-type"].startswith("application/x-ndjson")
    report = exports.verify(given.content.splitlines(), checks, lambda told: msgspec.convert(told, Kept))
    assert report.findings == [] and report.of == "@ada"


async def test_many_rows_come_page_by_page(app: App, http: httpx.AsyncClient) -> None:
    for number in range(45):
        await app.deps.db.write(people.promote, "ada", "moderator" if number % 2 else "certifier")
    await site.log_in(http)
    first = await http.get("/settings/ledger")
    assert first.text.count("The role was changed") == 40 and "Older decisions" in first.text
    older = first.text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    second = await http.get(older)
    assert second.text.count("The role was changed") == 5 and "The account @ada was made" in second.text
    assert "Older decisions" not in second.text


async def test_the_whole_ledger_is_for_staff(app: App, http: httpx.AsyncClient) -> None:
    await site.log_in(http)
    for path in ("/admin/ledger", "/admin/ledger/export", "/admin/ledger/export?redacted=no"):
        assert (await http.get(path)).status_code == 403
    assert "/admin/ledger" not in (await http.get("/settings/ledger")).text
    await app.deps.db.write(people.promote, "ada", "owner")
    shown = await http.get("/admin/ledger")
    assert "The server was founded." in shown.text and "by somebody" not in shown.text
    _well_formed(shown)
    assert "The server was founded." not in (await http.get("/admin/ledger?of=ada")).text
    assert "There is no account bob here." in (await http.get("/admin/ledger?of=bob")).text
    for query, redacted in (("", True), ("?redacted=no", False)):
        given = await http.get(f"/admin/ledger/export{query}")
        report = exports.verify(given.content.splitlines(), checks, lambda told: msgspec.convert(told, Kept))
        assert report.findings == [] and report.redacted is redacted
        assert (b"users/ada" in given.content) is False  # nothing is bound by a checkpoint yet


class _Labels(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.inputs: list[str] = []
        self.labels: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "input" and named.get("type") != "hidden":
            self.inputs.append(str(named.get("id")))
        elif tag == "label":
            self.labels.append(str(named.get("for")))
        self.scripts += tag == "script"


def _well_formed(page: httpx.Response) -> None:
    assert page.status_code == 200
    found = _Labels()
    found.feed(page.text)
    assert found.inputs == found.labels and found.scripts == 0
