"""What goes to whom: the one pure function that plans deliveries (law 2). No other code can create one.

The outbox delivers to nobody outside the audience, except the people a post addresses by name. Taking back travels
further than saying: it goes to every inbox that was sent the thing, whatever the audience is now.
"""

from collections.abc import Iterable, Set
from typing import Literal

import msgspec

from fedicert.model.standing import Standing

Act = Literal["say", "edit", "take_back", "answer", "tell", "end"]
"""say: Create, Announce. edit: Update of a post. take_back: Delete, Undo of a boost, Block. answer: what concerns one
actor (Accept, Reject, Like, Follow and their undoing). tell: Update of a profile. end: Update of a profile that ends
something, which travels as far as taking back and leaves the rest of the profile told."""


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """An activity to be planned. `visibility` is the post's; answers and retractions have none.

    `retracts`: an answer that takes something back or ends it (Undo, Reject, Block).
    """

    act: Act
    visibility: Literal["public", "unlisted", "private", "direct", ""] = ""
    retracts: bool = False


class Member(msgspec.Struct, frozen=True):
    """One of the audience, or somebody addressed by name. Local people have no inbox, remote ones always have.

    `cut_off`: too many at this host were trimmed and aren't confirmed gone, so a copy would be shown to them too.
    `barred`: nothing new is said to them, because they or their server are blocked here, or the author is suspended.
    """

    account: int
    inbox: str
    shared_inbox: str
    host: str
    cut_off: bool = False
    barred: bool = False

    @property
    def local(self) -> bool:
        """Is this one of our own people?"""
        return not self.inbox


class FormerInbox(msgspec.Struct, frozen=True):
    """An inbox that was sent the thing which is now taken back or changed."""

    inbox: str
    host: str


class Delivery(msgspec.Struct, frozen=True):
    """One POST to come."""

    inbox: str
    host: str


class Refusal(msgspec.Struct, frozen=True):
    """Somebody who gets nothing, and by which sentence of the law."""

    account: int
    reason: str


class Plan(msgspec.Struct, frozen=True):
    """The POSTs, the local people in whose home the thing appears, and who was refused."""

    deliveries: tuple[Delivery, ...]
    homes: tuple[int, ...]
    refusals: tuple[Refusal, ...] = ()


def plan(
    activity: Outgoing,
    standing: Standing,
    audience: Iterable[Member],
    addressees: Iterable[Member],
    former: Iterable[FormerInbox],
    kept: Set[tuple[str, int]] | None = None,
    relays: Iterable[Member] = (),
) -> Plan:
    """Who gets a copy.

    `audience`: admitted followers (a page of them at a time is fine: the plan of the whole is the union).
    `addressees`: actors that the post names; `former`: inboxes that were sent the object before.
    `kept`: of a post outside its author's licence for whom of the audience it is, (host, 0) or
    ('', account); None: for all. `relays`: those that this server subscribed to; they get posts of listed tiers alone.
    """
    if activity.act in ("take_back", "end"):
        return Plan(_unique((f.inbox, f.host) for f in former), ())
    named = list(addressees)
    refusals: tuple[Refusal, ...] = ()
    if not activity.retracts and any(m.barred for m in named):
        # docs/law.md, Cases: a blocked domain, a suspended account.
        refusals = tuple(Refusal(m.account, "barred") for m in named if m.barred)
        named = [m for m in named if not m.barred]
    if activity.act == "answer" or activity.visibility == "direct":
        return Plan(_unique((m.inbox, m.host) for m in named if not m.local), (), refusals)
    reached = list(audience)
    if standing.cap == 0:
        # docs/law.md, Cases: cap 0 speaks by name only.
        refusals += tuple(Refusal(m.account, "cap_0") for m in reached)
        reached = []
    if any(m.cut_off for m in reached):
        # law 4: unconfirmed rows of all hosts that still get copies stay within the bound.
        refusals += tuple(Refusal(m.account, "cut_off") for m in reached if m.cut_off)
        reached = [m for m in reached if not m.cut_off]
    if kept is not None:
        # law 6: a post outside the scope goes to the set that throttle would keep under the lowest rung.
        beyond = [m for m in reached if not _is_kept(m, kept)]
        refusals += tuple(Refusal(m.account, "off_duty") for m in beyond)
        reached = [m for m in reached if _is_kept(m, kept)]
    if activity.visibility != "public" or standing.visibility != "listed" or kept is not None:
        # law 5: capped voices aren't broadcast by us.
        relays = ()
    # One copy serves a host: its shared inbox, when the post isn't for named people only.
    deliveries = _unique((m.shared_inbox or m.inbox, m.host) for m in [*reached, *named] if not m.local)
    deliveries = _unique(
        [*((d.inbox, d.host) for d in deliveries), *((m.inbox, m.host) for m in relays if not m.barred)]
    )
    homes = tuple(m.account for m in reached if m.local) if activity.act == "say" else ()
    return Plan(deliveries, homes, refusals)


def _is_kept(member: Member, kept: Set[tuple[str, int]]) -> bool:
    return ("", member.account) in kept or (not member.local and (member.host, 0) in kept)


def _unique(inboxes: Iterable[tuple[str, str]]) -> tuple[Delivery, ...]:
    return tuple(Delivery(inbox, host) for inbox, host in dict.fromkeys(inboxes))
