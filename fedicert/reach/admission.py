"""A slot or the line: where somebody who asks to follow stands (law 1 and 3). Pure.

The same function decides for a newcomer, for somebody in the line when a slot frees, and for somebody whom the owner
picks: `owners_word` says that the owner did, which sets the limit of a domain's day aside but never the cap.
"""

from fedicert.model.standing import MULTIPLIERS, Counts, Limits, Newcomer, Placement, Reason

LINE_PER_CAP = 10
ADMITTED = Placement("admitted")


def place(newcomer: Newcomer, counts: Counts, limits: Limits, *, locked: bool = False) -> Placement:
    """Admitted, held, requested or refused; the caller holds the account's lock.

    A locked account's owner picks, so everybody else waits as requested. Without a cap everybody has a slot.
    """
    if locked and not newcomer.owners_word and limits.cap != 0:
        return Placement("requested", "locked")
    if limits.restored and limits.cap != 0:
        return Placement("held", "restored")  # docs/law.md, Cases: after a restore nobody is admitted
    if limits.cap is None:
        return ADMITTED
    reason = _why_not(newcomer, counts, limits, limits.cap)
    if not reason:
        return ADMITTED
    if limits.cap == 0:
        return Placement("refused", "no_line")  # docs/law.md, Cases: cap 0 has no line
    # While a count is over its cap, a follow is held, whatever the tier says of full ones (docs/law.md, Cases).
    if limits.when_full == "reject" and reason in ("full", "kept", "turnover") and counts.count <= limits.cap:
        return Placement("refused", reason)
    return Placement("held", reason)


def _why_not(newcomer: Newcomer, counts: Counts, limits: Limits, cap: int) -> Reason:
    if counts.count >= cap:
        return "full"
    if newcomer.type in MULTIPLIERS and not newcomer.listed:
        return "multiplier"
    if turned_over(counts, limits):
        return "turnover"
    if newcomer.followed_by_owner:
        return ""
    if counts.others >= cap - limits.kept_slots:
        return "kept"
    day = limits.strangers_per_domain_day
    if day and newcomer.domain_today >= day and not newcomer.owners_word:
        return "domain_day"
    return ""


def holds_newcomers(counts: Counts, limits: Limits) -> bool:
    """Would a newcomer whom the owner doesn't follow be held? The actor document then says so (law 3)."""
    if limits.restored:
        return True
    if limits.cap is None:
        return False
    if counts.count >= limits.cap or counts.others >= limits.cap - limits.kept_slots:
        return True
    return turned_over(counts, limits)


def refills(counts: Counts, limits: Limits) -> bool:
    """Would the next admission fill a slot that the owner freed (law 1)? The others are filled first."""
    return limits.cap is not None and 0 < limits.cap - counts.count <= counts.freed


def turned_over(counts: Counts, limits: Limits) -> bool:
    """Were slots that the owner freed filled again as often as 30 days allow: so many times as the cap (law 1)?"""
    return limits.cap is not None and refills(counts, limits) and counts.refilled >= limits.cap


def freed_after(counts: Counts, limits: Limits) -> int:
    """How many slots the owner freed that weren't filled again, once the owner has freed one more. `counts`: before that.

    Whoever goes while the count is above the cap leaves no slot now; it is remembered until a higher cap or another share
    brings that slot back, so that falling and rising frees nobody of it. Without a cap there are no slots.
    """
    return counts.freed if limits.cap is None else counts.freed + 1


def may_release(counts: Counts, limits: Limits) -> bool:
    """Is there a slot for the line, beside those that wait for whom the owner picks?"""
    if limits.cap is not None and counts.count + counts.reserved >= limits.cap:
        return False
    return has_room(counts, limits) and not turned_over(counts, limits)


def has_room(counts: Counts, limits: Limits) -> bool:
    """Is there any slot to be given at all?"""
    return not limits.restored and (limits.cap is None or counts.count < limits.cap)


def has_room_for_others(counts: Counts, limits: Limits) -> bool:
    """Is there a slot for people whom the owner doesn't follow?"""
    return has_room(counts, limits) and not holds_newcomers(counts, limits)


def line_is_full(counts: Counts, limits: Limits) -> bool:
    """The line is bounded, those who wait for the owner's word included: ten times the cap."""
    return limits.cap is not None and counts.held + counts.requested >= LINE_PER_CAP * limits.cap


def beyond_the_line(counts: Counts, cap: int | None) -> int:
    """How many of the line are too many since the rule's cap fell; nobody while the audience is above it itself, for
    until trim a rise undoes everything. A cap of 0 has no line."""
    if cap is None or counts.count > cap:
        return 0
    return max(0, counts.held + counts.requested - LINE_PER_CAP * cap)


def newcomer_gives_way(
    newcomer: Newcomer, waiting_of_its_domain: int, longest_domain: str, longest_waiting: int
) -> bool:
    """In a full line the newest of the domain with most waiters gives way, never someone the owner follows.

    `waiting_of_its_domain` doesn't count the newcomer. True: the newcomer is that newest one.
    """
    if newcomer.followed_by_owner:
        return False
    return newcomer.domain == longest_domain or waiting_of_its_domain + 1 >= longest_waiting
