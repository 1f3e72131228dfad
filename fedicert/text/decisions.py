"""What a row of the ledger says, in an English sentence for whom it concerns. Pure; what it is given decides nothing.

A kind that has no sentence here is said by its own words: nothing is left out because nobody wrote a sentence for it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fedicert.text.counted import counted

ERASED = "somebody whose name is erased"
"""Stands where a name was: the person was erased, or 24 months have passed."""
NO_WORDS = "words that are no longer kept"
NOT_KEPT = "(no longer kept)"
NO_MOMENT = "a moment that is no longer kept"

SENTENCES: Mapping[str, str] = {
    "account_approved": "The account was approved by {by}.",
    "account_created": "The account {account} was made, on tier {tier}.",
    "account_deleted": "The account was deleted by {by}.",
    "account_disabled": "The account was closed to its owner by {by}.",
    "account_enabled": "The account was opened to its owner again by {by}.",
    "account_suspended": "{account} was suspended by {by}.",
    "account_unsuspended": "The suspension of {account} was lifted by {by}.",
    "account_warned": "{by} warned {account}.",
    "admitted": "{follower} follows and was admitted: {count} of {cap}.",
    "announced": "{by} announced something to everybody here.",
    "announcement_withdrawn": "{by} took an announcement back.",
    "appeal_answered": "{by} answered the appeal against decision {decision}.",
    "appeal_decided": "{by} decided the appeal against decision {decision}: {outcome}.",
    "appeal_opened": "{account} appealed against decision {decision}.",
    "appeal_withdrawn": "The appeal against decision {decision} was withdrawn.",
    "cap_changed": "{by} changed the limits of tier {tier}: {changes}.",
    "clock_confirmed": "{by} said that the clock is right, and trims may begin.",
    "clock_jumped": "The clock went forward by about {hours} hours at once; no trim begins without an admin's word.",
    "code_agreed": "Version {version} of the code of responsibility was agreed to.",
    "code_published": "Version {version} of the code of responsibility was published by {by}.",
    "credential_issued": "A licence was issued to {to}.",
    "credential_revoked": "The licence of {of} was revoked.",
    "domain_block_changed": "{by} changed the block of the domain {domain}.",
    "domain_blocked": "{by} blocked the domain {domain}.",
    "domain_unblocked": "{by} lifted the block of the domain {domain}.",
    "founded": "The server was founded.",
    "gave_way": "{follower} gave way in the full line and was sent Reject.",
    "grace_begun": "The audience is {count}, the cap {cap}: grace began, until {until}.",
    "grace_shortened": "The audience is {count}, the cap {cap}: after a further fall grace lasts only until {until}.",
    "held": "{follower} asked to follow and waits in the line.",
    "issuer_began": "The server began to issue licences.",
    "issuer_key_changed": "The key with which licences are issued was changed.",
    "lapsed": "The place of {follower} in the line lapsed.",
    "licence_consented": "Licence {licence} is shown on the profile, by its holder's consent.",
    "licence_displaces": "Licence {licence} took the place of the same licence on another account, by better proof.",
    "licence_ended": "Licence {licence} ended ({cause}).",
    "licence_replaced": "Licence {licence} was replaced by a newer one.",
    "licence_withdrawn": "Licence {licence} was withdrawn by its holder.",
    "listed": "{by} listed {account}: it passes on what it gets, and may be admitted all the same.",
    "move_undone": "The move was undone: the account can be used again.",
    "moved": "The account moved to {target}; here it can only be read.",
    "mark_undone": "{by} undid the mark on {post}: it is within its author's licence.",
    "paused": "{people} followers were paused: they stay in the count and get no copies.",
    "post_marked": "{by} marked {post} as outside its author's licence: its permit came off.",
    "refused": "Refused: {what}.",
    "relay_added": "{by} subscribed this server to the relay {relay}.",
    "relay_removed": "{by} ended the subscription to the relay {relay}.",
    "released": "{follower} waited in the line and was admitted: {count} of {cap}.",
    "removed": "{follower} was removed from the followers.",
    "requested": "{follower} asked to follow; the account is locked, so its owner picks.",
    "restore_ended": "After a restore {in_step} of {hosts} servers were synchronized; followers are admitted again.",
    "restored": "{people} paused followers were restored.",
    "role_changed": "The role was changed from {from} to {to} by {by}.",
    "rung_changed": "The tier changed from {from} to {to} ({cause}).",
    "seat_moved": "{former} moved to {follower}, who keeps the slot.",
    "rung_restored": "Fewer than three marks of 90 days count: the tier is no longer suspended.",
    "rung_suspended": "{marks} marks on posts within {days} days suspended the tier.",
    "said_for_cause": "{by} said that the fall was for cause: its grace, which went on until {until}, ended at once.",
    "sent_away": "{follower} asked to follow and was sent away by the owner.",
    "share_changed": "The cap was divided anew among the accounts of one login.",
    "settling_ended": "Settling ended: {count} followers, cap {cap}.",
    "report_reopened": "{by} reopened a report about {about}.",
    "report_resolved": "{by} dealt with a report about {about}.",
    "signups_changed": "How people join was changed from {from} to {to}.",
    "swapped_out": "{follower} was swapped out of the audience for somebody who waited.",
    "taken_out": "An archive of the account was made for its owner.",
    "throttle_begun": "Throttle began, until {until}: copies go to {kept} followers, the others are paused.",
    "tier_added": "{by} added tier {tier}, as number {place} of the ladder: {to}.",
    "tier_changed": "{by} changed tier {tier}: {changes}.",
    "tier_moved": "{by} moved tier {tier} to place {place} of the ladder.",
    "tier_removed": "{by} removed tier {tier}; nobody stood on it.",
    "tier_renamed": "{by} gave tier {tier} another name: {changes}. Nobody stood on it.",
    "trim_begun": "Trim began: {kept} followers are kept, {trimmed} are sent Reject.",
    "trim_waits": "The trim waits for an open appeal.",
    "trimmed": "{people} followers were trimmed: they are sent Reject.",
    "trust_changed": "The trust list was changed; it has {entries} entries, and its digest is {digest}.",
    "unlisted": "{by} struck {account} off the list of accounts that pass on what they get.",
    "waiver_asked": "A waiver of limits was asked for, for {days} days.",
    "waiver_ended": "The waiver of limits ended.",
    "waiver_given": "{by} gave a waiver of limits for {days} days, until {until}.",
    "waiver_granted": "{by} granted a waiver of limits for {days} days, until {until}.",
    "waiver_refused": "{by} refused the waiver of limits that was asked for.",
    "window_announced": "{by} announced that tier {tier} is lowered from {from_at} to {to_at}: {changes}.",
    "window_begun": "The window that {by} announced began: tier {tier} is lowered: {changes}.",
    "window_cancelled": "{by} cancelled a window of tier {tier}.",
    "window_ended": "The window that {by} announced ended: tier {tier} is lowered no longer by it.",
}
"""Kind → sentence. A name in braces is a party, a value of the body, or made below of several."""

_REFUSED = {
    "answers": "a post beyond the limit of answers a day",
    "boosts": "a boost that the author's tier doesn't allow",
    "replies": "an answer by {answerer}, whom the author doesn't let answer",
    "quotes": "a quote by {quoter}, which the tier doesn't allow",
    "quoting": "a quote that the quoted author's tier or word doesn't allow",
    "rate": "more than goes out to single people elsewhere in a day",
    "strangers": "a post to more strangers than the tier allows",
    "third_post": "a third post to somebody who hasn't answered",
}
_MOMENTS = ("until", "was_until", "from_at", "to_at", "backup_at")
WRITTEN = ("why", "words", "answer", "note")
"""Words that somebody wrote: they follow the sentence."""


def sentence(kind: str, parties: Mapping[str, str], body: Mapping[str, Any]) -> str:
    """The row in words. `parties`: role → how the person is called, '' where the name is erased."""
    names = {role: name or ERASED for role, name in parties.items()}
    values = {key: _plain(key, value) for key, value in body.items()}
    if kind == "role_changed":
        values |= {key: role for key, role in body.items() if key in ("from", "to")}  # "none" is a role, not a limit
    made = {"what": _refused(names, body), "changes": _changes(body), "by": "the server"}
    if "about" in names and set(body) == {"repeats"}:
        return f"The same as before ({_word(kind)}) with {names['about']}: counted {_times(body)} more."
    template = SENTENCES.get(kind)
    said = _filled(template, {**made, **values, **names}) if template else _by_its_own_words(kind, names, values)
    if body.get("repeats"):
        said += f" Before it, the same was counted {_times(body)} more."
    for key in WRITTEN:
        if key in body:
            said += f" {_because(key)}: {body[key] or NO_WORDS}"
    return said


def _times(body: Mapping[str, Any]) -> str:
    return counted(int(body["repeats"]), "time")


def _filled(template: str, values: Mapping[str, str]) -> str:
    return template.format_map(_Known(values))


class _Known(dict[str, str]):
    """What isn't there is said so: a row of an older version may lack it."""

    def __missing__(self, key: str) -> str:
        return "(not said)"


