"""Does whoever applies for a licence hold the actor it is for? The actor's own profile has to show a word given to them.

Asked of the actor's own server, through the guard, at the moment of issuing. Nothing found is written down.
"""

from typing import Any

from fedicert.base.errors import BadRequest, RemoteInvalid
from fedicert.base.urls import split_url
from fedicert.remote.documents import fetch_actor
from fedicert.remote.wire import SignGet, Wire
from fedicert.text.html import to_text


async def shows(wire: Wire, actor: str, word: str, sign: SignGet | None = None) -> bool:
    """Whether the actor's fields, name or description have the word. Raises RemoteError where it can't be asked.

    The document has to bear the very id that the licence would name.
    """
    document = await fetch_actor(wire, actor, sign)
    if document.id != actor:
        raise RemoteInvalid(f"the actor at {actor} calls itself {document.id}: a licence names it by that")
    return any(word in text.split() for text in _texts(document.value))


def check_subject(subject: str, *, plain_http: bool) -> str:
    """The id of an actor as a licence may name it. `plain_http`: local test names go by http. Raises BadRequest."""
    url = split_url(subject)
    if url.scheme != "https" and not plain_http:
        raise BadRequest(f"{subject}: an actor's id begins with https")
    if url.fragment or url.text != subject:
        raise BadRequest(f"{subject}: write the actor's id exactly as its server does: {url.text}")
    return subject


def _texts(actor: dict[str, Any]) -> list[str]:
    found = [actor.get("name"), actor.get("summary")]
    fields = actor.get("attachment")
    for field in fields if isinstance(fields, list) else [fields]:
        if isinstance(field, dict):
            found += [field.get("name"), field.get("value")]
    return [to_text(each) for each in found if isinstance(each, str)]
