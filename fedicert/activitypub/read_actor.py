"""An actor of another server, read once and made safe.

Its keys are listed only where they name it as their owner.
"""

import re
from typing import Any

from fedicert.activitypub.types import Actor, Document, Multikey, RemoteEmoji, RemoteField, RsaKey
from fedicert.activitypub.values import (
    as_list,
    document,
    first,
    flag,
    is_url,
    kind,
    link,
    moment,
    required_id,
    same_origin,
    text,
    uri,
    uris,
)
from fedicert.base.errors import BadRequest
from fedicert.model.accounts import ACTOR_TYPES
from fedicert.text.html import clean_profile
from fedicert.text.names import safe_display_name

MAX_USERNAME = 2_048
MAX_NAME = 2_048
MAX_NOTE = 20_000
MAX_FIELDS = 50
MAX_FIELD = 2_047
MAX_ALIASES = 256
MAX_KEYS = 10
MAX_TAGS = 100
MAX_KEY = 16_384

_RFC9421 = "https://datatracker.ietf.org/doc/html/rfc9421"
_SHORTCODE = re.compile(r":?([A-Za-z0-9_+-]{1,100}):?")
_USERNAME = re.compile(r"[^\s@/\\:?#<>\"\x00-\x1f\x7f]+")
_WEBFINGER = re.compile(r"(?:acct:|@)?([^\s@/]{1,2048}@[^\s@/]{1,260})")
_DOMAIN = re.compile(r"[A-Za-z0-9.:-]{1,260}")


def read_actor(value: Any) -> Actor:
    """Read an actor document; raises BadRequest with a sentence.

    Too much is cut (name, note, fields, aliases, keys); a user name too long, or an inbox missing, is
    refused. A `url` on another host is ignored, as are keys that don't name the actor or live elsewhere.
    """
    raw = document(value, "actor")
    actor_type = kind(raw, ACTOR_TYPES)
    if actor_type not in ACTOR_TYPES:
        raise BadRequest("The document is not an actor: its type is none of " + ", ".join(ACTOR_TYPES))
    actor_id = required_id(raw, "actor")
    inbox = uri(raw.get("inbox"))
    if not inbox:
        raise BadRequest("The actor has no inbox")
    endpoints = first(raw.get("endpoints"))
    page = link(raw.get("url"), "text/html")
    username, webfinger = _names(raw)
    return Actor(
        id=actor_id,
        type=actor_type,
        username=username,
        webfinger=webfinger,
        name=safe_display_name(text(raw.get("name"), 4 * MAX_NAME), MAX_NAME),
        note_html=clean_profile(text(raw.get("summary"), MAX_NOTE)),
        url=page if same_origin(page, actor_id) else actor_id,
        inbox=inbox,
        shared_inbox=uri(endpoints.get("sharedInbox")) if isinstance(endpoints, dict) else "",
        outbox=_own(raw.get("outbox"), actor_id),
        followers=_own(raw.get("followers"), actor_id),
        following=_own(raw.get("following"), actor_id),
        featured=_own(raw.get("featured"), actor_id),
        icon=link(raw.get("icon")),
        image=link(raw.get("image")),
        published=moment(raw.get("published")),
        manually_approves=flag(raw.get("manuallyApprovesFollowers")),
        discoverable=flag(raw.get("discoverable")),
        indexable=flag(raw.get("indexable")),
        memorial=flag(raw.get("memorial")),
        suspended=flag(raw.get("suspended")),
        also_known_as=uris(raw.get("alsoKnownAs"), MAX_ALIASES),
        moved_to=uri(raw.get("movedTo")),
        attribution_domains=_domains(raw),
        fields=_fields(raw),
        emojis=read_emojis(raw),
        rsa_keys=_rsa_keys(raw, actor_id),
        multikeys=_multikeys(raw, actor_id),
        accepts_rfc9421=_accepts_rfc9421(raw),
        raw=raw,
    )


