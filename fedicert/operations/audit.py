"""Verifying the ledger (law 7): names the first row altered or missing in each chain, and compares with checkpoints.

It only reads, over one snapshot, page by page. It trusts nothing that the database says without a hash or a signature
behind it; what can't be seen without a checkpoint kept elsewhere is said. Which key is the instance's it knows from such
a checkpoint; without one, from the database itself, and that is said, too.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import orjson

from fedicert.operations.checkpoints import Kept
from fedicert.reach import chain
from fedicert.reach.exports import CheckSignature
from fedicert.store.tables import checkpoints as checkpoint_rows
from fedicert.store.tables import ledger
from fedicert.store.tables.ledger import Chain, Told
from fedicert.store.unit import Reader

PAGE = 2_000

NOT_KEPT = (
    "no checkpoint kept elsewhere was given: rows removed together with every checkpoint over them can't be seen from the"
    " inside, nor can a ledger that was signed anew with another key (give one with --checkpoint FILE or URL)"
)
NO_KEY = (
    "the checkpoint kept elsewhere doesn't say with which key it was signed: which key is the instance's is taken from this"
    " database"
)


class Report(msgspec.Struct, kw_only=True):
    """What was looked at and what was found. `findings` empty: the ledger verifies."""

    chains: int = 0
    rows: int = 0
    checkpoints: int = 0
    findings: list[str] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)


class _Audit:
    """One audit under way: where it reads, what it found, which keys are the instance's."""

    def __init__(self, reader: Reader, check: CheckSignature, keys: Mapping[str, str]) -> None:
        self.reader = reader
        self.check = check
        self.keys = dict(keys)
        self.report = Report()

    def signed(self, kid: str, checkpoint: chain.Checkpoint, signature: str) -> bool:
        """Is it signed by the instance?"""
        return kid in self.keys and self.check(self.keys[kid], chain.checkpoint_bytes(checkpoint), signature)


async def verify(
    reader: Reader, check: CheckSignature, kept: Sequence[Kept] = (), keys: Mapping[str, str] | None = None
) -> Report:
    """Walk every chain and every checkpoint. `kept`: checkpoints that somebody else kept. `keys`: the instance's keys,
    kid → Multikey, where they aren't those of this database."""
    audit = _Audit(reader, check, await checkpoint_rows.signing_keys(reader) if keys is None else keys)
    _pin(audit, kept)
    after = 0
    while True:
        page = await ledger.chains(reader, after, PAGE)
        for found in page:
            await _walk(audit, found)
        if len(page) < PAGE:
            break
        after = page[-1].account
    for stray in await ledger.strays(reader, PAGE):
        audit.report.findings.append(f"account {stray}: has ledger rows, but its account row is missing")
    last = await _walk_checkpoints(audit)
    await _compare(audit, kept, last)
    return audit.report


def _pin(audit: _Audit, kept: Sequence[Kept]) -> None:
    """What was kept elsewhere says which key is the instance's; that one counts."""
    if not kept:
        audit.report.notes.append(NOT_KEPT)
    elif not any(one.key for one in kept):
        audit.report.notes.append(NO_KEY)
    for one in kept:
        if one.key and audit.keys.get(one.kid) != one.key:
            audit.report.findings.append(
                f"the key {one.kid} of this database isn't the one with which checkpoint {one.number}, kept elsewhere, was"
                " signed"
            )
            audit.keys[one.kid] = one.key


async def _walk(audit: _Audit, found: Chain) -> None:
    reader, report = audit.reader, audit.report
    seq, head = 0, ""
    who = f"account {found.username} ({found.account})"
    while True:
        page = await ledger.rows(reader, found.account, seq, PAGE)
        fault = _first_fault(page, seq, head or chain.GENESIS)
        if fault:
            report.findings.append(f"{who}: {fault}")
            return
        if page:
            report.chains += seq == 0
            report.rows += len(page)
            await _check_names(reader, report, who, page)
            seq, head = page[-1].row.seq, page[-1].hash
        if len(page) < PAGE:
            break
    if found.salt and chain.digest_of_name(found.salt, found.uri) != found.chain:
        report.findings.append(f"{who}: the name of its chain isn't that of its owner")
    if (seq, head) != (found.seq, found.head):
        what = f"row {seq + 1}" if seq < found.seq else f"row {seq}"
        fault = "is missing" if seq < found.seq else "doesn't match the head that the account remembers"
        report.findings.append(f"{who}: {what} {fault} (the chain's head is row {found.seq})")


