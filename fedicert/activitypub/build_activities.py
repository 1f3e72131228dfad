"""Our activities as documents.

Each takes the ids and the addressees it is given; none decides where it goes.
"""

from typing import Any

from fedicert.activitypub.build_note import Addressees
from fedicert.activitypub.contexts import ACTOR, NOTE, PLAIN
from fedicert.activitypub.stamps import stamp
from fedicert.activitypub.types import PUBLIC, Document


def create(activity_id: str, note: Document) -> Document:
    """A post's Create: actor, date and addressees are the post's."""
    return {
        "@context": note.get("@context", NOTE),
        "id": activity_id,
        "type": "Create",
        "actor": note["attributedTo"],
        "published": note["published"],
        "to": note["to"],
        "cc": note["cc"],
        "object": _whole(note),
    }


def update_note(activity_id: str, note: Document) -> Document:
    """An edit: the whole new state of the post."""
    return {
        "@context": note.get("@context", NOTE),
        "id": activity_id,
        "type": "Update",
        "actor": note["attributedTo"],
        "published": note.get("updated", note["published"]),
        "to": note["to"],
        "cc": note["cc"],
        "object": _whole(note),
    }


def update_actor(activity_id: str, actor: Document, goes_to: Addressees) -> Document:
    """A changed profile."""
    return {
        "@context": ACTOR,
        "id": activity_id,
        "type": "Update",
        "actor": actor["id"],
        "to": list(goes_to.to),
        "cc": list(goes_to.cc),
        "object": _bare(actor),
    }


def delete(activity_id: str, actor: str, uri: str, goes_to: Addressees) -> Document:
    """A post is taken back: its Tombstone."""
    return _activity("Delete", activity_id, actor, {"id": uri, "type": "Tombstone"}, goes_to)


def delete_actor(activity_id: str, actor: str, goes_to: Addressees) -> Document:
    """A person leaves: the object is the actor."""
    return _activity("Delete", activity_id, actor, actor, goes_to)


def follow(activity_id: str, follower: str, followed: str) -> Document:
    """A wish to follow."""
    return _activity("Follow", activity_id, follower, followed, Addressees((followed,), ()))


def accept_follow(activity_id: str, followed: str, follow_id: str, follower: str) -> Document:
    """A follow is admitted. Names the Follow whole: some servers match its id, some its actor."""
    return _answer("Accept", activity_id, followed, follow_id, follower)


def reject_follow(activity_id: str, followed: str, follow_id: str, follower: str) -> Document:
    """A follow is refused or ended, in the form that every server honours that honours one."""
    return _answer("Reject", activity_id, followed, follow_id, follower)


def undo(activity_id: str, undone: Document) -> Document:
    """Takes one of the actor's own activities back; addressees are those of what is undone."""
    goes_to = Addressees(tuple(undone.get("to", ())), tuple(undone.get("cc", ())))
    return _activity("Undo", activity_id, undone["actor"], _bare(undone), goes_to)


def like(activity_id: str, actor: str, uri: str, author: str) -> Document:
    """A favourite; for the author alone."""
    return _activity("Like", activity_id, actor, uri, Addressees((author,), ()))


def announce(activity_id: str, actor: str, uri: str, published: int, goes_to: Addressees) -> Document:
    """A boost; its addressees say how far it goes."""
    built = _activity("Announce", activity_id, actor, uri, goes_to)
    return {**built, "published": stamp(published)}


def add_featured(activity_id: str, actor: str, uri: str, featured: str) -> Document:
    """A post was pinned: it stands in the actor's own collection of featured posts."""
    return {**_activity("Add", activity_id, actor, uri, Addressees((PUBLIC,), ())), "target": featured}


def remove_featured(activity_id: str, actor: str, uri: str, featured: str) -> Document:
    """A post was unpinned."""
    return {**_activity("Remove", activity_id, actor, uri, Addressees((PUBLIC,), ())), "target": featured}


def block(activity_id: str, actor: str, blocked: str) -> Document:
    """A block, told to the blocked actor's server."""
    return _activity("Block", activity_id, actor, blocked, Addressees((blocked,), ()))


def move(activity_id: str, actor: str, target: str, goes_to: Addressees) -> Document:
    """Somebody of ours is another account from now on."""
    return {**_activity("Move", activity_id, actor, actor, goes_to), "target": target}


def _answer(kind: str, activity_id: str, followed: str, follow_id: str, follower: str) -> Document:
    asked = {"id": follow_id, "type": "Follow", "actor": follower, "object": followed}
    return _activity(kind, activity_id, followed, asked, Addressees((follower,), ()))


def _activity(kind: str, activity_id: str, actor: str, thing: Any, goes_to: Addressees) -> Document:
    built: Document = {"@context": PLAIN, "id": activity_id, "type": kind, "actor": actor}
    if goes_to.to:
        built["to"] = list(goes_to.to)
    if goes_to.cc:
        built["cc"] = list(goes_to.cc)
    return {**built, "object": thing}


def _whole(note: Document) -> Document:
    """A post as it stands in an activity: one that its author signed in one piece, context and all."""
    return note if "proof" in note else _bare(note)


def _bare(document: Document) -> Document:
    """Without a context of its own: the outer one holds for all."""
    return {key: value for key, value in document.items() if key != "@context"}
