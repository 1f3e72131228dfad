"""Documents of ours: plain dicts whose key order is fixed, so that they come out byte for byte. Pure."""

from fedicert.activitypub.build_activities import (
    accept_follow,
    add_featured,
    announce,
    block,
    create,
    delete,
    delete_actor,
    follow,
    like,
    move,
    reject_follow,
    remove_featured,
    undo,
    update_actor,
    update_note,
)
from fedicert.activitypub.build_actor import PublicKeys, actor, instance_actor, suspended_actor
from fedicert.activitypub.build_collections import collection, page, whole
from fedicert.activitypub.build_note import Addressees, addressees, note, tombstone, under_licence, with_context
from fedicert.activitypub.types import PUBLIC, Document

__all__ = [
    "PUBLIC",
    "Addressees",
    "Document",
    "PublicKeys",
    "accept_follow",
    "actor",
    "add_featured",
    "addressees",
    "announce",
    "block",
    "collection",
    "create",
    "delete",
    "delete_actor",
    "follow",
    "instance_actor",
    "like",
    "move",
    "note",
    "page",
    "reject_follow",
    "remove_featured",
    "suspended_actor",
    "tombstone",
    "under_licence",
    "undo",
    "update_actor",
    "update_note",
    "whole",
    "with_context",
]
