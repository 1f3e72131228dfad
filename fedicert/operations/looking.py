"""What is to be looked at: links in the documents of remote actors, licences whose time has come, a changed trust list.

Whoever sends us documents can have us ask others over the network, so that everything here is bounded.
"""

import hashlib
from collections.abc import Sequence

import msgspec

from fedicert.attestations.links import LicenceLink
from fedicert.base.clock import HOUR, MINUTE
from fedicert.model.attestations import TrustEntry
from fedicert.model.licences import MOST_LINKS, LicenceRow
from fedicert.operations import certification, jobs
from fedicert.operations.ledger import record
from fedicert.store.tables import licences, people, sessions, settings
from fedicert.store.unit import Tx
from fedicert.text.registrable import registrable_domain

LOOKS_AN_HOUR = 12
"""So often a remote actor can have us look at its licences, whatever it sends."""
DUE_AT_ONCE = 500
DUE_AGAIN = 10 * MINUTE
LONGEST_LINK = 1_000
_TRUST = "trust_list"


async def note_links(tx: Tx, account: int, links: tuple[LicenceLink, ...]) -> None:
    """A remote actor's document was read: these credentials it links to. They are looked at, within bounds."""
    # By address: what names one twice with two digests gets one look.
    links = tuple({link.href: link for link in links if len(link.href) <= LONGEST_LINK}.values())[:MOST_LINKS]
    known = {row.href: row for row in await licences.of_account(tx, account)}
    named = {link.href for link in links}
    await licences.remove(tx, [row.id for href, row in known.items() if href not in named])
    number = await licences.next_number(tx, account) if links else 0
    for link in links:
        row, mirror, digest = known.get(link.href), link.mirror[:LONGEST_LINK], link.digest[:LONGEST_LINK]
        if row is None:
            await licences.insert(
                tx,
                LicenceRow(
                    id=tx.new_id(),
                    account=account,
                    number=number,
                    href=link.href,
                    mirror=mirror,
                    digest=digest,
                    check_again_at=tx.now,
                    consented_at=tx.now,
                    created_at=tx.now,
                ),
            )
            number += 1
        elif (row.mirror, row.digest) != (mirror, digest):
            if _another(row, digest):
                await licences.update(tx, _unknown(row))
            await licences.relink(tx, row.id, mirror, digest)
    if known:
        await certification.show(tx, account)
    if links:
        await ask(tx, account)


async def ask(tx: Tx, account: int) -> None:
    """Have an account's licences looked at now, past what is kept; a remote actor's only so often."""
    window = tx.now - tx.now % HOUR
    tries = await sessions.count_try(tx, f"licences-of:{account}", window)
    due = None if tries <= LOOKS_AN_HOUR else window + HOUR
    await _enqueue(tx, account, due, everything=True)


async def ask_due(tx: Tx) -> int:
    """Have those looked at whose time has come, so many accounts at most, the longest due first; how many."""
    found = await licences.due(tx, DUE_AT_ONCE)
    for account in found:
        await _enqueue(tx, account, None, everything=False)
    return len(found)


async def put_off(tx: Tx, account: int, hrefs: Sequence[str]) -> None:
    """Somebody looks at these licences of an account: they aren't due again at once, whatever comes of it.

    Only these: one that nobody looks at now keeps its time.
    """
    for href in hrefs:
        await licences.put_off(tx, account, href, tx.now + DUE_AGAIN)


async def trust_is(tx: Tx, trust: list[TrustEntry]) -> bool:
    """The trust list that holds. True: it has changed, and every licence is looked at anew."""
    digest = hashlib.sha256(msgspec.json.encode(trust)).hexdigest()
    before = await settings.get(tx, _TRUST)
    if before == digest or not await settings.change(tx, _TRUST, digest):
        return False
    await licences.look_at_all(tx)
    if before is not None:
        told = {"entries": len(trust), "digest": digest}
        await record(tx, await people.instance(tx), "trust_changed", "attestations: the trust list", {}, told)
    return before is not None


async def _enqueue(tx: Tx, account: int, due: int | None, *, everything: bool) -> None:
    """People here wait for nobody else's looks; elsewhere one registrable domain has one look at a time, however many
    actors it has and however slowly it answers."""
    person = await people.by_id(tx, account)
    if person is None:
        return
    kind, lane = ("certify_here", None) if person.local else ("certify", registrable_domain(person.authority))
    key = str(account) if everything else f"{account}:due"
    await jobs.enqueue(tx, kind, {"account": account, "all": everything}, due=due, key=key, lane=lane)


def _another(row: LicenceRow, digest: str) -> bool:
    """Is a credential of this digest another one than the one that was looked at?"""
    return bool(digest) and row.said is not None and row.said.digest != digest


def _unknown(row: LicenceRow) -> LicenceRow:
    """Its holder means another document now, of which nothing is known yet."""
    return msgspec.structs.replace(
        row,
        outcome="unverifiable",
        reason="digest",
        checks=(),
        said=None,
        entry=None,
        document="",
        rests_on=None,
        good_since=None,
    )
