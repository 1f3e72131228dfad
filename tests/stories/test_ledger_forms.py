"""Law 7: what earlier versions wrote still verifies, beside what this one writes, and unmasks nobody in a redacted export."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from fedicert.base.clock import DAY, HOUR
from fedicert.jobs.supplies import CheckpointSigner
from fedicert.operations import checkpoints, exporting, ledger
from fedicert.operations.checkpoints import Draft, Kept
from fedicert.operations.ledger import Party
from fedicert.reach import chain, exports
from fedicert.store.tables import checkpoints as rows
from fedicert.store.tables import ledger as table
from fedicert.store.unit import Tx
from tests import world
from tests.stories.village import Place, Village, checks

SALT = "ab" * 16
CHAIN = chain.digest_of_name(SALT, "https://home.example/users/olga")


async def _old_account(tx: Tx) -> int:
    return await _named_account(tx, "olga")


async def _named_account(tx: Tx, name: str) -> int:
    return await world.make_local(tx, name, int(await tx.value("SELECT MIN(id) FROM tiers")))


async def _old_row(tx: Tx, account: int, form: int) -> None:
    """A row as the version wrote it that made this form."""
    found = await table.head(tx, account)
    assert found is not None
    if form == 2 and not found.chain:
        await table.name_chain(tx, account, CHAIN, SALT)
    digest = chain.digest_of_name(SALT, "https://carl.example/users/carl")
    row = chain.Row(
        account=account,
        seq=found.seq + 1,
        at=tx.now,
        rule="law 3",
        kind="grace_begun",
        parties=chain.canonical({"follower": digest}).decode(),
        body=chain.canonical({"until": tx.now + DAY}).decode(),
        prev=found.hash or chain.GENESIS,
        chain=CHAIN if form == 2 else "",
        form=form,
    )
    await table.keep_beside(
        tx, account, row.seq, [table.Beside("follower", SALT, "https://carl.example/users/carl", None)]
    )
    await table.append(tx, row, chain.row_hash(row))


async def _old_checkpoint(home: Place, village: Village) -> Draft:
    """As it was made before leaves had salts: the heads of the chains that grew, and no day."""
    house = home.app.house
    leaves = await house.db.read(rows.dirty, 100)
    last = await house.db.read(rows.last_checkpoint) or (0, chain.GENESIS, 0)
    made = chain.Checkpoint(
        number=last[0] + 1, at=village.clock.now(), leaves=len(leaves), root=chain.merkle_root(leaves), prev=last[1]
    )
    kid, signature = await CheckpointSigner(house.db, house.vault, house.pool)(chain.checkpoint_bytes(made))
    drafted = Draft(checkpoint=made, leaves=leaves)
    await home.write(checkpoints.seal, drafted, kid, signature.hex())
    return drafted


async def _lines(home: Place, *, redacted: bool) -> list[bytes]:
    parts = [part async for part in exporting.everybody(home.app.deps.db, "home.example", redacted=redacted)]
    return b"".join(parts).splitlines()


def _verified(lines: list[bytes]) -> exports.Report:
    return exports.verify(lines, checks, lambda told: msgspec.convert(told, Kept))


async def _tells(tx: Tx, account: int) -> None:
    party = {"follower": Party("https://dora.example/users/dora")}
    await ledger.record(tx, account, "admitted", "law 3", party, {"count": 1})


@pytest.mark.law("7.4", "7.8")
async def test_rows_of_all_three_forms_in_one_chain_verify(village: Village) -> None:
    """The row with the account's number, the one with the moment, and the one with the day, each as it was hashed."""
    home = await village.server()
    olga = await home.write(_old_account)
    old = []
    for form in (1, 1, 2, 2):
        village.clock.advance(HOUR)
        await home.write(_old_row, olga, form)
        old.append(await _old_checkpoint(home, village))
    for _ in range(2):
        village.clock.advance(HOUR)
        await home.write(_tells, olga)
        await home.bind_ledger()
    village.clock.advance(DAY)
    await home.bind_ledger()
    assert [row[0] for row in await home.all("SELECT form FROM ledger WHERE account = $1 ORDER BY seq", olga)] == [
        1, 1, 2, 2, 3, 3,
    ]  # fmt: skip
    assert (await home.verify_ledger()).findings == []

    whole = await _lines(home, redacted=False)
    report = _verified(whole)
    assert report.findings == [] and report.rows == len(await home.all("SELECT 1 FROM ledger"))
    own = b"".join([part async for part in exporting.own(home.app.deps.db, "home.example", olga)]).splitlines()
    assert (_verified(own).findings, _verified(own).rows) == ([], 6)

    redacted = await _lines(home, redacted=True)
    report = _verified(redacted)
    assert (report.findings, report.older) == ([], 4)
    hers = [json.loads(line) for line in _under(redacted, CHAIN)]
    assert [told["seq"] for told in hers] == [5, 6]
    assert set(hers[0]) == {"seq", "withheld", "older", "digest", "hash"} and hers[0]["older"] == 4
    assert hers[1]["kind"] == "admitted"
    # No hash in it fits a root of the time in which leaves had no salt, and no moment is in it.
    heads = {leaf.head for drafted in old for leaf in drafted.leaves if leaf.account == olga}
    told = b"\n".join(redacted).decode()
    assert len(heads) == 4 and not any(head in told for head in heads)
    assert not any(
        f'"at":{drafted.checkpoint.at}' in line for drafted in old for line in told.split("\n") if "seq" in line
    )


