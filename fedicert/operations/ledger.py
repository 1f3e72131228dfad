"""Every decision goes on the ledger (law 7): told here, in the unit of work that decides. Never changed, only added.

Whatever could name a person lies beside the chain, salted: the parties of a decision, whose chain it is, words that
somebody wrote, and moments, the row's own as well. In the row itself stand its day, counts, and words of the program's own
and of the ladder (`PLAIN`).
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from fedicert.base.clock import DAY
from fedicert.base.errors import Conflict
from fedicert.base.log import log
from fedicert.model.standing import Limits
from fedicert.operations import notices
from fedicert.reach import chain
from fedicert.store.tables import ledger
from fedicert.store.unit import Tx

SALT_BYTES = 16
WARNED = frozenset(
    {
        "account_disabled", "account_suspended", "account_warned", "post_marked", "role_changed", "rung_changed",
        "said_for_cause",
        "waiver_ended", "waiver_refused",
    }
)  # fmt: skip
"""Decisions that the person's client tells them of, where somebody else took them."""
NAMES_KEPT = 731 * DAY
"""24 months (law 7)."""

PLAIN = frozenset(
    {
        "achievement", "cause", "digest", "followers", "from", "kind", "ladder", "limit", "outcome", "role", "severity",
        "shows", "signups", "stage", "state", "tier", "tiers", "to", "type", "version", "window",
    }
)  # fmt: skip
"""Keys of a body whose words are the program's own or the ladder's. Words under any other key lie beside the chain; so
does a number by which something is shown to others with a name beside it, written as a text."""

TEXT = "text."
"""How the field of such words begins, beside the chain and among the parties' digests."""
NUMBER = "number."
"""How the field of a number begins that lies there."""
LARGEST_COUNT = 2**31
"""From here on a number counts nobody: it is a moment, or an id with a moment in it, and others may be shown the same."""


class Aside(int):
    """A number that lies beside the chain, however small: everybody may be shown it with a name, as a waiver's are."""


def told_limit(limits: Limits, number: int | None) -> int | None:
    """A limit as a row says it: aside, while a waiver may have made it one that nobody else has."""
    return Aside(number) if limits.waived and number is not None else number


def standing(limits: Limits, cap: int | None, count: int) -> dict[str, str | int | None]:
    """What a row says of where an account stands: its tier, its cap (the one it is about) and the count.

    Everybody is shown the count with a name, and where it may be anything it is nearly a name: there it lies beside the
    chain. What counts within a tier's cap many have.
    """
    known = cap is not None and not limits.waived
    return {"tier": limits.tier, "cap": told_limit(limits, cap), "count": count if known else Aside(count)}


class Party(msgspec.Struct, frozen=True):
    """Somebody a decision names: the actor id, and the account here, so that the name can be forgotten."""

    uri: str
    account: int | None = None


async def record(
    tx: Tx, account: int, kind: str, rule: str, parties: Mapping[str, Party], body: Mapping[str, Any]
) -> None:
    """Add a row to an account's chain. `rule`: the clause that decides. `body`: numbers, words by the keys of `PLAIN`;
    anything else in it is treated as a reason that somebody wrote, and lies beside the chain like a name; so does a number
    that is a moment or an id, or is given as `Aside`.

    `by` among the parties is who took the decision. Where that isn't the account itself, whom it concerns can appeal.
    Takes the account's lock, which the caller usually holds. Raises Conflict: no local account.
    """
    found = await ledger.head(tx, account)
    if found is None:
        raise Conflict("only local accounts have a ledger")
    named = found.chain or await _name_chain(tx, account)
    seq = found.seq + 1
    digests: dict[str, str] = {}
    people_named = {role: await _known(tx, party) for role, party in parties.items()}
    beside = {role: (party.uri, party.account) for role, party in people_named.items()}
    about = _about(people_named)
    for key, value in body.items():
        if not _is_plain(key, value):
            field = (NUMBER if isinstance(value, int) else TEXT) + key
            beside[field] = (_as_text(value), about)
    at = max(tx.now, found.at)  # the ledger's clock never steps back
    beside[chain.MOMENT] = (str(at), about)
    salts = tx.random(SALT_BYTES * len(beside)).hex()
    kept: list[ledger.Beside] = []
    for place, (field, (value, person)) in enumerate(beside.items()):
        salt = salts[place * 2 * SALT_BYTES : (place + 1) * 2 * SALT_BYTES]
        digests[field] = chain.digest_of_name(salt, value)
        kept.append(ledger.Beside(field, salt, value, person))
    await ledger.keep_beside(tx, account, seq, kept)
    row = chain.Row(
        account=account,
        seq=seq,
        at=at,
        rule=rule,
        kind=kind,
        parties=chain.canonical(digests).decode(),
        body=chain.canonical({key: value for key, value in body.items() if _is_plain(key, value)}).decode(),
        prev=found.hash or chain.GENESIS,
        chain=named,
    )
    await ledger.append(tx, row, chain.row_hash(row))
    if kind in WARNED and "by" in parties and parties["by"].account != account:
        await notices.warn(tx, account, seq)
    tx.after_commit(partial(log, "decision", account=account, seq=seq, kind=kind, rule=rule))


