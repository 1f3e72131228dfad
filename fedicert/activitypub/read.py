"""Documents of other servers as typed values: the one door into the loose world. Pure; raises BadRequest
alone.
"""

from fedicert.activitypub.read_activity import ACTIVITY_TYPES, read_activity, read_actor_id
from fedicert.activitypub.read_actor import read_actor
from fedicert.activitypub.read_note import CONVERTED_TYPES, NOTE_TYPES, read_note, visibility_of
from fedicert.activitypub.types import PUBLIC, Activity, Actor, Document, Note
from fedicert.activitypub.values import origin, same_origin

__all__ = [
    "ACTIVITY_TYPES",
    "CONVERTED_TYPES",
    "NOTE_TYPES",
    "PUBLIC",
    "Activity",
    "Actor",
    "Document",
    "Note",
    "origin",
    "read_activity",
    "read_actor",
    "read_actor_id",
    "read_note",
    "same_origin",
    "visibility_of",
]
