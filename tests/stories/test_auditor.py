"""Law 7: "an auditor gets an export that unmasks nobody". Here it has met somebody who knows everything that is public."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
import pytest

from fedicert.base.clock import DAY, MINUTE
from fedicert.operations import checkpoints, marking
from fedicert.operations.checkpoints import Kept
from fedicert.reach import chain, exports
from fedicert.store.unit import Tx
from tests.stories.licensing import LICENSED, Board, brings, consents, tier, trusting
from tests.stories.offices import staff
from tests.stories.village import Place, Resident, Village, checks

LOWEST: dict[str, Any] = {"followers": 3, "visibility": "unlisted", "boosts": "audience", "strangers": 2}


class Town:
    """A day on a server, from outside: what anybody saw, and when. Every act has a minute and a checkpoint of its own."""

    def __init__(self, village: Village) -> None:
        self.village = village
        self.moments: dict[str, int] = {}

    async def build(self) -> Town:
        board = Board(self.village)
        self.home: Place = await self.village.server(
            higher=[LICENSED | {"visibility": "listed", "boosts": "anyone"}], trust=[trusting(board)], **LOWEST
        )
        self.root = await staff(self.home, "rhoda", "owner")
        self.mod = await self.home.person("mod", role="moderator")
        await self._later("the account of Ada was made")
        self.ada: Resident = await self.home.person("ada")
        await brings(self.ada, board.issue(self.ada.uri))
        await self._later("Ada showed her licence")
        await consents(self.ada)
        await self._later("Carl was sent Accept")
        self.carl = self.village.foreign("carl.example").person("carl")
        await self.carl.follow(self.ada)
        await self._marks()
        await self._later("Rhoda gave herself a waiver, with nobody else to ask")
        asked = await self.root.post("/api/fedicert/v1/waivers", followers=77, days=3, reason="a wedding in May")
        await self.root.post(f"/api/fedicert/v1/admin/waivers/{asked['id']}/give")
        await self._later("Dora was sent Accept")
        await self.village.foreign("dora.example").person("dora").follow(self.root)
        await self._later("nothing more")
        return self

    async def _marks(self) -> None:
        """Three posts are marked within an hour, and one of the marks is undone; the tier is suspended in between."""
        for number in range(3):
            post = await self.ada.say(f"Wire it like this, part {number}", visibility="public")
            await self._later(f"post {number} was marked")
            await self.home.write(marking.mark, self.home.urls, self.mod.id, int(post["id"]), "not about wiring")
            await self.village.work()
            edited = (await self.ada.get(f"/api/v1/statuses/{post['id']}"))["edited_at"]
            assert edited, "who knows the post sees when it was marked"
            self.moments[f"edited_at of post {number}"] = round(datetime.fromisoformat(edited).timestamp() * 1000)
        assert await tier(self.ada) == "neighbours"
        await self._later("a mark was undone")
        await self.home.write(marking.unmark, self.home.urls, self.mod.id, int(post["id"]), "it was, after all")

    async def _later(self, what: str) -> None:
        await self.village.work()
        await self.home.bind_ledger()
        self.village.clock.advance(7 * MINUTE + 1_234)
        self.moments[what] = self.village.clock.now()

    async def export(self, *, redacted: bool = True) -> list[bytes]:
        """What the auditor is given, once the day is over."""
        self.village.clock.advance(DAY - self.village.clock.now() % DAY + 11 * MINUTE)
        await self.home.bind_ledger()
        await self.home.bind_ledger()
        given = await self.root.http.get(f"/api/fedicert/v1/admin/ledger/export?redacted={str(redacted).lower()}")
        return given.content.splitlines()


@pytest.fixture
async def town(village: Village) -> Town:
    return await Town(village).build()


@pytest.mark.law("7.8")
async def test_whoever_knows_every_public_moment_finds_none_of_them(town: Town) -> None:
    """Of all that has a moment and a name in public, no row of the file has the moment, or a number that leads to it: it says
    on which day something was decided, and no more."""
    lines = await town.export()
    report = _verified(lines)
    assert report.findings == [] and report.rows >= 12
    public = dict(town.moments)
    for one in await town.home.all("SELECT username, id FROM accounts WHERE type = 'Person'"):
        public[f"the account of {one[0]}, by its number"] = one[1] >> 16
    (waiver,) = await town.root.get("/api/fedicert/v1/waivers/public")
    public["until when the waiver holds"] = round(datetime.fromisoformat(waiver["until"]).timestamp() * 1000)
    for checkpoint in await town.root.get("/api/fedicert/v1/ledger/checkpoints", limit=200):
        public[f"checkpoint {checkpoint['number']}"] = checkpoint["at"]

    rows = [json.loads(line) for line in lines[1:] if b'"checkpoint"' not in line]
    numbers = {number for row in rows for number in _numbers(row)}
    for what, at in public.items():
        near = [number for number in numbers if abs(number - at) < DAY or abs(number - at // 1000) < DAY // 1000]
        assert near == [], f"{what} is in the file"
    assert {row["day"] for row in rows if "kind" in row} == {chain.day_of(town.moments["nothing more"])}
    assert max(numbers) < 2**31 and 77 not in numbers, "an id has a moment in it; what the waiver raises is public"
    told = _without_digests("\n".join(json.dumps(row) for row in rows))
    for word in ("ada", "carl", "rhoda", "wedding", "wiring", waiver["id"], "/users/"):
        assert word not in told, word


@pytest.mark.law("7.8")
async def test_no_published_checkpoint_says_at_which_minute_a_row_was_made(town: Town) -> None:
    """Whoever has the file knows every chain's name, rows and hashes. Tried out on the roots that are public minute by
    minute, none of them fits: each leaf was salted, and the salts of a day's closing alone are in the file."""
    lines = await town.export()
    places = list(_places(lines))
    public = await town.root.get("/api/fedicert/v1/ledger/checkpoints", limit=200)
    small = [one for one in public if 0 < one["leaves"] <= 2 and not one["day"]]
    assert len(small) >= 5
    blinds = ["", *(json.loads(line)["blind"] for line in lines if b'"blind"' in line)]
    leaves = [chain.leaf_hash(chain.Leaf(0, seq, head, name, blind)) for name, seq, head in places for blind in blinds]
    tried = {*leaves, *(chain.root_of(pair) for pair in itertools.permutations(leaves[:: len(blinds)], 2))}
    assert [one["number"] for one in small if one["root"] in tried] == []


