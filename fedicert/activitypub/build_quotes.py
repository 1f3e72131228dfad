"""Quotes, allowed or not (FEP-044f): the answers to a QuoteRequest, and the stamp that an allowed one shows."""

from typing import Any

import msgspec

from fedicert.activitypub.contexts import ACTIVITY_STREAMS, NOTE
from fedicert.activitypub.types import Document
from fedicert.activitypub.values import uri

_GTS = "https://gotosocial.org/ns#"
_TERMS: list[Any] = [
    ACTIVITY_STREAMS,
    {
        "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
        "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
        "gts": _GTS,
        "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
        "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
    },
]


class QuoteRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody asks to quote: the request's id, who asks, the quoted post, and the post that quotes it."""

    id: str
    quoter: str
    quoted: str
    quote: str


def request_quote(activity_id: str, quoter: str, quoted: str, author: str, quote: Document) -> Document:
    """Somebody here asks to quote a post of `author`; the post that quotes it comes along, so that it can be looked at."""
    return {
        "@context": [*_TERMS, *[term for term in NOTE if isinstance(term, dict)]],
        "id": activity_id,
        "type": "QuoteRequest",
        "actor": quoter,
        "to": [author],
        "object": quoted,
        # As it was signed, where it is under a licence: its context is a part of that.
        "instrument": quote,
    }


def revoke_quote(activity_id: str, author: str, stamp: str, quoter: str) -> Document:
    """The author of the quoted post takes the stamp back."""
    return {
        "@context": ACTIVITY_STREAMS,
        "id": activity_id,
        "type": "Delete",
        "actor": author,
        "to": [quoter],
        "object": stamp,
    }


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """A stamp of another server, as it says itself."""

    id: str
    author: str
    quote: str
    quoted: str


def read_stamp(value: Document) -> Stamp | None:
    """A QuoteAuthorization; None where it is none."""
    if value.get("type") not in ("QuoteAuthorization", "https://w3id.org/fep/044f#QuoteAuthorization"):
        return None
    return Stamp(
        id=uri(value.get("id")),
        author=uri(value.get("attributedTo")),
        quote=uri(value.get("interactingObject")),
        quoted=uri(value.get("interactionTarget")),
    )


def accept_quote(activity_id: str, author: str, request: QuoteRequest, stamp: str) -> Document:
    """The quote is allowed; `stamp` is where that is shown."""
    return {**_answer("Accept", activity_id, author, request), "result": stamp}


def reject_quote(activity_id: str, author: str, request: QuoteRequest) -> Document:
    """The quote is not allowed."""
    return _answer("Reject", activity_id, author, request)


def quote_authorization(stamp: str, author: str, quote: str, quoted: str) -> Document:
    """The stamp: the author of the quoted post lets this post quote it."""
    return {
        "@context": _TERMS,
        "id": stamp,
        "type": "QuoteAuthorization",
        "attributedTo": author,
        "interactingObject": quote,
        "interactionTarget": quoted,
    }


def _answer(kind: str, activity_id: str, author: str, request: QuoteRequest) -> Document:
    return {
        "@context": _TERMS,
        "id": activity_id,
        "type": kind,
        "actor": author,
        "to": [request.quoter],
        "object": {
            "id": request.id,
            "type": "QuoteRequest",
            "actor": request.quoter,
            "object": request.quoted,
            "instrument": request.quote,
        },
    }