def read_emojis(raw: Document) -> tuple[RemoteEmoji, ...]:
    """The custom emojis among the tags of an actor or a post, each shortcode once."""
    found: dict[str, RemoteEmoji] = {}
    for tag in as_list(raw.get("tag"))[:MAX_TAGS]:
        if not isinstance(tag, dict) or kind(tag) != "Emoji":
            continue
        match = _SHORTCODE.fullmatch(text(tag.get("name"), 102))
        picture = link(tag.get("icon"))
        if match and picture:
            found.setdefault(match[1], RemoteEmoji(match[1], picture))
    return tuple(found.values())


def _own(value: Any, actor_id: str) -> str:
    """A collection of the actor's: one on another origin is somebody else's, and left out."""
    found = uri(value)
    return found if same_origin(found, actor_id) else ""


def _names(raw: Document) -> tuple[str, str]:
    """The bare user name and the FEP-2c59 handle; one of them must be there."""
    username = first(raw.get("preferredUsername"))
    match = _WEBFINGER.fullmatch(text(raw.get("webfinger"), MAX_USERNAME + 270))
    webfinger = match[1] if match else ""
    if not isinstance(username, str) or not username:
        if not webfinger:
            raise BadRequest("The actor has no preferredUsername")
        return webfinger.partition("@")[0], webfinger
    if len(username) > MAX_USERNAME:
        raise BadRequest(f"The preferredUsername is longer than {MAX_USERNAME} characters")
    if not _USERNAME.fullmatch(username):
        raise BadRequest("The preferredUsername has characters that no handle can have")
    return username, webfinger


def _fields(raw: Document) -> tuple[RemoteField, ...]:
    fields: list[RemoteField] = []
    for item in as_list(raw.get("attachment")):
        if len(fields) == MAX_FIELDS:
            break
        if isinstance(item, dict) and kind(item) == "PropertyValue":
            name = safe_display_name(text(item.get("name"), MAX_FIELD), MAX_FIELD)
            fields.append(RemoteField(name, clean_profile(text(item.get("value"), MAX_FIELD))))
    return tuple(fields)


def _domains(raw: Document) -> tuple[str, ...]:
    given = as_list(raw.get("attributionDomains"))[:MAX_ALIASES]
    return tuple(name.lower() for name in given if isinstance(name, str) and _DOMAIN.fullmatch(name))


def _rsa_keys(raw: Document, actor_id: str) -> tuple[RsaKey, ...]:
    """The keys of `publicKey` that name this actor as owner and live on its origin."""
    keys: list[RsaKey] = []
    for item in as_list(raw.get("publicKey"))[:MAX_KEYS]:
        if not isinstance(item, dict):
            continue
        key_id, owner, pem = item.get("id"), uri(item.get("owner")), text(item.get("publicKeyPem"), MAX_KEY)
        if is_url(key_id) and owner == actor_id and same_origin(str(key_id), actor_id) and "PUBLIC KEY-----" in pem:
            keys.append(RsaKey(str(key_id), owner, pem))
    return tuple(keys)


def _multikeys(raw: Document, actor_id: str) -> tuple[Multikey, ...]:
    keys: list[Multikey] = []
    for item in as_list(raw.get("assertionMethod"))[:MAX_KEYS]:
        if not isinstance(item, dict) or kind(item) != "Multikey":
            continue
        key_id, controller = item.get("id"), uri(item.get("controller"))
        multibase = item.get("publicKeyMultibase")
        if not is_url(key_id) or controller != actor_id or not same_origin(str(key_id), actor_id):
            continue
        if isinstance(multibase, str) and multibase.startswith("z") and len(multibase) <= MAX_KEY:
            keys.append(Multikey(str(key_id), controller, multibase))
    return tuple(keys)


def _accepts_rfc9421(raw: Document) -> bool:
    """FEP-844e: the generator says which specifications it implements."""
    generator = first(raw.get("generator"))
    if not isinstance(generator, dict):
        return False
    return any(
        item == _RFC9421 or (isinstance(item, dict) and item.get("href") == _RFC9421)
        for item in as_list(generator.get("implements"))[:100]
    )
