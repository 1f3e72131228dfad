"""Decisions and their appeals in words, to whom they concern. What isn't named here is shown by its own name."""

from datetime import UTC, datetime

KINDS = {
    "account_created": "Your account was made",
    "account_deleted": "Your account was deleted",
    "account_disabled": "Your account was closed",
    "account_suspended": "Your account was suspended",
    "account_warned": "The staff of this server had a word with you",
    "grace_begun": "Your audience has to shrink",
    "grace_shortened": "Your audience has to shrink sooner",
    "licence_ended": "Your licence doesn't count here any more",
    "post_marked": "A post of yours was marked as outside the scope of your licence",
    "role_changed": "Your office on this server was changed",
    "rung_changed": "Your tier was changed",
    "rung_suspended": "Your tier was suspended because of marks on your posts",
    "said_for_cause": "The grace for your audience was ended, for cause",
    "signup_rejected": "Your sign-up was refused",
    "waiver_ended": "Your waiver was ended",
    "waiver_refused": "The waiver you asked for was refused",
}

OUTCOMES = {
    "": "open",
    "granted": "granted",
    "dismissed": "dismissed",
    "withdrawn": "taken back",
}


def kind_in_words(kind: str) -> str:
    """What was decided, to whom it concerns."""
    return KINDS.get(kind) or kind.replace("_", " ").capitalize()


def in_words(body: dict[str, object]) -> str:
    """The numbers and words of a ledger row, in one line."""
    return ", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in body.items() if value not in ("", None))


def moment(at: int) -> str:
    """A moment as people read it."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%-d %B %Y, %H:%M UTC")