@pytest.mark.law("7.8")
async def test_a_chain_that_never_went_on_since_is_bound_without_its_rows(village: Village) -> None:
    """Nothing was decided about Olga since: her rows are counted and not shown, whichever form they have."""
    home = await village.server()
    olga = await home.write(_old_account)
    for form in (1, 2):
        await home.write(_old_row, olga, form)
    await _old_checkpoint(home, village)
    village.clock.advance(DAY)
    await home.bind_ledger()
    redacted = await _lines(home, redacted=True)
    report = _verified(redacted)
    assert (report.findings, report.older) == ([], 2) and _under(redacted, CHAIN) == []
    # Whoever kept a checkpoint with its heads finds nothing missing in that.
    kept = await home.app.deps.db.read(checkpoints.latest)
    assert kept is not None
    heads = [(kept.at - 2 * DAY, leaf) for leaf in kept.heads]
    assert any(leaf.chain == CHAIN for _, leaf in heads)
    assert exports.verify(redacted, checks, lambda told: msgspec.convert(told, Kept), [kept], heads).findings == []
    # Its leaf can't be another one.
    (at,) = [at for at, line in enumerate(redacted) if b'"leaf"' in line]
    told = json.loads(redacted[at]) | {"leaf": "00" * 32}
    assert _verified([*redacted[:at], json.dumps(told).encode(), *redacted[at + 1 :]]).findings != []


@pytest.mark.law("7.7")
async def test_rows_with_the_accounts_number_cant_be_told_otherwise_under_a_true_leaf(village: Village) -> None:
    """The leaf of such a chain has the number in it; so have the rows, and whoever has them needn't be told it."""
    home = await village.server()
    olga = await home.write(_old_account)
    for form in (1, 1):
        await home.write(_old_row, olga, form)
    await _old_checkpoint(home, village)
    own = b"".join([part async for part in exporting.own(home.app.deps.db, "home.example", olga)]).splitlines()
    for lines in (await _lines(home, redacted=False), own):
        assert _verified(lines).findings == []
        at = max(place for place, line in enumerate(lines) if b'"account"' in line)
        told = json.loads(lines[at]) | {"rule": "law 99"}
        found = (await home.app.deps.db.read(table.rows, olga, 1, 1))[0].row
        told["hash"] = chain.row_hash(msgspec.structs.replace(found, rule="law 99"))
        assert _verified([*lines[:at], json.dumps(told).encode(), *lines[at + 1 :]]).findings != []


@pytest.mark.law("7.8")
async def test_chains_without_a_name_dont_stand_in_the_order_of_their_accounts(village: Village) -> None:
    """That order is public: how many rows a chain had would be enough to know later whose it is."""
    home = await village.server()
    many = [await home.write(_named_account, f"olga{number}") for number in range(8)]
    for account in many:
        await home.write(_old_row, account, 1)
    await _old_checkpoint(home, village)
    village.clock.advance(DAY)
    await home.bind_ledger()
    assert _verified(await _lines(home, redacted=True)).findings == []
    (number,) = [row[0] for row in await home.all("SELECT number FROM checkpoints WHERE day <> ''")]
    leaves = chain.in_order(await home.app.deps.db.read(rows.leaves_of, number))
    stands = [leaf.account for leaf in leaves if leaf.account in many]
    assert sorted(stands) == many and stands != many


@pytest.mark.law("7.7")
async def test_a_file_that_an_earlier_version_wrote_still_verifies(village: Village) -> None:
    """Form 1 of the file: checkpoint by checkpoint, with moments; of the oldest rows the hash."""
    home = await village.server()
    olga = await home.write(_old_account)
    for form in (1, 2, 2):
        village.clock.advance(HOUR)
        await home.write(_old_row, olga, form)
    drafted = await _old_checkpoint(home, village)
    other = {leaf.account: leaf for leaf in drafted.leaves if leaf.account != olga}
    head, bound, *_ = [json.loads(line) for line in await _lines(home, redacted=False)]
    lines: list[dict[str, Any]] = [head | {"ledger": 1, "redacted": True}, bound]
    for leaf in chain.in_order(drafted.leaves):
        found = await home.app.deps.db.read(table.rows, leaf.account, 0, 100)
        lines.append({"chain": leaf.chain, "to": leaf.seq})
        for one in found:
            if leaf.account in other or one.row.form == 1:
                lines.append({"seq": one.row.seq, "withheld": True, "hash": one.hash})
            else:
                lines.append(json.loads(exports.row_line(one.row, one.hash, {})))
    report = _verified([json.dumps(line).encode() for line in lines])
    assert report.findings == [] and report.rows == len(await home.all("SELECT 1 FROM ledger"))
    altered = [line | {"at": line["at"] + 1} if "kind" in line else line for line in lines]
    assert "row 2 was altered" in "\n".join(_verified([json.dumps(line).encode() for line in altered]).findings)


def _under(lines: list[bytes], name: str) -> list[bytes]:
    """The rows of a chain."""
    found, inside = [], False
    for line in lines:
        told = json.loads(line)
        inside = told["chain"] == name if "chain" in told else inside and "seq" in told
        if inside and "seq" in told:
            found.append(line)
    return found