def _because(key: str) -> str:
    return {"why": "Why", "words": "In their words", "answer": "The answer", "note": "Note"}[key]


def _refused(names: Mapping[str, str], body: Mapping[str, Any]) -> str:
    if "follower" in names:
        return f"a follow by {names['follower']}"
    limit = str(body.get("limit") or body.get("reason") or "")
    if limit == "quotes" and "quoter" not in names:
        limit = "quoting"
    what = _filled(_REFUSED.get(limit, limit.replace("_", " ") or "what the tier doesn't allow"), names)
    if "most" in body:
        what += f" (limit {_plain('most', body['most'])}, used {body.get('used')}, asked for {body.get('wants')})"
    return what


def _changes(body: Mapping[str, Any]) -> str:
    before, after = body.get("from"), body.get("to")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return ""
    return "; ".join(f"{_word(key)} from {_plain(key, before.get(key))} to {_plain(key, after[key])}" for key in after)


def _by_its_own_words(kind: str, names: Mapping[str, str], values: Mapping[str, str]) -> str:
    told = [f"{_word(role)} {name}" for role, name in names.items()]
    told += [f"{_word(key)} {value}" for key, value in values.items() if key not in WRITTEN]
    words = _word(kind)
    return f"{words[:1].upper()}{words[1:]}" + (f": {', '.join(told)}." if told else ".")


def _plain(key: str, value: object) -> str:
    if value is None or value == "none":
        return "no limit"
    if value == "" and key not in _MOMENTS:
        return NOT_KEPT
    if key in _MOMENTS:
        return moment(value) if isinstance(value, int) else NO_MOMENT
    if isinstance(value, Mapping):
        return ", ".join(f"{_word(name)} {_plain(name, each)}" for name, each in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)


def _word(key: str) -> str:
    return key.replace("_", " ")


def moment(at: int) -> str:
    """A moment in milliseconds, as people write it."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%-d %B %Y, %H:%M UTC")


def rule_anchor(rule: str) -> str:
    """Where in the page of the law a rule stands: `law 3: full` → `#law-3`, `people: waivers` → `#people`; '' where it
    names no point."""
    point = rule.partition(":")[0].strip()
    number = point.removeprefix("law ")
    if number != point and number.isdigit():
        return f"#law-{number}"
    part = point.partition(" ")[0]
    return f"#{part}" if part in ("cases", "people") else ""
