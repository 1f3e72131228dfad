"""The row that admission locks: an account's tier, its counts, and the tier row beside it. Never a page for a door."""

from collections.abc import Sequence

import msgspec
import orjson

from fedicert.model.standing import Counts, Limits
from fedicert.reach.limits import cap_of, limits_of, raised_by, rule_share
from fedicert.reach.turnover import TURN, WINDOW
from fedicert.store.shapes import WAIVED_COLUMNS, waived_of
from fedicert.store.unit import Reader, Row, Tx


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """What the law reads of a local account, under its lock.

    `rule_cap`: its cap by the tier's rule, which is above `limits.cap` while a window lowers that.
    """

    account: int
    uri: str
    username: str
    login: int | None
    locked: bool
    role: str
    limits: Limits
    counts: Counts
    admitted_seq: int
    picks_until: int
    told_locked: bool
    told_locked_at: int
    closed: bool
    moved: bool
    default_visibility: str | None
    default_sensitive: bool
    default_language: str
    rule_cap: int | None
    default_quoting: str
    answers_by: str = ""
    told_reach: int = 0
    code_agreed: int = 0
    code_now: int = 0
    on_lowest: bool = True

    @property
    def signed(self) -> bool:
        """Did the person agree to the code of responsibility as it is now?"""
        return self.code_agreed >= self.code_now

    @property
    def windowed(self) -> bool:
        """Does a window lower the cap now?"""
        return self.rule_cap != self.limits.cap


class Share(msgspec.Struct, frozen=True):
    """An account's part of its tier's cap: of the one that holds, and of the rule's while a window lowers it."""

    account: int
    login: int | None
    share: int
    rule_share: int | None


_COLUMNS = f"""
    SELECT l.id, a.uri, a.username, a.locked, l.role, l.cap_share, l.admitted, l.paused, l.held, l.requested, l.kept_used,
        l.freed, l.picks, l.picks_until, CASE WHEN l.freed > 0 THEN (SELECT COUNT(*) FROM refills r
            WHERE r.account = l.id AND r.at > $2) ELSE 0 END AS refilled,
        l.admitted_seq, l.told_locked, l.told_locked_at, l.disabled_at, a.deleted_at, a.suspended_at,
        l.default_visibility, l.default_sensitive, l.default_language, l.default_quoting,
        t.name, t.followers, t.kept_permille, t.strangers_per_domain_day, t.when_full, t.visibility, t.boosts,
        t.following, t.strangers, t.answers_per_day, t.permit_line, t.members_timeline, l.answers_by,
        l.login, l.told_reach, t.lowered, l.rule_share, a.moved_to, {WAIVED_COLUMNS}, l.code_agreed,
        (SELECT COUNT(*) FROM restorations r WHERE r.ended_at IS NULL) AS restored,
        (SELECT MAX(version) FROM codes) AS code_now, t.position = (SELECT MIN(position) FROM tiers) AS on_lowest
    FROM local_accounts l JOIN accounts a ON a.id = l.id JOIN tiers t ON t.id = l.tier
    WHERE l.id = $1
"""
_LOCK = "SELECT id FROM local_accounts WHERE id = $1 {for_update}"
# Of rows that a statement locks itself it shows what was committed last, of others what was when it began.
_LOCKED = _COLUMNS + " FOR SHARE OF t"


async def lock(tx: Tx, account: int) -> Seat | None:
    """Take the account's lock, then read its counts and limits; None where the account isn't local.

    The tier row is locked for share, so that a cap can't change between this reading and the commit.
    """
    if tx.engine == "postgres":
        # The lock comes first and the reading after it: a statement's snapshot is older than the lock it waits for.
        await tx.value(_LOCK, account)
        row = await tx.one(_LOCKED, account, tx.now - WINDOW)
        return None if row is None else _seat(row, tx.now)
    return await read(tx, account)


async def hold_family(tx: Tx, *accounts: int) -> None:
    """The same of all accounts of the logins of these: whose tier may change divides a cap with them (law 10)."""
    if tx.engine == "postgres":
        await tx.all(
            "SELECT id FROM local_accounts WHERE id {any_id:$1} OR login IN (SELECT login FROM local_accounts"
            " WHERE id {any_id:$1} AND login IS NOT NULL) ORDER BY id {for_update}",
            list(accounts),
        )


async def hold(tx: Tx, *accounts: int) -> None:
    """Take the locks of several accounts, in one order everywhere; those not from here have none."""
    if tx.engine == "postgres":
        await tx.all("SELECT id FROM local_accounts WHERE id {any_id:$1} ORDER BY id {for_update}", list(accounts))


async def read(reader: Reader, account: int) -> Seat | None:
    """The same without the lock; for showing, never for deciding."""
    row = await reader.one(_COLUMNS, account, reader.now - WINDOW)
    return None if row is None else _seat(row, reader.now)


async def next_admitted_seq(tx: Tx, account: int) -> int:
    """The next place in the order of admissions of this account; the caller holds the lock."""
    return int(
        await tx.value(
            "UPDATE local_accounts SET admitted_seq = admitted_seq + 1 WHERE id = $1 RETURNING admitted_seq", account
        )
    )


async def set_told_locked(tx: Tx, account: int, told: bool) -> None:
    """Remember what the last Update said of `manuallyApprovesFollowers`, and when."""
    await tx.later(
        "UPDATE local_accounts SET told_locked = $2, told_locked_at = $3 WHERE id = $1", account, int(told), tx.now
    )