def _first_fault(page: Iterable[Told], seq: int, prev: str) -> str:
    for told in page:
        if told.row.seq != seq + 1:
            return f"row {seq + 1} is missing"
        if told.row.prev != prev or chain.row_hash(told.row) != told.hash:
            return f"row {told.row.seq} was altered"
        seq, prev = told.row.seq, told.hash
    return ""


async def _check_names(reader: Reader, report: Report, who: str, page: list[Told]) -> None:
    rows = {told.row.seq: told.row for told in page}
    digests = {told.row.seq: orjson.loads(told.row.parties) for told in page}
    for name in await ledger.names(reader, page[0].row.account, page[0].row.seq, page[-1].row.seq):
        if digests[name.seq].get(name.field) != chain.digest_of_name(name.salt, name.value):
            report.findings.append(f"{who}: the name beside row {name.seq} ({name.field}) was altered")
            return
        if name.field == chain.MOMENT and name.value != str(rows[name.seq].at):
            report.findings.append(f"{who}: the moment of row {name.seq} was altered")
            return


async def _walk_checkpoints(audit: _Audit) -> int:
    report, number, prev = audit.report, 0, chain.GENESIS
    while True:
        page = await checkpoint_rows.sealed(audit.reader, number, PAGE)
        for sealed in page:
            found = sealed.checkpoint
            if found.number != number + 1:
                report.findings.append(f"checkpoint {number + 1} is missing")
            elif (
                found.prev != prev
                or chain.checkpoint_hash(found) != sealed.hash
                or not audit.signed(sealed.kid, found, sealed.signature)
            ):
                report.findings.append(f"checkpoint {found.number} was altered, or isn't signed by this instance")
            else:
                await _check_leaves(audit, found)
            report.checkpoints += 1
            number, prev = found.number, sealed.hash
        if len(page) < PAGE:
            return number


async def _check_leaves(audit: _Audit, checkpoint: chain.Checkpoint) -> None:
    leaves = await checkpoint_rows.leaves_of(audit.reader, checkpoint.number)
    if chain.merkle_root(leaves) != checkpoint.root:
        audit.report.findings.append(f"checkpoint {checkpoint.number}: its leaves were altered")
        return
    await _check_heads(audit, leaves, f"checkpoint {checkpoint.number}")


async def _check_heads(audit: _Audit, leaves: list[chain.Leaf], by: str) -> None:
    there = await ledger.hashes_at(audit.reader, leaves)
    for leaf in leaves:
        found = there.get((leaf.account, leaf.seq))
        if found == leaf.head:
            continue
        names = await ledger.usernames(audit.reader, [leaf.account])
        who = f"account {names.get(leaf.account, 'unknown')} ({leaf.account})"
        fault = "is missing" if found is None else "was altered"
        audit.report.findings.append(f"{who}: row {leaf.seq} {fault}, as {by} shows")


async def _compare(audit: _Audit, kept: Sequence[Kept], last: int) -> None:
    """With what somebody else kept, the oldest first: the first that differs says since when."""
    report, same = audit.report, 0
    for one in sorted(kept, key=lambda one: one.number):
        if chain.checkpoint_hash(one.checkpoint) != one.hash or not audit.signed(
            one.kid, one.checkpoint, one.signature
        ):
            report.findings.append("the checkpoint in the file wasn't signed by this instance, or was altered")
            continue
        since = f"; checkpoint {same} is the same as there" if same else ""
        if one.number > last:
            report.findings.append(
                f"checkpoint {one.number} was kept elsewhere and is missing here, where the last one is {last}{since}"
            )
        elif (await checkpoint_rows.sealed(audit.reader, one.number - 1, 1))[0].hash != one.hash:
            report.findings.append(f"checkpoint {one.number} here isn't the one that was kept elsewhere{since}")
        else:
            same = one.number
        await _check_heads(audit, one.heads, "the checkpoint kept elsewhere")
