"""Feeds of a person and of a hashtag, as feed readers take them. Only what is listed: a tier that keeps posts unlisted
keeps them out of feeds too (law 5).
"""

from collections.abc import Iterable
from html import escape

from fedicert.base.errors import NotFound
from fedicert.store.views import pages
from fedicert.store.views.pages import PostPage
from fedicert.text import html
from fedicert.text.compose import is_tag, normal_tag
from fedicert.text.feeds import Item, channel
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint

_RSS = b"application/rss+xml; charset=utf-8"
_KEPT = {"cache-control": "public, max-age=300"}


@endpoint("GET", "/@{name}.rss", door="page")
async def of_person(call: Call) -> Answer:
    """What somebody here says to everybody."""
    found = await call.deps.db.read(pages.profile_feed, call.params["name"])
    if found is None:
        raise NotFound("There is nobody of this name here")
    person, posts = found
    page = call.deps.urls.profile(person.username)
    title = person.display_name or person.username
    body = channel(
        title, page, f"{page}.rss", f"Public posts of @{person.username}@{call.deps.urls.domain}", _items(posts)
    )
    return Answer(body, headers=_KEPT, content_type=_RSS)


@endpoint("GET", "/tags/{name}.rss", door="page")
async def of_tag(call: Call) -> Answer:
    """What people here say to everybody with a hashtag."""
    if not is_tag(call.params["name"]):
        raise NotFound("No hashtag is spelt so")
    name = normal_tag(call.params["name"])
    found = await call.deps.db.read(pages.tag_page, name, None)
    page = call.deps.urls.tag(name)
    body = channel(f"#{name}", page, f"{page}.rss", f"Public posts with #{name}", _items(post for _, post in found))
    return Answer(body, headers=_KEPT, content_type=_RSS)


def _items(posts: Iterable[PostPage]) -> list[Item]:
    return [_item(post) for post in posts]


def _item(post: PostPage) -> Item:
    text = html.clean(post.content_html)
    if post.spoiler_text:
        text = html.clean(f"<p><strong>{escape(post.spoiler_text)}</strong></p>")
    return Item(
        url=post.url,
        html=text,
        at=post.created_at,
        media=() if post.sensitive else tuple((one.url, one.mime_type) for one in post.media if one.url),
    )
