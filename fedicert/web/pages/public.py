"""The pages anybody may read: home, about with the ladder, a person, a post, a hashtag. No log-in, no script.

A program that asks for an ActivityPub document at a page's address is sent to the document's own.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from fedicert.base.errors import Forbidden, Gone, NotFound
from fedicert.model.accounts import FieldRow, is_limits
from fedicert.model.tiers import Tier
from fedicert.model.urls import Urls
from fedicert.operations import instance, tiers
from fedicert.store.views import pages
from fedicert.store.views.pages import PostPage, ProfilePage
from fedicert.text import html
from fedicert.text.codes import code_field
from fedicert.text.compose import is_tag, normal_tag
from fedicert.text.counted import counted
from fedicert.text.ladder import moment
from fedicert.text.licences import linked_field
from fedicert.text.permits import chip
from fedicert.text.reach import ways_in
from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.call import Call, read_id
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.sessions import page

_ACTIVITY = ("application/activity+json", "application/ld+json")
_LINK_REL = re.compile(r"""(<a [^>]*?\brel=")(?!me )""")
_LIMITS: tuple[tuple[str, str], ...] = (
    ("followers", "Followers"),
    ("following", "Following"),
    ("strangers", "Strangers addressed in 30 days"),
    ("answers_per_day", "Answers outside the audience a day"),
    ("visibility", "Public posts"),
    ("boosts", "Boosts and quotes by"),
)
_SAID = {
    "listed": "listed", "unlisted": "unlisted", "followers": "to followers only",
    "audience": "the author's audience", "anyone": "anyone",
}  # fmt: skip
_SIGNUPS = {
    "open": "Anyone can sign up.",
    "approval": "Signing up needs the approval of this server's staff.",
    "closed": "Signing up is closed.",
}


@endpoint("GET", "/", door="page")
async def home(call: Call) -> Answer:
    """What this is, and how to connect a client."""
    found = await call.deps.db.read(pages.counts)
    how = await call.deps.db.read(instance.signups)
    base = call.deps.config.base
    return page(
        call,
        "home.html",
        counts=found,
        signups=_SIGNUPS[how],
        server_address=base.removeprefix("https://"),
        here_only=base.startswith("http:"),
    )


@endpoint("GET", "/about", door="page")
async def about(call: Call) -> Answer:
    """Every limit of every tier, in words."""
    rungs = await call.deps.db.read(tiers.ladder)
    how = await call.deps.db.read(instance.signups)
    return page(
        call,
        "about.html",
        rungs=[
            {
                "name": rung.tier.name,
                "line": _line(rung.tier),
                "lowered": "" if rung.lowered_until is None else moment(rung.lowered_until),
            }
            for rung in rungs
        ],
        lines=_lines(rungs),
        description=call.deps.config.description,
        contact=call.deps.config.contact,
        signups=_SIGNUPS[how],
    )


@endpoint("GET", "/@{name}", door="page")
async def profile(call: Call) -> Answer:
    """A person and what they said to everybody; of the limits account, what it is, for people alone."""
    before = read_id(call.query("max_id") or "") if call.query("max_id") else None
    found = await call.deps.db.read(pages.profile_page, call.params["name"], before)
    if found is not None and is_limits(found[0].username, "") and not _takes_documents(call):
        return page(call, "limits.html", handle=f"@{found[0].username}")
    if found is None or found[0].of_server:
        raise NotFound("There is nobody of this name here")
    person, posts = found
    _check_here(person)
    if _wants_document(call):
        return redirect(person.uri, 302)
    shown = [_post(post) for post in posts]
    older = f"/@{person.username}?max_id={posts[-1].id}" if len(posts) == pages.POSTS else ""
    return page(call, "profile.html", person=_person(call, person), posts=shown, older=older)


@endpoint("GET", "/@{name}/{id}", door="page")
async def post(call: Call) -> Answer:
    """One post, where everybody may see it."""
    found = await call.deps.db.read(pages.post_page, call.params["name"], call.id())
    if found is None:
        raise NotFound("There is no such post, or it isn't for everybody")
    person, shown = found
    _check_here(person)
    if _wants_document(call):
        return redirect(shown.uri, 302)
    if shown.boost_of_url:
        return redirect(shown.boost_of_url, 302)
    return page(call, "post.html", person=_person(call, person), post=_post(shown))


@endpoint("GET", "/tags/{name}", door="page")
async def tag(call: Call) -> Answer:
    """What people here said to everybody with a hashtag; only what tag timelines show (law 5)."""
    if not is_tag(call.params["name"]):
        raise NotFound("No hashtag is spelt so")
    name = normal_tag(call.params["name"])
    before = read_id(call.query("max_id") or "") if call.query("max_id") else None
    found = await call.deps.db.read(pages.tag_page, name, before)
    urls = call.deps.urls
    shown = [
        {**_post(post), "by": f"@{author}@{urls.domain}", "author": urls.profile(author)} for author, post in found
    ]
    older = f"{urls.tag(name)}?max_id={found[-1][1].id}" if len(found) == pages.POSTS else ""
    return page(call, "tag.html", name=name, posts=shown, older=older)