@pytest.mark.law("7.8")
async def test_what_everybody_is_shown_by_name_is_in_the_file_by_its_hash_alone(town: Town) -> None:
    """A mark on a post, its undoing, a waiver given alone, the beginning of an account: a row that said so on that day would
    say whose chain it is. What the law did then, and who was let in, are told."""
    lines = await town.export()
    kinds = {json.loads(line).get("kind") for line in lines[1:]} - {None}
    assert kinds >= {"admitted", "licence_consented", "rung_changed", "rung_suspended", "waiver_asked"}
    assert kinds.isdisjoint({"account_created", "mark_undone", "post_marked", "waiver_given", "code_agreed"})
    report = _verified(lines)
    of_all = await town.home.all("SELECT kind, body FROM ledger")
    assert report.withheld == sum(exports.withheld(kind, json.loads(body)) for kind, body in of_all) >= 8
    # Without a cap the count is a profile's follower count: that isn't in it either, nor what a waiver raises.
    bodies = [json.loads(line)["body"] for line in lines[1:] if b'"kind":"admitted"' in line]
    assert sorted(bodies, key=str) == [{"cap": None, "tier": "licensed"}, {"tier": "neighbours"}]
    # Whose they are, they read with moment and reason, as before.
    own = {row["kind"]: row for row in await town.ada.get("/api/fedicert/v1/ledger")}
    assert own["post_marked"]["sentence"].startswith("@mod marked")
    assert own["rung_suspended"]["created_at"].startswith("2026-03-01T")
    assert isinstance(own["rung_suspended"]["body"]["until"], int)


