"""Our posts as documents, and what is left of them. To whom a copy goes is decided elsewhere."""

from collections.abc import Iterable

import msgspec

from fedicert.activitypub.build_actor import emoji_tag
from fedicert.activitypub.contexts import NOTE, PERMIT_NOTE, PLAIN
from fedicert.activitypub.stamps import stamp
from fedicert.activitypub.types import PUBLIC, Document
from fedicert.model.standing import Boosts
from fedicert.model.statuses import MediaRow, StatusRow
from fedicert.model.urls import Urls

_DOCUMENT_TYPES = {"image": "Image", "gifv": "Document", "video": "Video", "audio": "Audio"}


class Addressees(msgspec.Struct, frozen=True):
    """`to` and `cc` of a document, each id once."""

    to: tuple[str, ...]
    cc: tuple[str, ...]


def addressees(visibility: str, followers: str, named: Iterable[str] = ()) -> Addressees:
    """Whom a post of this visibility addresses: Public, the author's followers collection, those it names."""
    people = tuple(dict.fromkeys(named))
    if visibility == "public":
        return Addressees((PUBLIC,), (followers, *people))
    if visibility == "unlisted":
        return Addressees((followers,), (PUBLIC, *people))
    if visibility == "private":
        return Addressees((followers,), people)
    return Addressees(people, ())


def note(
    urls: Urls,
    status: StatusRow,
    username: str,
    in_reply_to: str = "",
    conversation: str = "",
    boosts: Boosts = "anyone",
    answers_by: str = "",
) -> Document:
    """A local post as it stands in a Create, without a context; `with_context` makes it stand alone.

    `in_reply_to` and `conversation` are what the thread is called where it began; '' for a post that
    starts one. `boosts`: who may boost and quote, by the author's tier; `answers_by`: who may answer,
    by the author's own setting.
    """
    author = urls.actor(username)
    goes_to = addressees(status.visibility, urls.followers(username), [m.uri for m in status.mentions])
    built: Document = {
        "id": status.uri,
        "type": "Note",
        "attributedTo": author,
        "url": status.url,
        "published": stamp(status.created_at),
    }
    if status.edited_at is not None:
        built["updated"] = stamp(status.edited_at)
    built |= {
        "inReplyTo": in_reply_to or None,
        "to": list(goes_to.to),
        "cc": list(goes_to.cc),
        "summary": status.spoiler_text or None,
        "sensitive": status.sensitive,
        "content": status.content_html,
    }
    if status.language:
        built["contentMap"] = {status.language: status.content_html}
    built |= {
        "conversation": conversation or urls.conversation(status.id),
        "attachment": [attachment(media) for media in status.media],
        "tag": _tags(urls, status),
    }
    if status.visibility in ("public", "unlisted"):
        built |= _policy(urls, username, boosts, answers_by, goes_to)
    return built


def under_licence(note: Document, credential: str, line: str = "") -> Document:
    """The post as it is signed: with its own context, the licence it is stated under, and a visible last paragraph."""
    built: Document = {"@context": PERMIT_NOTE, **note, "content": note["content"] + line}
    if "contentMap" in note:
        built["contentMap"] = {language: text + line for language, text in note["contentMap"].items()}
    return {**built, "statedUnder": credential}


def _policy(urls: Urls, username: str, boosts: Boosts, answers_by: str, goes_to: Addressees) -> Document:
    """Law 5, told to peers as GoToSocial and FEP-044f have it. What isn't spoken of is for everybody, but for quotes."""
    author, followers = urls.actor(username), urls.followers(username)
    audience = {"automaticApproval": [followers, author], "manualApproval": []}
    said: Document = {}
    if answers_by:
        named = [uri for uri in (*goes_to.to, *goes_to.cc) if uri not in (PUBLIC, followers)]
        allowed = [followers, author] if answers_by == "audience" else [author]
        said["canReply"] = {"automaticApproval": [*allowed, *named], "manualApproval": []}
    if boosts == "anyone":
        said["canQuote"] = {"automaticApproval": [PUBLIC], "manualApproval": []}
    else:
        said |= {"canAnnounce": audience, "canQuote": audience}
    return {"interactionPolicy": said}


def with_context(document: Document) -> Document:
    """The document with our context for posts in front, to be served alone."""
    return {"@context": NOTE, **document}


def attachment(media: MediaRow) -> Document:
    """A picture, video or sound beside a post."""
    built: Document = {"type": _DOCUMENT_TYPES.get(media.type, "Document")}
    if media.mime_type:
        built["mediaType"] = media.mime_type
    built |= {"url": media.url, "name": media.description or None}
    if media.blurhash:
        built["blurhash"] = media.blurhash
    if media.width and media.height:
        built |= {"width": media.width, "height": media.height}
    if media.focus_x or media.focus_y:
        built["focalPoint"] = [media.focus_x, media.focus_y]
    return built


def tombstone(uri: str, deleted_at: int, published: int | None = None) -> Document:
    """What stands where a post was."""
    built: Document = {"@context": PLAIN, "id": uri, "type": "Tombstone", "formerType": "Note"}
    if published is not None:
        built["published"] = stamp(published)
    return {**built, "deleted": stamp(deleted_at)}


def _tags(urls: Urls, status: StatusRow) -> list[Document]:
    tags: list[Document] = [
        {"type": "Mention", "href": mention.uri, "name": _full_handle(urls, mention.acct)}
        for mention in status.mentions
    ]
    tags += [{"type": "Hashtag", "href": urls.tag(name), "name": f"#{name}"} for name in status.tags]
    return tags + [emoji_tag(emoji) for emoji in status.emojis]


def _full_handle(urls: Urls, acct: str) -> str:
    return f"@{acct}" if "@" in acct else f"@{acct}@{urls.domain}"