def _check_here(person: ProfilePage) -> None:
    if person.deleted:
        raise Gone("This account was deleted")
    if person.suspended:
        raise Forbidden("This account is suspended")


def _wants_document(call: Call) -> bool:
    return _takes_documents(call) and "text/html" not in call.header("accept")


def _takes_documents(call: Call) -> bool:
    """A program that also takes a page asks for another server's people; the limits account is nobody to those."""
    return any(kind in call.header("accept") for kind in _ACTIVITY)


def _lines(rungs: Sequence[tiers.Rung]) -> list[dict[str, Any]]:
    """The table of the ladder: a line per limit, with a cell for each rung. Rungs are columns: there are few."""
    enter = [ways_in(rung.tier.enter) for rung in rungs]
    limits = [{"title": title, "cells": [_value(getattr(rung.tier, key)) for rung in rungs]} for key, title in _LIMITS]
    return [
        {"title": "How one gets there", "cells": enter},
        *limits,
        {"title": "People here", "cells": [_value(rung.people) for rung in rungs]},
    ]


def _line(tier: Tier) -> str:
    """What happens to newcomers, in words."""
    if tier.followers is None:
        return "Everybody who follows is admitted."
    kept = tier.followers * tier.kept_permille // 1000
    told = "Further follows wait in a line." if tier.when_full == "hold" else "Further follows are refused."
    if kept:
        told += f" {counted(kept, 'place is', 'places are')} kept for people whom the account follows."
    if tier.strangers_per_domain_day:
        told += f" At most {counted(tier.strangers_per_domain_day, 'newcomer')} a day from one domain."
    return told


def _value(value: int | str | None) -> str:
    if value is None:
        return "no limit"
    return f"{value:,}" if isinstance(value, int) else _SAID.get(value, value)


def _person(call: Call, person: ProfilePage) -> dict[str, Any]:
    urls = call.deps.urls
    return {
        "username": person.username,
        "handle": f"@{person.username}@{urls.domain}",
        "name": person.display_name or person.username,
        "url": urls.profile(person.username),
        "uri": person.uri,
        "note": Markup(html.clean(person.note_html)),  # noqa: S704  cleaned right here
        "summary": html.to_text(person.note_html)[:300],
        "avatar": person.avatar_url or urls.missing_avatar,
        "fields": [
            {"name": field.name, "value": _field(field.value_html), "verified": field.verified_at}
            for field in (*person.fields, *_code(urls, person), *_licences(urls, person))
        ],
        "tier": person.tier,
        "indexable": person.indexable,
        "joined": _day(person.created_at),
        "counts": None if person.hide_collections else (person.followers, person.following),
        "posts": person.posts,
    }


def _code(urls: Urls, person: ProfilePage) -> list[FieldRow]:
    return [code_field(person.code, urls.code_page)] if person.code else []


def _licences(urls: Urls, person: ProfilePage) -> list[FieldRow]:
    """Their links, without the mark that means "this page links back": the words on the page say what was checked."""
    fields = (linked_field(one, urls.licence_page(person.username, one.number)) for one in person.licences)
    return [FieldRow(field.name, field.value_html) for field in fields]


def _field(value: str) -> Markup:
    """A profile field made safe; its links say that they are the person's own (rel=me), which other sites look for."""
    return Markup(_LINK_REL.sub(r"\1me ", html.clean_profile(value)))  # noqa: S704  cleaned right here


def _post(shown: PostPage) -> dict[str, Any]:
    return {
        "id": shown.id,
        "url": shown.url,
        "uri": shown.uri,
        "content": Markup(html.clean(shown.content_html)),  # noqa: S704  cleaned right here
        "summary": shown.spoiler_text or html.to_text(shown.content_html)[:300],
        "warning": shown.spoiler_text,
        "sensitive": shown.sensitive,
        "language": shown.language,
        "at": _moment(shown.created_at),
        "edited": _moment(shown.edited_at) if shown.edited_at else "",
        "iso": datetime.fromtimestamp(shown.created_at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "answers": shown.in_reply_to_uri,
        "unlisted": shown.visibility == "unlisted",
        "choices": shown.choices,
        "quote": shown.quote,
        "numbers": (shown.replies, shown.boosts, shown.favourites),
        "permit": _permit(shown),
        "media": [
            {"url": media.url, "preview": media.preview_url or media.url, "kind": media.type, "alt": media.description}
            for media in shown.media
            if media.url
        ],
    }


def _permit(shown: PostPage) -> dict[str, str] | None:
    """The chip: trade, place and issuer in words, linking to the page with each check. None for what isn't verified."""
    permit = shown.permit
    if permit is None or not permit.shown:
        return None
    page = f"{shown.url.rpartition('/')[0]}/licences/{permit.number}"
    return {"text": chip(permit.what, permit.issuer, permit.state), "url": page, "state": permit.state}


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%-d %B %Y, %H:%M UTC")


def _day(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%-d %B %Y")
