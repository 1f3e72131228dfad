"""Quotes, allowed or not (FEP-044f): the answers to a QuoteRequest, and the stamp that an allowed one shows."""

from typing import Any

import msgspec

from fedicert.activitypub.contexts import ACTIVITY_STREAMS
from fedicert.activitypub.types import Document

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
