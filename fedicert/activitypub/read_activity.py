"""An incoming activity, read once. Says what it claims; whether that is true is for its receiver to check."""

from typing import Any

from fedicert.activitypub.types import Activity, Document
from fedicert.activitypub.values import (
    addressed,
    as_list,
    document,
    first,
    kind,
    moment,
    required_id,
    same_origin,
    text,
    uri,
    uris,
)
from fedicert.base.errors import BadRequest

ACTIVITY_TYPES = frozenset(
    {
        "Accept", "Add", "Announce", "Block", "Create", "Delete", "Dislike", "EmojiReact", "Flag", "Follow",
        "Like", "Lock", "Move", "QuoteRequest", "Reject", "Remove", "Undo", "Update", "View",
    }
)  # fmt: skip
MAX_OBJECTS = 200
MAX_CONTENT = 5_000

# Those whose object is written by the actor: it lives where the actor lives.
_OWN_OBJECT = frozenset({"Create", "Update"})


def read_activity(value: Any) -> Activity:
    """Read an activity; raises BadRequest with a sentence.

    Its id, and the object of a Create or Update, must be on the actor's origin.
    """
    raw = document(value, "activity")
    activity_type = kind(raw, ACTIVITY_TYPES)
    if not activity_type:
        raise BadRequest("The activity has no type")
    activity_id = required_id(raw, "activity")
    actor = read_actor_id(raw)
    if not same_origin(activity_id, actor):
        raise BadRequest("The id of the activity is on another host than its actor")
    embedded = first(raw.get("object"))
    object_id = _object_id(embedded)
    if activity_type in _OWN_OBJECT:
        if not object_id:
            raise BadRequest(f"The object of the {activity_type} has no id")
        if not same_origin(object_id, actor):
            raise BadRequest(f"The object of the {activity_type} is on another host than its actor")
    elif not object_id and not isinstance(embedded, dict):
        raise BadRequest(f"The {activity_type} has no object")
    return Activity(
        id=activity_id,
        type=activity_type,
        actor=actor,
        object_id=object_id,
        object=embedded if isinstance(embedded, dict) else None,
        object_ids=uris(as_list(raw.get("object"))[:MAX_OBJECTS], MAX_OBJECTS),
        target=uri(raw.get("target")),
        instrument=uri(raw.get("instrument")),
        result=uri(raw.get("result")),
        to=addressed(raw.get("to")),
        cc=addressed(raw.get("cc")),
        audience=addressed(raw.get("audience")),
        content=text(raw.get("content"), MAX_CONTENT),
        published=moment(raw.get("published")),
        raw=raw,
    )


def read_actor_id(raw: Document) -> str:
    """Who did it: exactly one actor, given as an id or as an object with one."""
    actors = uris(raw.get("actor"), 2)
    if len(actors) != 1 or len(as_list(raw.get("actor"))) != 1:
        raise BadRequest("The activity must have one actor, by its http(s) id")
    return actors[0]


def _object_id(embedded: Any) -> str:
    """'' for an embedded object without an id, or for none; an id that can't be used is refused."""
    if isinstance(embedded, dict):
        return "" if embedded.get("id") is None else required_id(embedded, "object")
    if embedded is None:
        return ""
    found = uri(embedded)
    if not found:
        raise BadRequest("The object of the activity is not a http(s) id")
    return found
