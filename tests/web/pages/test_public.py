"""Pages: what they show, what they never show, and whether a person without JavaScript or a mouse can use them."""

import re

import httpx
import pytest

from fedicert.operations import people
from fedicert.store.tables import statuses
from fedicert.store.unit import Tx
from fedicert.web.plumbing.app import App
from tests.web import site

HTML = {"accept": "text/html"}
AP = {"accept": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'}


async def insert_post(tx: Tx, author: int, visibility: str, html: str, **more: object) -> int:
    number = tx.new_id()
    values = {"reblog_of": None, "in_reply_to_uri": None, "spoiler_text": "", "state": "published"} | more
    await tx.run(
        "INSERT INTO statuses (id, uri, url, author, local, state, text, content_html, spoiler_text, sensitive, visibility,"
        " listed, conversation, mentions, tags, emojis, attachments, created_at, replies_count, reblogs_count,"
        " favourites_count, admitted_through, standing, version, reblog_of, in_reply_to_uri)"
        " VALUES ($1, $2, $3, $4, 1, $5, '', $6, $7, 0, $8, 0, '', '[]', '[]', '[]', '[]', $9, 0, 0, 0, 0, '{}', 1,"
        " $10, $11)",
        number,
        f"{site.BASE}/users/ada/statuses/{number}",
        f"{site.BASE}/@ada/{number}",
        author,
        values["state"],
        html,
        values["spoiler_text"],
        visibility,
        tx.now,
        values["reblog_of"],
        values["in_reply_to_uri"],
    )
    return number


async def change_profile(tx: Tx, account: int, note: str, fields: str) -> None:
    await tx.run("UPDATE accounts SET note_html = $2, fields = $3 WHERE id = $1", account, note, fields)


async def ada(app: App) -> int:
    return (await app.deps.db.read(people.find, "ada")).id


async def test_home_and_about(http: httpx.AsyncClient) -> None:
    home = await http.get("/")
    assert "home.example" in home.text
    assert "1 person" in home.text
    about = await http.get("/about")
    for words in ("personal", "150", "1,500", "no limit", "signing up", "a verified licence"):
        assert words in about.text
    assert "passing this server&#39;s examination (not offered yet)" in about.text
    assert "30 places are kept for people whom the account follows" in about.text


async def test_the_ladder_has_a_line_per_limit_and_each_cell_says_whose_it_is(http: httpx.AsyncClient) -> None:
    about = (await http.get("/about")).text
    assert re.findall(r'<th scope="col">(\w+)</th>', about) == ["personal", "trained", "professional"]
    lines = dict(re.findall(r'<th scope="row">([^<]+?)(?: <span[^\n]*)?</th>\n(.*?)</tr>', about, re.DOTALL))
    assert list(lines)[1:3] == ["Followers", "Following"]
    cells = [re.sub("<[^>]+>", "", cell) for cell in lines["Followers"].strip().splitlines()]
    assert cells == ["personal: 150", "trained: 1,500", "professional: no limit"]


async def test_a_profile(app: App, http: httpx.AsyncClient) -> None:
    field = '[{"name": "Web", "value_html": "<a href=\\"https://ada.example\\" rel=\\"nofollow\\">ada</a>"}]'
    await app.deps.db.write(change_profile, await ada(app), "<p>Hello<script>x</script></p>", field)
    page = await http.get("/@Ada", headers=HTML)
    assert page.status_code == 200
    assert "@ada@home.example" in page.text
    assert "<p>Hello</p>" in page.text
    assert re.search(r'<a href="https://ada\.example"[^>]* rel="me ', page.text)
    assert 'property="og:title"' in page.text
    assert f'<link rel="alternate" type="application/activity+json" href="{site.BASE}/users/ada">' in page.text


async def test_only_what_is_for_everybody_is_shown(app: App, http: httpx.AsyncClient) -> None:
    db, author = app.deps.db, await ada(app)
    shown = {
        visibility: await db.write(insert_post, author, visibility, f"<p>said {visibility}</p>")
        for visibility in ("public", "unlisted", "private", "direct")
    }
    draft = await db.write(insert_post, author, "public", "<p>said too early</p>", state="draft")
    answer = await db.write(insert_post, author, "public", "<p>said back</p>", in_reply_to_uri="https://far.example/1")
    page = await http.get("/@ada")
    assert "said public" in page.text
    assert "said unlisted" in page.text
    for hidden in ("said private", "said direct", "too early", "said back"):
        assert hidden not in page.text
    for visibility, number in shown.items():
        expected = 200 if visibility in ("public", "unlisted") else 404
        assert (await http.get(f"/@ada/{number}")).status_code == expected
        assert (await http.get(f"/@ada/{number}", headers=AP)).status_code == (302 if expected == 200 else 404)
    assert (await http.get(f"/@ada/{draft}")).status_code == 404
    assert "In answer to" in (await http.get(f"/@ada/{answer}")).text


async def test_one_of_something_is_singular(app: App, http: httpx.AsyncClient) -> None:
    async def count(tx: Tx, account: int, post: int, number: int) -> None:
        await tx.run("UPDATE accounts SET followers_count = $2, statuses_count = $2 WHERE id = $1", account, number)
        await tx.run(
            "UPDATE statuses SET replies_count = $2, reblogs_count = $2, favourites_count = $2 WHERE id = $1",
            post,
            number,
        )

    post = await app.deps.db.write(insert_post, await ada(app), "public", "<p>x</p>")
    await app.deps.db.write(count, await ada(app), post, 1)
    shown = (await http.get("/@ada")).text
    assert "1 follower ·" in shown
    assert "1 post ·" in shown
    assert "1 answer · 1 boost · 1 favourite<" in shown
    await app.deps.db.write(count, await ada(app), post, 2)
    shown = (await http.get("/@ada")).text
    assert "2 followers ·" in shown
    assert "2 posts ·" in shown
    assert "2 answers · 2 boosts · 2 favourites<" in shown


async def test_a_hashtag(app: App, http: httpx.AsyncClient) -> None:
    """Law 5: only what tag timelines show; a capped voice isn't broadcast by a page either."""
    db, author = app.deps.db, await ada(app)
    shown = await db.write(insert_post, author, "public", "<p>shown</p>")
    hidden = [
        await db.write(insert_post, author, "public", "<p>capped</p>"),
        await db.write(insert_post, author, "unlisted", "<p>unlisted</p>"),
        await db.write(insert_post, author, "public", "<p>untagged</p>"),
    ]

    async def file(tx: Tx) -> None:
        for post in (shown, *hidden[:2]):
            await statuses.set_tags(tx, post, ["größe"])
        await tx.run("UPDATE statuses SET listed = 1 WHERE id {any_id:$1}", [shown, hidden[2]])

    await db.write(file)
    page = await http.get("/tags/Gr%C3%B6%C3%9Fe", headers=HTML)
    assert "#größe" in page.text and "shown" in page.text and "@ada@home.example" in page.text
    for words in ("capped", "unlisted", "untagged"):
        assert f"<p>{words}</p>" not in page.text
    assert 'name="robots" content="noindex"' in page.text
    assert "Nothing for everybody yet" in (await http.get("/tags/never")).text
    assert (await http.get("/tags/12")).status_code == 404
    await db.write(suspend, author)
    assert "<p>shown</p>" not in (await http.get("/tags/größe")).text


async def suspend(tx: Tx, account: int) -> None:
    await tx.run("UPDATE accounts SET suspended_at = 1 WHERE id = $1", account)


async def test_older_posts(app: App, http: httpx.AsyncClient) -> None:
    author = await ada(app)
    for number in range(25):
        await app.deps.db.write(insert_post, author, "public", f"<p>number {number};</p>")
    first = await http.get("/@ada")
    assert first.text.count('class="post"') == 20
    older = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert older is not None
    second = await http.get(older[1])
    assert second.text.count('class="post"') == 5
    assert 'rel="next"' not in second.text


async def test_programs_are_sent_to_the_documents(app: App, http: httpx.AsyncClient) -> None:
    number = await app.deps.db.write(insert_post, await ada(app), "public", "<p>x</p>")
    for path, target in (("/@ada", "/users/ada"), (f"/@ada/{number}", f"/users/ada/statuses/{number}")):
        answer = await http.get(path, headers=AP)
        assert (answer.status_code, answer.headers["location"]) == (302, site.BASE + target)
        assert "Accept" in answer.headers["vary"]


async def test_a_boost_leads_to_what_it_boosts(app: App, http: httpx.AsyncClient) -> None:
    db, author = app.deps.db, await ada(app)
    number = await db.write(insert_post, author, "public", "<p>x</p>")
    boost = await db.write(insert_post, author, "public", "", reblog_of=number)
    answer = await http.get(f"/@ada/{boost}")
    assert (answer.status_code, answer.headers["location"]) == (302, f"{site.BASE}/@ada/{number}")


@pytest.mark.parametrize(
    "path", ["/@nobody", "/@home.example", "/@ada/1", "/@ada/abc", "/@ada/99999999999999999999", "/@ada?max_id=x"]
)
async def test_what_is_not_there(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path, headers=HTML)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


async def test_who_is_gone(app: App, http: httpx.AsyncClient) -> None:
    async def leave(tx: Tx, account: int, column: str) -> None:
        await tx.run(f"UPDATE accounts SET {column} = $2 WHERE id = $1", account, tx.now)

    await app.deps.db.write(leave, await ada(app), "suspended_at")
    assert (await http.get("/@ada", headers=HTML)).status_code == 403
    await app.deps.db.write(leave, await ada(app), "deleted_at")
    assert (await http.get("/@ada", headers=HTML)).status_code == 410


@pytest.mark.parametrize(
    "path", ["/", "/about", "/login", "/logout", "/@ada", "/@limits", "/tags/pumps", "/nothing", "/oauth/authorize"]
)
async def test_every_page_can_be_used_by_everybody(http: httpx.AsyncClient, path: str) -> None:
    page = await http.get(path, headers=HTML)
    text = page.text
    assert '<html lang="en">' in text
    assert 'name="viewport"' in text
    assert text.count("<h1>") == 1
    assert "<script" not in text
    assert "style=" not in text
    assert 'href="#content"' in text
    assert 'id="content"' in text
    for name in re.findall(r'<input id="([^"]+)"', text):
        assert f'<label for="{name}">' in text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


async def test_files(http: httpx.AsyncClient) -> None:
    style = await http.get("/static/style.css")
    assert style.headers["content-type"].startswith("text/css")
    assert style.headers["x-content-type-options"] == "nosniff"
    assert style.headers["cache-control"] == "public, max-age=3600"
    again = await http.get("/static/style.css", headers={"if-none-match": style.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "prefers-color-scheme: dark" in style.text
    assert ":focus-visible" in style.text
    for path in ("/static/../pyproject.toml", "/static/%2e%2e/pyproject.toml", "/static/none.css", "/static/"):
        assert (await http.get(path)).status_code == 404


async def test_health(app: App, http: httpx.AsyncClient) -> None:
    assert (await http.get("/livez")).json() == {"status": "ok"}
    assert (await http.get("/readyz")).json() == {"status": "ok"}

    async def late() -> str:
        return "the oldest job is an hour late"

    app.deps.health.add("queue", late)
    answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()["wrong"]) == (503, {"queue": "the oldest job is an hour late"})
    app.deps.health.stop()
    assert (await http.get("/readyz")).status_code == 503


def test_a_redirect_is_fit_for_a_header() -> None:
    from fedicert.web.plumbing.answers import redirect

    assert redirect("https://far.example/日本?a=%20&b=[1]#c\r\nx: y").headers == [
        (b"location", b"https://far.example/%E6%97%A5%E6%9C%AC?a=%20&b=[1]#c%0D%0Ax:%20y")
    ]


async def test_settings_and_admin_lead_to_the_first_page_of_each_menu(app: App, http: httpx.AsyncClient) -> None:
    assert 'href="/settings"' in (await http.get("/", headers={"accept": "text/html"})).text
    assert (await http.get("/settings")).headers["location"] == "/login?return_to=%2Fsettings"
    await site.add_person(app, "root", role="owner")
    async with site.client(app) as browser:
        await site.log_in(browser, "root")
        assert (await browser.get("/settings")).headers["location"] == "/settings/reach"
        assert (await browser.get("/admin")).headers["location"] == "/admin/ladder"


async def test_the_limits_accounts_address_says_what_it_is(http: httpx.AsyncClient) -> None:
    """Clients link to it from each of its messages; to a program of another server there is nobody."""
    answer = await http.get("/@limits", headers={"accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    for told in ("no person", "stays on this server", 'href="/settings/reach"', 'href="/about/law"', "noindex"):
        assert told in answer.text
    assert "alternate" not in answer.text
    for accept in ("application/activity+json", 'application/ld+json; profile="x", text/html;q=0.1'):
        assert (await http.get("/@limits", headers={"accept": accept})).status_code == 404
    assert (await http.get("/@limits.rss")).status_code == 404
    assert (await http.get("/@home.example", headers=HTML)).status_code == 404  # the server itself has no page
