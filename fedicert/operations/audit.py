"""Verifying the ledger (law 7): names the first row altered or missing in each chain, and compares with checkpoints.

It only reads, over one snapshot, page by page. It trusts nothing that the database says without a hash or a signature
behind it; what can't be seen without a checkpoint kept elsewhere is said.
"""

from collections.abc import Callable, Iterable

import msgspec
import orjson

from fedicert.operations.checkpoints import Kept
from fedicert.reach import chain
from fedicert.store.tables import ledger
from fedicert.store.tables.ledger import Chain, Told
from fedicert.store.unit import Reader

PAGE = 2_000
CheckSignature = Callable[[str, bytes, str], bool]
"""(kid, what was signed, signature in hex) → is it the instance's?"""


class Report(msgspec.Struct, kw_only=True):
    """What was looked at and what was found. `findings` empty: the ledger verifies."""

    accounts: int = 0
    rows: int = 0
    checkpoints: int = 0
    findings: list[str] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)


async def verify(reader: Reader, check_signature: CheckSignature, kept: Kept | None = None) -> Report:
    """Walk every chain and every checkpoint; `kept`: a checkpoint that somebody else kept."""
    report = Report()
    after = 0
    while True:
        page = await ledger.chains(reader, after, PAGE)
        for found in page:
            await _walk(reader, report, found)
        if len(page) < PAGE:
            break
        after = page[-1].account
    for stray in await ledger.strays(reader, PAGE):
        report.findings.append(f"account {stray}: has ledger rows, but its account row is missing")
    last = await _walk_checkpoints(reader, report, check_signature)
    await _compare(reader, report, check_signature, kept, last)
    return report


async def _walk(reader: Reader, report: Report, found: Chain) -> None:
    report.accounts += 1
    seq, head = 0, ""
    who = f"account {found.username} ({found.account})"
    while True:
        page = await ledger.rows(reader, found.account, seq, PAGE)
        fault = _first_fault(page, seq, head or chain.GENESIS)
        if fault:
            report.findings.append(f"{who}: {fault}")
            return
        if page:
            report.rows += len(page)
            await _check_names(reader, report, who, page)
            seq, head = page[-1].row.seq, page[-1].hash
        if len(page) < PAGE:
            break
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
    parties = {told.row.seq: told.row.parties for told in page}
    for name in await ledger.names(reader, page[0].row.account, page[0].row.seq, page[-1].row.seq):
        digest = orjson.loads(parties[name.seq]).get(name.field)
        if digest != chain.digest_of_name(name.salt, name.value):
            report.findings.append(f"{who}: the name beside row {name.seq} ({name.field}) was altered")
            return


async def _walk_checkpoints(reader: Reader, report: Report, check_signature: CheckSignature) -> int:
    number, prev = 0, chain.GENESIS
    while True:
        page = await ledger.sealed(reader, number, PAGE)
        for sealed in page:
            found = sealed.checkpoint
            if found.number != number + 1:
                report.findings.append(f"checkpoint {number + 1} is missing")
            elif (
                found.prev != prev
                or chain.checkpoint_hash(found) != sealed.hash
                or not check_signature(sealed.kid, chain.checkpoint_bytes(found), sealed.signature)
            ):
                report.findings.append(f"checkpoint {found.number} was altered, or isn't signed by this instance")
            else:
                await _check_leaves(reader, report, found)
            report.checkpoints += 1
            number, prev = found.number, sealed.hash
        if len(page) < PAGE:
            return number


async def _check_leaves(reader: Reader, report: Report, checkpoint: chain.Checkpoint) -> None:
    leaves = await ledger.leaves_of(reader, checkpoint.number)
    if chain.merkle_root(leaves) != checkpoint.root:
        report.findings.append(f"checkpoint {checkpoint.number}: its leaves were altered")
        return
    await _check_heads(reader, report, leaves, f"checkpoint {checkpoint.number}")


async def _check_heads(reader: Reader, report: Report, leaves: list[chain.Leaf], by: str) -> None:
    for leaf in leaves:
        there = await ledger.hash_at(reader, leaf.account, leaf.seq)
        if there == leaf.head:
            continue
        names = await ledger.usernames(reader, [leaf.account])
        who = f"account {names.get(leaf.account, 'unknown')} ({leaf.account})"
        fault = "is missing" if there is None else "was altered"
        report.findings.append(f"{who}: row {leaf.seq} {fault}, as {by} shows")


async def _compare(
    reader: Reader, report: Report, check_signature: CheckSignature, kept: Kept | None, last: int
) -> None:
    if kept is None:
        report.notes.append(
            "no checkpoint kept elsewhere was given: rows removed together with every checkpoint over them"
            " can't be seen from the inside (give one with --checkpoint FILE)"
        )
        return
    told = chain.Checkpoint(number=kept.number, at=kept.at, leaves=kept.leaves, root=kept.root, prev=kept.prev)
    if chain.checkpoint_hash(told) != kept.hash or not check_signature(
        kept.kid, chain.checkpoint_bytes(told), kept.signature
    ):
        report.findings.append("the checkpoint in the file wasn't signed by this instance, or was altered")
        return
    if kept.number > last:
        report.findings.append(
            f"checkpoint {kept.number} was kept elsewhere and is missing here, where the last one is {last}"
        )
    else:
        here = (await ledger.sealed(reader, kept.number - 1, 1))[0]
        if here.hash != kept.hash:
            report.findings.append(f"checkpoint {kept.number} here isn't the one that was kept elsewhere")
    await _check_heads(reader, report, kept.heads, "the checkpoint kept elsewhere")