@pytest.mark.law("7.7", "7.8")
async def test_whatever_is_changed_in_the_file_is_found_and_named(town: Town) -> None:
    """Another day, another salt, a checkpoint left out, rows under another day: each is found."""
    await town.export()
    town.village.clock.advance(DAY)
    emil = town.village.foreign("emil.example").person("emil")
    await emil.follow(town.ada)
    await town.village.work()
    lines = await town.export()
    assert _verified(lines).findings == []
    days = sorted({json.loads(line)["day"] for line in lines[1:] if b'"kind"' in line})
    assert len(days) == 2

    admitted = _last(lines, lambda told: told.get("kind") == "admitted")
    seq = json.loads(lines[admitted])["seq"]
    assert f"row {seq} was altered" in _faults(_with(lines, admitted, day=days[0]))
    assert "binds other rows" in _faults(_with(lines, _last(lines, lambda told: "blind" in told), blind="00" * 16))
    # A checkpoint of the hours between, and the closing with all that is under it.
    bare = next(at for at, line in enumerate(lines) if b'"day":""' in line and b'"checkpoint"' in line)
    number = json.loads(lines[bare])["checkpoint"]["number"]
    assert f"checkpoint {number} is missing" in _faults([*lines[:bare], *lines[bare + 1 :]])
    closing = _last(
        lines, lambda told: told.get("checkpoint", {}).get("leaves", 0) > 0 and told["checkpoint"]["day"] > ""
    )
    under = 1 + sum(1 for _ in itertools.takewhile(lambda line: b'"checkpoint"' not in line, lines[closing + 1 :]))
    assert "is missing" in _faults([*lines[:closing], *lines[closing + under :]])
    assert "binds other rows" in _faults([*lines[: closing + 1], *lines[closing + under :]])
    # The second day's rows of a chain, put under the first day.
    first = next(
        at for at, line in enumerate(lines) if b'"checkpoint"' in line and json.loads(line)["checkpoint"]["day"]
    )
    end = first + 1 + sum(1 for _ in itertools.takewhile(lambda line: b'"checkpoint"' not in line, lines[first + 1 :]))
    moved = lines[closing + 1 : closing + under]
    assert "of a later day" in _faults(
        [*lines[:end], *moved, *lines[end:closing], lines[closing], *lines[closing + under :]]
    )
    # A checkpoint that isn't the one that somebody kept.
    public = await town.root.get("/api/fedicert/v1/ledger/checkpoints", limit=200)
    kept = [msgspec.convert(one, Kept) for one in public]
    assert _verified(lines, kept).findings == []
    forged = [msgspec.structs.replace(kept[-2], root=kept[-1].root)]
    assert "was altered" in "\n".join(_verified(lines, forged).findings)


@pytest.mark.law("7.7", "7.8")
@pytest.mark.parametrize("redacted", [True, False])
async def test_a_row_told_otherwise_and_hashed_anew_is_found_whatever_the_file_says_its_leaf_is(
    town: Town, redacted: bool
) -> None:
    """Who writes the file can make all hashes fit, but not what the signed checkpoints bind."""
    lines = await town.export(redacted=redacted)
    at = _last(lines, lambda told: told.get("kind") == "admitted")
    head = max(before for before in range(at) if b'"chain"' in lines[before])
    told = json.loads(lines[head])
    end = next((after for after in range(head + 1, len(lines)) if b'"seq"' not in lines[after]), len(lines))
    true = chain.Leaf(0, told["to"], json.loads(lines[end - 1])["hash"], told["chain"], told["blind"])
    forged = [*lines[:head], json.dumps(told | {"leaf": chain.leaf_hash(true)}).encode()]
    assert _verified([*forged, *lines[head + 1 :]]).findings == []
    prev = chain.GENESIS
    for _, seq, digest in (place for place in _places(lines[:at]) if place[0] == told["chain"]):
        assert seq < json.loads(lines[at])["seq"]
        prev = digest
    for place in range(head + 1, end):
        row = json.loads(lines[place])
        if place == at:
            row |= {"rule": "law 99"}
        if place >= at:
            row["hash"] = _hashed(row, told["chain"], prev) if "kind" in row else chain.joined(prev, row["digest"])
            prev = row["hash"]
        forged.append(json.dumps(row).encode())
    assert "binds other rows" in _faults([*forged, *lines[end:]])
    if redacted:
        # Nor does a row that isn't shown bring the chain back to what was.
        after = next(place for place in range(at + 1, end) if b'"withheld"' in lines[place])
        assert "doesn't follow the one before" in _faults([*forged[:after], *lines[after:]])


