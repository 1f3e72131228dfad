"""The JSON-LD contexts our documents name.

The terms are written out, so nobody has to fetch anything of ours.
"""

from typing import Any

from fedicert.model.permits import PERMIT_CONTEXT

ACTIVITY_STREAMS = "https://www.w3.org/ns/activitystreams"
SECURITY = "https://w3id.org/security/v1"

# Mastodon's, http and '#' included: wrong but universal.
_SCHEMA = "http://schema.org#"
_TOOT = "http://joinmastodon.org/ns#"

FEDICERT = "https://fedicert.example/ns#"
"""Where our own terms stand. Nothing is ever fetched from there: every document defines what it uses of them."""

PLAIN: str = ACTIVITY_STREAMS

ACTOR: list[Any] = [
    ACTIVITY_STREAMS,
    SECURITY,
    {
        "sec": "https://w3id.org/security#",
        "toot": _TOOT,
        "schema": _SCHEMA,
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
        "movedTo": {"@id": "as:movedTo", "@type": "@id"},
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
        "memorial": "toot:memorial",
        "suspended": "toot:suspended",
        "Emoji": "toot:Emoji",
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
        # FEP-521a, term by term: a context of its own would have to be known to whoever expands this.
        "assertionMethod": {"@id": "sec:assertionMethod", "@type": "@id", "@container": "@set"},
        "Multikey": "sec:Multikey",
        "controller": {"@id": "sec:controller", "@type": "@id"},
        "publicKeyMultibase": {"@id": "sec:publicKeyMultibase", "@type": "sec:multibase"},
        "webfinger": {"@id": "https://purl.archive.org/socialweb/webfinger#webfinger"},
        "fedicert": FEDICERT,
        "certificationTier": "fedicert:certificationTier",
        "hasCredential": {"@id": "schema:hasCredential", "@container": "@set"},
        "digestMultibase": {"@id": "sec:digestMultibase", "@type": "sec:multibase"},
        "implements": {"@id": "https://w3id.org/fep/844e#implements", "@type": "@id", "@container": "@set"},
    },
]

NOTE: list[Any] = [
    ACTIVITY_STREAMS,
    {
        "ostatus": "http://ostatus.org#",
        "toot": _TOOT,
        "sensitive": "as:sensitive",
        "Hashtag": "as:Hashtag",
        "conversation": "ostatus:conversation",
        "Emoji": "toot:Emoji",
        "blurhash": "toot:blurhash",
        "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
        "gts": "https://gotosocial.org/ns#",
        "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
        "canAnnounce": {"@id": "gts:canAnnounce", "@type": "@id"},
        "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
        "canReply": {"@id": "gts:canReply", "@type": "@id"},
        "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
        "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
    },
]

PERMIT_NOTE: list[Any] = [
    ACTIVITY_STREAMS,
    PERMIT_CONTEXT,
    {**NOTE[1], "fedicert": FEDICERT, "statedUnder": {"@id": "fedicert:statedUnder", "@type": "@id"}},
]
"""Of a post under a licence. It stands in the post itself wherever it travels: the author's proof is about it too."""