def _is_plain(key: str, value: object) -> bool:
    if isinstance(value, int):
        return abs(value) < LARGEST_COUNT and not isinstance(value, Aside)
    return value is None or key in PLAIN


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(int(value)) if isinstance(value, int) else chain.canonical(value).decode()


def _about(parties: Mapping[str, Party]) -> int | None:
    """Whom words of a decision are about: who is named first, but for who decided."""
    return next((party.account for role, party in parties.items() if role != "by" and party.account), None)


async def _known(tx: Tx, party: Party) -> Party:
    """With the account, where the caller didn't know it and there is one: its name has to go with it."""
    return party if party.account is not None else Party(party.uri, await ledger.account_of(tx, party.uri))


async def _name_chain(tx: Tx, account: int) -> str:
    """What the chain is called in its rows: not by its owner, and not by a number that leads to its owner."""
    salt = tx.random(SALT_BYTES).hex()
    named = chain.digest_of_name(salt, await ledger.owner(tx, account))
    await ledger.name_chain(tx, account, named, salt)
    return named


async def record_about(
    tx: Tx, account: int, kind: str, rule: str, role: str, party: Party, body: Mapping[str, Any]
) -> None:
    """Like `record` about one person, where a repeat within a day only adds to a count in the next row (law 7).

    A repeat is the same outcome as the last one told of this person; what held before another outcome is told again.
    Outcomes of one kind are told apart behind a colon (`refused:answers`); the row has the kind alone.
    The caller holds the account's lock.
    """
    person = party.account or 0
    before = await ledger.told_of(tx, account, person)
    told_at, repeats = before.get(kind, (0, 0))
    if told_at > tx.now - DAY:
        await ledger.count_repeat(tx, account, person, kind)
        return
    told = {**body, "repeats": repeats} if repeats else body
    await record(tx, account, _bare(kind), rule, {role: party}, told)
    if before:
        await ledger.end_repeats(tx, account, person)
    await ledger.start_repeats(tx, account, person, kind)


async def tell_repeats(tx: Tx, most: int) -> int:
    """Tell counts of repeats that no row has taken up within a day; how many were looked at."""
    found = await ledger.old_repeats(tx, tx.now - DAY, most)
    await _tell_counts(tx, found)
    return len(found)


async def _tell_counts(tx: Tx, found: list[ledger.Repeat]) -> None:
    for repeat in sorted(found, key=lambda repeat: repeat.account):
        if repeat.count:
            party = Party(repeat.uri, repeat.person)
            await record(
                tx, repeat.account, _bare(repeat.kind), "law 7: repeats", {"about": party}, {"repeats": repeat.count}
            )


def _bare(kind: str) -> str:
    return kind.partition(":")[0]


async def forget_old_names(tx: Tx, account: int) -> int:
    """Take the names and salts beside a chain away that are older than 24 months; how many.

    On the instance's chain the reason of a rule stays, and until when it holds, as long as that names nobody: who wants to
    know why a cap changed finds it.
    """
    rules = await ledger.is_of_instance(tx, account)
    return await ledger.forget_names_before(tx, account, tx.now - NAMES_KEPT, texts_too=not rules)


async def forget_person(tx: Tx, account: int) -> int:
    """Erase a person's names and salts, beside whosever chain, and all beside their own; how many there were.

    Repeats counted of them are told before: nothing names them afterwards. Chains still verify.
    """
    await _tell_counts(tx, await ledger.repeats_of(tx, account))
    return await ledger.forget(tx, account)