@pytest.mark.law("7.7", "7.8")
async def test_rows_that_nothing_binds_are_found_wherever_they_stand(town: Town) -> None:
    """A chain that never was, before all checkpoints, under one of the hours between, or after the last."""
    lines = await town.export()
    told = {"seq": 1, "day": "2026-01-01", "rule": "law 3", "kind": "removed", "parties": {}, "body": {}}
    told["hash"] = _hashed(told, "ab" * 32, chain.GENESIS)
    row = json.dumps(told).encode()
    between = next(at for at, line in enumerate(lines) if b'"day":""' in line and at)
    for more in ({}, {"to": 1}):
        made_up = [json.dumps({"chain": "ab" * 32, **more}).encode(), row]
        for place in (1, between + 1, len(lines)):
            assert _faults([*lines[:place], *made_up, *lines[place:]])
    own = (await town.ada.http.get("/api/fedicert/v1/ledger/export")).content.splitlines()
    assert _verified(own).findings == []
    assert "more than one chain" in _faults([own[0], json.dumps({"chain": "ab" * 32}).encode(), row, *own[1:]])
    # What has everything in it holds nothing back.
    at = _last(own, lambda told: "kind" in told)
    hidden = {"seq": json.loads(own[at])["seq"], "withheld": True, "hash": json.loads(own[at])["hash"]}
    assert "is withheld" in _faults([*own[:at], json.dumps(hidden).encode(), *own[at + 1 :]])


@pytest.mark.law("7.7", "7.8")
async def test_a_chain_left_out_of_every_closing_is_missed_by_whoever_kept_its_head(town: Town) -> None:
    """The closings say what is in the file; a server could bind all but one chain."""
    db = town.home.app.house.db

    async def left_out(tx: Tx, account: int) -> None:
        await tx.run("UPDATE local_accounts SET ledger_closed = ledger_seq WHERE id = $1", account)

    kept = await db.read(checkpoints.latest)
    assert kept is not None
    heads = [(kept.at, leaf) for leaf in kept.heads]
    await town.home.write(left_out, town.ada.id)
    lines = await town.export()
    assert _verified(lines, [kept]).findings == []
    found = exports.verify(lines, checks, lambda told: msgspec.convert(told, Kept), [kept], heads).findings
    (hers,) = [leaf for leaf in kept.heads if leaf.account == town.ada.id]
    assert found == [f"chain {hers.chain[:16]}: row {hers.seq} is missing, as the checkpoint kept elsewhere shows"]
    own = (await town.ada.http.get("/api/fedicert/v1/ledger/export")).content.splitlines()
    assert exports.verify(own, checks, lambda told: msgspec.convert(told, Kept), [kept], heads).findings == []


@pytest.mark.law("7.7")
async def test_an_altered_moment_is_found_in_what_has_moments(town: Town) -> None:
    """In a file with everything in it, a moment is checked by its digest, and by its day."""
    lines = await town.export(redacted=False)
    assert _verified(lines).findings == []
    row = _last(lines, lambda told: told.get("kind") == "admitted")
    told = json.loads(lines[row])
    assert f"the moment of row {told['seq']} was altered" in _faults(_with(lines, row, at=told["at"] + 1))
    salt, value = told["names"]["moment"]
    for other in ([salt, str(told["at"] + 1)], ["00" * 16, value]):
        names = told["names"] | {"moment": other}
        assert f"row {told['seq']} (moment) was altered" in _faults(_with(lines, row, names=names))
    del told["names"]["moment"]
    a_day_later = _with(lines, row, names=told["names"], at=told["at"] + DAY)
    assert f"the moment of row {told['seq']} was altered" in _faults(a_day_later)


