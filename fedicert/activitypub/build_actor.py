"""Our actors as documents: people and the server itself. Takes values, asks nobody, signs nothing."""

from typing import Any

import msgspec

from fedicert.activitypub.contexts import ACTOR
from fedicert.activitypub.stamps import media_type_of, stamp
from fedicert.activitypub.types import Document
from fedicert.base.clock import DAY
from fedicert.model.accounts import AccountRow, EmojiRow
from fedicert.model.licences import ShownLicence
from fedicert.model.urls import Urls
from fedicert.text.codes import code_field
from fedicert.text.licences import linked_field


class PublicKeys(msgspec.Struct, frozen=True):
    """The public halves: a PEM of the RSA key, and the Ed25519 key as a Multikey (`z6Mk…`) or ''."""

    rsa_pem: str
    ed25519: str = ""


def actor(
    urls: Urls,
    account: AccountRow,
    keys: PublicKeys,
    manually_approves: bool,
    also_known_as: tuple[str, ...] = (),
    tier: str = "",
) -> Document:
    """A person's actor document.

    `manually_approves` is what newcomers meet now, which the law decides; the owner's own setting is
    elsewhere. `tier`: our word alone, which no peer believes; the licences speak for themselves.
    """
    name, actor_id = account.username, urls.actor(account.username)
    code = [code_field(account.code, urls.code_page)] if account.code else []
    licences = [linked_field(shown, urls.licence_page(name, shown.number)) for shown in account.licences]
    built: Document = {
        "@context": ACTOR,
        "id": actor_id,
        "type": account.type,
        "preferredUsername": name,
        "webfinger": f"{name}@{urls.domain}",
        "name": account.display_name,
        "summary": account.note_html,
        "url": urls.profile(name),
        "inbox": urls.inbox(name),
        "outbox": urls.outbox(name),
        "followers": urls.followers(name),
        "following": urls.following(name),
        "featured": urls.featured(name),
        "endpoints": {"sharedInbox": urls.shared_inbox},
        "published": stamp(account.created_at - account.created_at % DAY),
        "manuallyApprovesFollowers": manually_approves,
        "discoverable": account.discoverable,
        "indexable": account.indexable,
        "memorial": account.memorial,
        **_keys(urls, actor_id, keys),
        "generator": _generator(),
        "attachment": [
            {"type": "PropertyValue", "name": field.name, "value": field.value_html}
            for field in (*account.fields, *code, *licences)
        ],
        "tag": [emoji_tag(emoji) for emoji in account.emojis],
    }
    if account.avatar_url:
        built["icon"] = picture(account.avatar_url)
    if account.header_url:
        built["image"] = picture(account.header_url)
    if also_known_as:
        built["alsoKnownAs"] = list(also_known_as)
    if tier:
        built["certificationTier"] = tier
    if account.licences:
        built["hasCredential"] = [link for shown in account.licences for link in _credentials(urls, name, shown)]
    if account.moved_to is not None:
        built["movedTo"] = account.moved_to.uri
    return built


def _credentials(urls: Urls, username: str, shown: ShownLicence) -> list[Document]:
    """Links to the credential, never the credential: where its issuer serves it, then our own copy, by one digest."""
    link: Document = {"type": "Link", "href": shown.href, "mediaType": "application/vc", "name": shown.label}
    if shown.digest:
        link["digestMultibase"] = shown.digest
    return [link, {**link, "href": urls.licence(username, shown.number)}]


def suspended_actor(urls: Urls, account: AccountRow, keys: PublicKeys) -> Document:
    """What is left to see of a suspended person: that they are suspended, and the key that says so."""
    name, actor_id = account.username, urls.actor(account.username)
    return {
        "@context": ACTOR,
        "id": actor_id,
        "type": account.type,
        "preferredUsername": name,
        "inbox": urls.inbox(name),
        "outbox": urls.outbox(name),
        "url": urls.profile(name),
        "suspended": True,
        **_keys(urls, actor_id, keys),
    }


def instance_actor(urls: Urls, keys: PublicKeys) -> Document:
    """The server's own actor: it signs what no person asked for, and is served to everybody."""
    actor_id = urls.instance_actor
    return {
        "@context": ACTOR,
        "id": actor_id,
        "type": "Application",
        "preferredUsername": urls.domain,
        "webfinger": f"{urls.domain}@{urls.domain}",
        "name": urls.domain,
        "url": f"{urls.base}/about",
        "inbox": urls.shared_inbox,
        "outbox": f"{actor_id}/outbox",
        "endpoints": {"sharedInbox": urls.shared_inbox},
        "manuallyApprovesFollowers": True,
        "discoverable": False,
        "indexable": False,
        **_keys(urls, actor_id, keys),
        "generator": _generator(),
    }


def picture(url: str) -> Document:
    """An Image, with its media type as far as the name tells it."""
    media_type = media_type_of(url)
    return {"type": "Image", **({"mediaType": media_type} if media_type else {}), "url": url}


def emoji_tag(emoji: EmojiRow) -> Document:
    """A custom emoji as a tag."""
    return {"type": "Emoji", "id": emoji.url, "name": f":{emoji.shortcode}:", "icon": picture(emoji.url)}


def _keys(urls: Urls, actor_id: str, keys: PublicKeys) -> dict[str, Any]:
    """One RSA key as an object, since older servers can't read a list; Ed25519 beside it (FEP-521a)."""
    built: dict[str, Any] = {
        "publicKey": {"id": urls.main_key(actor_id), "owner": actor_id, "publicKeyPem": keys.rsa_pem}
    }
    if keys.ed25519:
        built["assertionMethod"] = [
            {
                "id": urls.ed25519_key(actor_id),
                "type": "Multikey",
                "controller": actor_id,
                "publicKeyMultibase": keys.ed25519,
            }
        ]
    return built


def _generator() -> Document:
    """FEP-844e: RFC 9421 signatures are read here."""
    return {
        "type": "Application",
        "name": "fedicert",
        "implements": [
            {
                "href": "https://datatracker.ietf.org/doc/html/rfc9421",
                "name": "RFC-9421: HTTP Message Signatures",
            }
        ],
    }
