"""The chip on pages, and feeds: words with the issuer's name, and nothing of what isn't verified or listed."""

import xml.etree.ElementTree as ET

import httpx
import pytest

from fedicert.model.permits import PermitRow, PermitState
from fedicert.operations import posts
from fedicert.operations.posts import Draft
from fedicert.store.tables import statuses
from fedicert.store.unit import Tx
from fedicert.store.views import people
from fedicert.web.plumbing.app import App


async def _post(app: App, text: str) -> int:
    deps = app.deps
    ada = (await deps.db.read(people.by_handle, None, "ada", "")).id
    return int(await deps.db.write(posts.publish, deps.urls, ada, Draft(text=text)))


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("valid", "Electrician, US-NY, The &lt;Board&gt;"),
        ("ended", "Electrician, US-NY, The &lt;Board&gt;: licence ended"),
        ("pending", ""),
        ("invalid", ""),
    ],
)
async def test_a_chip_stands_in_words_and_only_where_it_is_verified(
    app: App, http: httpx.AsyncClient, state: PermitState, text: str
) -> None:
    post = await _post(app, "Mind the fuse")
    permit = PermitRow(
        state=state, href="https://b.example/1", at=1, number=3, what="Electrician, US-NY", issuer="The <Board>"
    )
    await app.deps.db.write(statuses.set_permit, post, permit)
    for path in (f"/@ada/{post}", "/@ada"):
        page = (await http.get(path)).text
        assert ('class="permit' in page) is bool(text)
        if text:
            assert f'<a href="https://home.example/@ada/licences/3">{text}</a>' in page


async def test_feeds_are_xml_whatever_stands_in_a_post(app: App, http: httpx.AsyncClient) -> None:
    post = await _post(app, 'a ]]> <b>"&\x0b #pumps')

    async def listed(tx: Tx) -> None:
        await tx.run("UPDATE statuses SET listed = 1, visibility = 'public' WHERE id = $1", post)

    for expected in (0, 1):
        for path in ("/@ada.rss", "/tags/pumps.rss"):
            answer = await http.get(path)
            items = ET.fromstring(answer.content).findall("channel/item")
            assert (answer.status_code, len(items)) == (200, expected), path
        await app.deps.db.write(listed)
    assert items[0].findtext("link") == app.deps.urls.status_page("ada", post)
    assert items[0].findtext("pubDate").endswith("GMT") and "]]&gt;" in items[0].findtext("description")
    assert (await http.get("/@nobody.rss")).status_code == 404
    assert (await http.get("/tags/a%20b.rss")).status_code == 404