@pytest.mark.law("7.5", "7.8")
async def test_the_salts_of_moments_go_with_the_person(town: Town) -> None:
    """Once Ada is erased, nobody can show any more when something of hers was decided, and the chain still verifies."""
    mine = "SELECT COUNT(*) FROM ledger_names WHERE account = $1 AND field = 'moment'"
    assert (await town.home.all(mine, town.ada.id))[0][0] >= 6
    await town.ada.leave()
    await town.village.work()
    assert (await town.home.all(mine, town.ada.id))[0][0] == 0
    for redacted in (True, False):
        assert _verified(await town.export(redacted=redacted)).findings == []
    assert (await town.home.verify_ledger()).findings == []


@pytest.mark.law("7.8")
async def test_of_a_day_that_isnt_over_an_auditor_gets_nothing(town: Town) -> None:
    """Two files of one day would show what was decided between them."""
    await town.home.bind_ledger()
    lines = (await town.root.http.get("/api/fedicert/v1/admin/ledger/export")).content.splitlines()
    report = _verified(lines)
    assert (report.findings, report.rows, report.until) == ([], 0, "")
    # What is decided between midnight and the day's closing is of the next day.
    village = town.village
    village.clock.advance(DAY - village.clock.now() % DAY + MINUTE)
    await village.foreign("emil.example").person("emil").follow(town.root)
    await village.work()
    await town.home.bind_ledger()
    village.clock.advance(15 * MINUTE)
    await town.home.bind_ledger()
    lines = (await town.root.http.get("/api/fedicert/v1/admin/ledger/export")).content.splitlines()
    after = _verified(lines)
    assert after.findings == [] and after.until == chain.day_of(town.moments["nothing more"])
    assert after.rows == len(await town.home.all("SELECT 1 FROM ledger")) - 1


def _numbers(told: Any) -> Iterator[int]:
    """Every number in it, and every text that is one."""
    if isinstance(told, dict):
        for value in told.values():
            yield from _numbers(value)
    elif isinstance(told, list):
        for value in told:
            yield from _numbers(value)
    elif (isinstance(told, str) and told.isdigit()) or isinstance(told, int):
        yield int(told)


def _places(lines: Iterable[bytes]) -> Iterator[tuple[str, int, str]]:
    """(chain, row, hash) of every row in the file."""
    name = ""
    for line in lines:
        told = json.loads(line)
        name = told.get("chain", name)
        if "seq" in told:
            yield name, told["seq"], told["hash"]


def _without_digests(text: str) -> str:
    return "\n".join(
        word
        for word in text.replace('"', "\n").split("\n")
        if not (len(word) >= 32 and set(word) <= set("0123456789abcdef"))
    )


def _hashed(told: dict[str, Any], name: str, prev: str) -> str:
    """The hash of a row as a file tells it."""
    parties, body = (chain.canonical(told[part]).decode() for part in ("parties", "body"))
    return chain.row_hash(
        chain.Row(
            account=0, seq=told["seq"], at=0, day=told["day"], rule=told["rule"], kind=told["kind"], parties=parties,
            body=body, prev=prev, chain=name,
        )
    )  # fmt: skip


def _last(lines: list[bytes], fits: Callable[[dict[str, Any]], bool]) -> int:
    return max(at for at, line in enumerate(lines) if at and fits(json.loads(line)))


def _with(lines: list[bytes], row: int, **other: Any) -> list[bytes]:
    return [*lines[:row], json.dumps(json.loads(lines[row]) | other).encode(), *lines[row + 1 :]]


def _verified(lines: Iterable[bytes], kept: Iterable[Kept] = ()) -> exports.Report:
    return exports.verify(lines, checks, lambda told: msgspec.convert(told, Kept), kept)


def _faults(lines: Iterable[bytes]) -> str:
    found = _verified(lines).findings
    assert found
    return "\n".join(found)
