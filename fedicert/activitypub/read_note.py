"""A post of another server, read once and made safe: Notes and Questions, and the kinds shown as a title
and link.
"""

import html
import re
from typing import Any

from fedicert.activitypub.read_actor import MAX_TAGS, read_emojis
from fedicert.activitypub.read_attachments import read_attachments
from fedicert.activitypub.types import (
    PUBLIC,
    Document,
    Note,
    RemoteChoice,
    RemoteMention,
    RemotePoll,
)
from fedicert.activitypub.values import (
    addressed,
    as_list,
    document,
    first,
    flag,
    kind,
    link,
    moment,
    number,
    required_id,
    same_origin,
    text,
    uri,
)
from fedicert.base.errors import BadRequest
from fedicert.text.compose import MAX_TAG, normal_tag
from fedicert.text.html import MAX_HTML, clean, to_text
from fedicert.text.names import safe_display_name

NOTE_TYPES = ("Note", "Question")
CONVERTED_TYPES = ("Article", "Page", "Event", "Image", "Audio", "Video")
MAX_SPOILER = 2_000
MAX_TITLE = 1_000
MAX_MENTIONS = 100
MAX_OPTIONS = 500
MAX_OPTION = 1_000

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_HASHTAG = re.compile(r"#?([^\s#<>\"/]+)")


def read_note(value: Any, followers: str = "") -> Note:
    """Read a post; raises BadRequest with a sentence.

    `followers` is the id of the author's followers collection: without it a post to followers reads as
    direct, which shows it to fewer, never to more. The author must be on the post's origin.
    """
    raw = document(value, "object")
    note_type = kind(raw, NOTE_TYPES + CONVERTED_TYPES)
    if note_type not in NOTE_TYPES + CONVERTED_TYPES:
        raise BadRequest(f"Objects of type {note_type[:40] or 'none'} are not read here")
    note_id = required_id(raw, "object")
    author = uri(raw.get("attributedTo"))
    if not author:
        raise BadRequest("The object doesn't say whom it is attributed to")
    if not same_origin(note_id, author):
        raise BadRequest("The object is on another host than its author")
    page = link(raw.get("url"), "text/html")
    page = page if same_origin(page, note_id) else note_id
    name = safe_display_name(text(raw.get("name"), 4 * MAX_TITLE), MAX_TITLE)
    converted = note_type in CONVERTED_TYPES
    summary = text(raw.get("summary"), MAX_HTML)
    content, language = _content(raw)
    to, cc = addressed(raw.get("to")), addressed(raw.get("cc"))
    is_warning = not converted or flag(raw.get("sensitive"))
    return Note(
        id=note_id,
        type=note_type,
        attributed_to=author,
        url=page,
        content_html=_titled(name, page, content, summary) if converted else content,
        name=name,
        spoiler_text=" ".join(to_text(summary).split())[:MAX_SPOILER] if is_warning else "",
        sensitive=flag(raw.get("sensitive")) or (is_warning and bool(summary.strip())),
        language=language,
        published=moment(raw.get("published")),
        updated=moment(raw.get("updated")),
        in_reply_to=uri(raw.get("inReplyTo")),
        to=to,
        cc=cc,
        audience=addressed(raw.get("audience")),
        visibility=visibility_of(to, cc, followers),
        mentions=_mentions(raw),
        hashtags=_hashtags(raw),
        emojis=read_emojis(raw),
        attachments=read_attachments(raw),
        poll=_poll(raw) if note_type == "Question" else None,
        quote=_quote(raw),
        conversation=text(raw.get("conversation"), 2_048),
        context=uri(raw.get("context")),
        raw=raw,
        boosts=boosts_of(raw, followers),
        answers_by=answers_by(raw, followers),
    )


def visibility_of(to: tuple[str, ...], cc: tuple[str, ...], followers: str) -> str:
    """public, unlisted, private (followers) or direct, from the addressees."""
    if PUBLIC in to:
        return "public"
    if PUBLIC in cc:
        return "unlisted"
    if followers and (followers in to or followers in cc):
        return "private"
    return "direct"


def boosts_of(raw: Document, followers: str) -> str:
    """Who may boost without asking, by the post's `interactionPolicy`: '' anyone, `audience`, `nobody`.

    Nothing said means anyone (GoToSocial's `canAnnounce`); whom we can't name, nobody.
    """
    policy = raw.get("interactionPolicy")
    said = policy.get("canAnnounce") if isinstance(policy, dict) else None
    if not isinstance(said, dict) or not ("automaticApproval" in said or "manualApproval" in said):
        return ""
    allowed = addressed(said.get("automaticApproval"))
    if PUBLIC in allowed:
        return ""
    return "audience" if followers and followers in allowed else "nobody"