async def set_told_reach(tx: Tx, account: int, level: int) -> None:
    """Remember what its owner was told of the audience (law 8)."""
    await tx.run("UPDATE local_accounts SET told_reach = $2 WHERE id = $1", account, level)


async def stands_on(reader: Reader, account: int) -> int | None:
    """The rung that a local account stands on."""
    found = await reader.value("SELECT tier FROM local_accounts WHERE id = $1", account)
    return None if found is None else int(found)


async def set_tier(tx: Tx, account: int, tier: int, share: int | None = None) -> None:
    """Put an account on a rung, with a share of this rung's cap (None: the whole). It is shown, so the version rises.

    The caller holds the account's lock; the rung is locked for share, so that its cap can't change before the commit.
    """
    if tx.engine == "postgres":
        await tx.value("SELECT id FROM tiers WHERE id = $1 FOR SHARE", tier)
    await tx.run(
        "UPDATE local_accounts SET tier = $2, cap_share = $3, rule_share = NULL WHERE id = $1", account, tier, share
    )
    await tx.run("UPDATE accounts SET version = version + 1 WHERE id = $1", account)


async def of_tier(reader: Reader, tier: int, after: int, count: int) -> list[int]:
    """Accounts on a tier, in order of id, a page after `after`."""
    rows = await reader.all(
        "SELECT id FROM local_accounts WHERE tier = $1 AND id > $2 ORDER BY id LIMIT $3", tier, after, count
    )
    return [row[0] for row in rows]


def _seat(row: Row, now: int) -> Seat:
    return Seat(
        account=row["id"],
        uri=row["uri"],
        username=row["username"],
        login=row["login"],
        locked=bool(row["locked"]),
        role=row["role"],
        limits=limits_of(
            tier=row["name"],
            tier_cap=row["followers"],
            share=row["cap_share"],
            kept_permille=row["kept_permille"],
            strangers_per_domain_day=row["strangers_per_domain_day"],
            when_full=row["when_full"],
            visibility=row["visibility"],
            boosts=row["boosts"],
            following=row["following"],
            strangers=row["strangers"],
            answers_per_day=row["answers_per_day"],
            waived=waived_of(row, now),
            permit_line=bool(row["permit_line"]),
            members_timeline=bool(row["members_timeline"]),
            restored=bool(row["restored"]),
        ),
        counts=Counts(
            admitted=row["admitted"],
            paused=row["paused"],
            held=row["held"],
            requested=row["requested"],
            kept_used=row["kept_used"],
            freed=row["freed"],
            refilled=row["refilled"],
            # What ends much later than a turn lasts was given before the clock was set back, and is over. As much again is
            # left for nodes whose clocks differ: a turn that one gave isn't over for another that is behind.
            reserved=row["picks"] if now < row["picks_until"] <= now + 2 * TURN else 0,
        ),
        picks_until=row["picks_until"],
        admitted_seq=row["admitted_seq"],
        told_locked=bool(row["told_locked"]),
        told_locked_at=row["told_locked_at"],
        closed=row["deleted_at"] is not None or row["suspended_at"] is not None,
        moved=row["moved_to"] is not None,
        default_visibility=row["default_visibility"],
        default_sensitive=bool(row["default_sensitive"]),
        default_language=row["default_language"],
        default_quoting=row["default_quoting"],
        code_agreed=row["code_agreed"],
        code_now=row["code_now"] or 0,
        on_lowest=bool(row["on_lowest"]),
        rule_cap=_rule_cap(row, now),
        answers_by=row["answers_by"],
        told_reach=row["told_reach"],
    )


async def set_answers_by(tx: Tx, account: int, answers_by: str) -> None:
    """Who may answer the posts to come of a local account."""
    await tx.run("UPDATE local_accounts SET answers_by = $2 WHERE id = $1", account, answers_by)


def _rule_cap(row: Row, now: int) -> int | None:
    cap: int | None = row["followers"]
    rule: int | None = cap
    if row["lowered"]:
        rule = orjson.loads(row["lowered"]).get("followers", cap)
    return raised_by(waived_of(row, now), cap_of(rule, rule_share(row["cap_share"], row["rule_share"], cap, rule)))


async def shares(tx: Tx, tier: int) -> list[Share]:
    """The accounts of a tier that have a part of its cap, locked."""
    rows = await tx.all(
        "SELECT id, login, cap_share, rule_share FROM local_accounts WHERE tier = $1 AND cap_share IS NOT NULL ORDER BY id"
        " {for_update}",
        tier,
    )
    return [Share(row[0], row[1], row[2], row[3]) for row in rows]


async def undivided(reader: Reader, tier: int) -> set[int]:
    """The logins of which an account has the whole of a tier's cap: what others of them have there is nothing."""
    rows = await reader.all(
        "SELECT login FROM local_accounts WHERE tier = $1 AND cap_share IS NULL AND login IN"
        " (SELECT login FROM local_accounts WHERE tier = $1 AND cap_share IS NOT NULL)",
        tier,
    )
    return {row[0] for row in rows}


async def set_shares(tx: Tx, shares: Sequence[Share]) -> None:
    """Write parts of a cap."""
    await tx.many(
        "UPDATE local_accounts SET cap_share = $2, rule_share = $3 WHERE id = $1",
        [(one.account, one.share, one.rule_share) for one in shares],
    )
