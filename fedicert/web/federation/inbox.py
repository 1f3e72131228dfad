"""The inboxes: what other servers tell us is read, its signer proven, and it is kept for its effect, which comes later.

In this order, and no later step where an earlier one refuses: size, content type, JSON, activity, signature, key, owner
of the key = actor, one row. Nothing is fetched for a Delete of somebody never met.
"""

from typing import Any

from fedicert.activitypub import synchronization
from fedicert.activitypub.read import read_activity, same_origin
from fedicert.activitypub.types import Activity
from fedicert.base import json
from fedicert.base.errors import (
    BadRequest,
    Forbidden,
    Gone,
    NotFound,
    Problem,
    RemoteGone,
    Unauthorized,
    UnsupportedMediaType,
)
from fedicert.base.log import log
from fedicert.discovery.blocked import NOTHING_FROM_THERE
from fedicert.operations import arrivals, synchronizing
from fedicert.operations.arrivals import RELAYED
from fedicert.proofs.messages import Claim
from fedicert.remote import documents
from fedicert.store.views import federation as views
from fedicert.store.views import peers as peer_views
from fedicert.store.views import relays as relay_views
from fedicert.web.federation import signatures
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.bodies import read_bytes
from fedicert.web.plumbing.endpoint import Call, endpoint

MAX_BODY = 1024 * 1024
MAX_ID = 2_048
"""Bytes of an id. Longer ones fit no index."""


@endpoint("POST", "/inbox", door="federation", limit="inbox", most=MAX_BODY)
async def shared_inbox(call: Call) -> Answer:
    """For all people here."""
    return await _receive(call, "")


@endpoint("POST", "/users/{name}/inbox", door="federation", limit="inbox", most=MAX_BODY)
async def personal_inbox(call: Call) -> Answer:
    """For one person."""
    return await _receive(call, call.params["name"])


async def _receive(call: Call, name: str) -> Answer:
    """202, whether it was new or seen before; else the reason, told to the sender and in one line of the log."""
    about: dict[str, Any] = {"request_id": call.request_id}
    try:
        body = await read_bytes(call.scope, call.request.receive, MAX_BODY)
        if not documents.is_activitypub(call.header("content-type")):
            raise UnsupportedMediaType("An inbox takes application/activity+json, or ld+json with its profile")
        activity = _read(body)
        about |= {"type": activity.type, "actor": activity.actor}
        await _find_inbox(call, name)
        if await _is_farewell_of_a_stranger(call, activity):
            return _dropped(about, "a Delete of somebody never met")
        claim = signatures.read_claim(call, body)
        blocked = await _is_farewell_of_the_blocked(call, activity, claim)
        if not blocked and not await _is_the_actors(call, activity, claim, about):
            return _dropped(about, "a Delete that nobody here needs or its server doesn't confirm")
        await call.deps.db.write(
            arrivals.take_in,
            activity.id,
            about.get("relay", activity.actor),
            RELAYED if "relay" in about else activity.type,
            body.decode(),
            claim.fingerprint.hex(),
        )
        if not blocked:
            await _compare_followers(call, activity, claim)
    except Problem as problem:
        log("inbox_refused", status=problem.status, reason=str(problem), **about)
        raise
    return _taken()


def _read(body: bytes) -> Activity:
    activity = read_activity(json.parse_object(body))
    if max(len(activity.id.encode()), len(activity.actor.encode())) > MAX_ID:
        raise BadRequest(f"An id has at most {MAX_ID} bytes")
    return activity


async def _find_inbox(call: Call, name: str) -> None:
    """Raises `NotFound`, or `Gone` where the person was here."""
    if not name:
        return
    found = await call.deps.db.read(views.presence, call.deps.urls.actor(name.lower()))
    if found == "gone":
        raise Gone("This person was here and has left")
    if found == "nobody":
        raise NotFound("There is nobody of this name here")


