"""Would somebody who follows now be held (law 3)? The same answer for the actor document and for the owner's own view."""

from fedicert.model.standing import Counts
from fedicert.reach.admission import holds_newcomers
from fedicert.reach.limits import limits_of
from fedicert.store.shapes import WAIVED_COLUMNS, waived_of
from fedicert.store.unit import Row

COLUMNS = (
    f"{WAIVED_COLUMNS}, l.admitted, l.paused, l.held, l.requested, l.kept_used, l.freed, l.cap_share, t.name AS tier_name,"
    " t.followers AS tier_cap, t.kept_permille, t.strangers_per_domain_day, t.when_full, t.visibility, t.boosts,"
    " CASE WHEN l.freed > 0 THEN (SELECT COUNT(*) FROM refills r WHERE r.account = l.id AND r.at > $2) ELSE 0 END"
    " AS refilled, (SELECT COUNT(*) FROM restorations v WHERE v.ended_at IS NULL) AS restored"
)
"""Of `local_accounts l` and `tiers t`; $2: the moment (ms) since which slots that were filled again count."""

_COUNTS = ("admitted", "paused", "held", "requested", "kept_used", "freed", "refilled")


def holds(row: Row, now: int) -> bool:
    """By a row with these columns, at this moment."""
    limits = limits_of(
        tier=row["tier_name"],
        tier_cap=row["tier_cap"],
        share=row["cap_share"],
        kept_permille=row["kept_permille"],
        strangers_per_domain_day=row["strangers_per_domain_day"],
        when_full=row["when_full"],
        visibility=row["visibility"],
        boosts=row["boosts"],
        waived=waived_of(row, now),
        restored=bool(row["restored"]),
    )
    return holds_newcomers(Counts(**{name: row[name] for name in _COUNTS}), limits)
