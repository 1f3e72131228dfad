"""A waiver as a form and as it is shown, on pages of members and of staff."""

from typing import Any

import msgspec

from fedicert.base.errors import Unprocessable
from fedicert.model.standing import WAIVABLE
from fedicert.operations.waivers import Waiver
from fedicert.text.cases import moment
from fedicert.web.plumbing.bodies import Fields

WORDS = {
    "followers": "followers",
    "following": "accounts followed",
    "strangers": "strangers in 30 days",
    "answers": "answers outside the audience a day",
}
STATES = {"asked": "asked for", "given": "in force", "refused": "refused", "ended": "over"}


class Asked(msgspec.Struct, frozen=True):
    """What a form asks for."""

    limits: dict[str, int]
    days: int
    reason: str


def read_waiver(fields: Fields) -> Asked:
    """The form. Raises Unprocessable for what is no number."""
    limits = {}
    for name in WAIVABLE:
        text = (fields.text(name) or "").strip()
        if text:
            limits[name] = _number(text, WORDS[name])
    return Asked(limits, _number((fields.text("days") or "30").strip(), "days"), fields.text("reason") or "")


def shown_waiver(one: Waiver) -> dict[str, Any]:
    """A waiver in words."""
    return {
        "id": one.id,
        "username": one.username,
        "state": STATES[one.state],
        "asked": one.state == "asked",
        "given": one.state == "given",
        "limits": ", ".join(f"{value:,} {WORDS[name]}" for name, value in one.limits.items()),
        "days": one.days,
        "reason": one.reason,
        "asked_by": one.asked_name,
        "asked_at": moment(one.asked_at),
        "by": one.decided_name,
        "until": "" if one.until is None else moment(one.until),
        "alone": one.alone,
        "ended": "" if one.ended_at is None else moment(one.ended_at),
        "why": one.ended_why,
    }


def _number(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Unprocessable(f"{what}: write a whole number")
    return int(text)