async def _is_farewell_of_a_stranger(call: Call, activity: Activity) -> bool:
    """Most Deletes of actors concern people that nobody here ever met (federation §1.4)."""
    if activity.type != "Delete" or activity.object_id != activity.actor:
        return False
    return await call.deps.db.read(peer_views.met, activity.actor) is None


async def _is_farewell_of_the_blocked(call: Call, activity: Activity, claim: Claim) -> bool:
    """From a blocked domain one thing is taken: what ends a follow of somebody here, by the follower's Undo or the
    follower's own Delete, signed with a key that was proven before. Nothing is fetched for it.

    Raises `Forbidden` for all else of such a domain. False for domains that aren't blocked.
    """
    ring = call.deps.keyring
    if not await ring.is_blocked(claim.key_id):
        return False
    principal = await ring.recall(claim) if await _ends_a_follow(call, activity) else None
    if principal is None or principal.owner != activity.actor:
        raise Forbidden(NOTHING_FROM_THERE)
    return True


async def _ends_a_follow(call: Call, activity: Activity) -> bool:
    if activity.type == "Delete" and activity.object_id == activity.actor:
        return await call.deps.db.read(peer_views.follows_somebody, activity.actor)
    if activity.type != "Undo":
        return False
    undone = activity.object or {}
    thing = undone.get("object")
    followed = thing if isinstance(thing, str) else ""
    if (
        undone.get("type", "Follow") != "Follow"
        or undone.get("actor", activity.actor) != activity.actor
        or not (activity.object_id or followed)
    ):
        return False
    return await call.deps.db.read(peer_views.follows_somebody, activity.actor, activity.object_id, followed)


async def _is_the_actors(call: Call, activity: Activity, claim: Claim, about: dict[str, Any]) -> bool:
    """True where the actor signed, or its server confirms a Delete; False for a Delete to be dropped.

    Raises `Unauthorized` where another than the actor signed (federation §2.4).
    """
    try:
        principal = await signatures.prove(call, claim)
    except RemoteGone:
        if activity.type == "Delete":
            return await _is_confirmed(call, activity)
        raise Unauthorized("Your own server says that you are gone") from None
    await call.deps.keyring.sign_of_life(principal)
    if principal.owner == activity.actor:
        return True
    await call.deps.keyring.check_domain(activity.actor)
    if activity.type == "Delete":
        return await _is_confirmed(call, activity)
    if activity.type in ("Create", "Announce") and await call.deps.db.read(relay_views.is_relay, principal.owner):
        about["relay"] = principal.owner  # its word alone: what it speaks of is fetched from its origin
        return True
    raise Unauthorized(f"The activity's actor is {activity.actor}, but {principal.owner} signed the request")


async def _compare_followers(call: Call, activity: Activity, claim: Claim) -> None:
    """What the sender's signed header says of its followers here (FEP-8fcf). One that isn't signed, or is malformed, or
    isn't there, changes nothing: the activity was taken all the same."""
    value = call.header(synchronization.HEADER)
    if not value or synchronization.HEADER not in claim.covered:
        return
    try:
        stated = synchronization.read(value, activity.actor)
    except BadRequest as fault:
        log("synchronization_ignored", actor=activity.actor, reason=str(fault))
        return
    if await call.deps.db.write(synchronizing.stated, activity.actor, stated):
        log("synchronization_asked", actor=activity.actor)


async def _is_confirmed(call: Call, activity: Activity) -> bool:
    """Does the server of a thing that is known here say that it is gone? Nothing else is asked for."""
    thing, peers = activity.object_id, call.deps.peers
    if not thing or not same_origin(thing, activity.actor) or peers.urls.is_local(thing):
        return False
    known = await peers.db.read(peer_views.met if thing == activity.actor else peer_views.status_known, thing)
    return known is not None and await documents.is_gone(peers.wire, thing, peers.sign)


def _taken() -> Answer:
    return Answer(b"", 202, content_type=b"")


def _dropped(about: dict[str, Any], reason: str) -> Answer:
    log("inbox_dropped", reason=reason, **about)
    return _taken()