def answers_by(raw: Document, followers: str) -> str:
    """Who may answer: '' anyone, `audience`, `mentioned`. Whose answers are looked at by hand may try."""
    policy = raw.get("interactionPolicy")
    said = policy.get("canReply") if isinstance(policy, dict) else None
    if not isinstance(said, dict) or not ("automaticApproval" in said or "manualApproval" in said):
        return ""
    allowed = (*addressed(said.get("automaticApproval")), *addressed(said.get("manualApproval")))
    if PUBLIC in allowed:
        return ""
    return "audience" if followers and followers in allowed else "mentioned"


def _content(raw: Document) -> tuple[str, str]:
    """The content as safe HTML, and its language: from `contentMap` the entry that equals `content`, or
    the first.
    """
    content = text(raw.get("content"), MAX_HTML)
    by_language = raw.get("contentMap")
    language = ""
    if isinstance(by_language, dict):
        entries = [(key, item) for key, item in list(by_language.items())[:50] if isinstance(item, str)]
        same = [entry for entry in entries if entry[1] == content]
        chosen = (same or entries)[:1]
        if chosen and (same or not content or len(entries) == 1):
            language = chosen[0][0]
            content = content or chosen[0][1][:MAX_HTML]
    named = first(raw.get("language"))
    if not language and isinstance(named, dict):
        language = text(named.get("identifier"), 40)
    if raw.get("mediaType") in ("text/markdown", "text/plain"):
        lines = html.escape(content.strip(), quote=False).replace("\r\n", "\n").split("\n\n")
        content = "".join(f"<p>{part.strip().replace(chr(10), '<br>')}</p>" for part in lines if part.strip())
    return clean(content), _language(language)


def _language(tag: str) -> str:
    if not _LANGUAGE.fullmatch(tag) or tag.lower() == "und":
        return ""
    return tag.replace("_", "-")


def _titled(name: str, page: str, content: str, summary: str) -> str:
    """How an article, page, event, picture, sound or video looks as a post: its title as a link, then its
    text.
    """
    title = html.escape(name or page, quote=False)
    return clean(f'<p><a href="{html.escape(page)}"><strong>{title}</strong></a></p>{content or clean(summary)}')


def _mentions(raw: Document) -> tuple[RemoteMention, ...]:
    found: dict[str, RemoteMention] = {}
    for tag in as_list(raw.get("tag"))[:MAX_TAGS]:
        if len(found) == MAX_MENTIONS:
            break
        if isinstance(tag, dict) and kind(tag) == "Mention":
            href = uri(tag.get("href"))
            if href:
                found.setdefault(href, RemoteMention(href, text(tag.get("name"), 400)))
    return tuple(found.values())


def _hashtags(raw: Document) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for tag in as_list(raw.get("tag"))[:MAX_TAGS]:
        if isinstance(tag, dict) and kind(tag) == "Hashtag":
            match = _HASHTAG.fullmatch(text(tag.get("name"), MAX_TAG + 2))
            if match and len(match[1]) <= MAX_TAG and not match[1].isdecimal():
                found[normal_tag(match[1])] = None
    return tuple(found)


def _quote(raw: Document) -> str:
    for key in ("quote", "quoteUri", "quoteUrl", "_misskey_quote"):
        found = uri(raw.get(key))
        if found:
            return found
    return ""


def _poll(raw: Document) -> RemotePoll | None:
    multiple = bool(as_list(raw.get("anyOf")))
    choices: list[RemoteChoice] = []
    for item in as_list(raw.get("anyOf") if multiple else raw.get("oneOf"))[:MAX_OPTIONS]:
        if not isinstance(item, dict):
            continue
        title = safe_display_name(text(item.get("name"), MAX_OPTION), MAX_OPTION)
        replies = first(item.get("replies"))
        votes = number(replies.get("totalItems")) if isinstance(replies, dict) else 0
        choices.append(RemoteChoice(title, votes))
    if not choices:
        return None
    voters = raw.get("votersCount")
    return RemotePoll(
        choices=tuple(choices),
        multiple=multiple,
        ends_at=moment(raw.get("endTime")) or moment(raw.get("closed")),
        closed=flag(raw.get("closed")) or moment(raw.get("closed")) is not None,
        voters=number(voters) if isinstance(voters, int) else None,
    )
