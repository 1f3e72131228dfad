"""Law 7: every decision is on the ledger, the ledger verifies, and what is altered is named."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from fedicert.base.clock import DAY, HOUR
from fedicert.operations import looking
from fedicert.operations.checkpoints import Kept
from fedicert.reach import exports
from fedicert.store.tables import settings
from fedicert.store.unit import Reader
from tests.stories.licensing import LICENSED, Board, trusting
from tests.stories.offices import staff
from tests.stories.village import Place, Resident, Village, checks


@pytest.mark.law("7.2")
async def test_what_happened_to_ada_stands_on_her_ledger(village: Village) -> None:
    """What happened to Ada stands on her ledger; what concerns the server stands on the server's own."""
    home = await village.server(followers=1)
    ada, admin = await home.person("ada"), await home.person("root", role="owner")
    carl, dora = (village.foreign(f"{name}.example").person(name) for name in ("carl", "dora"))
    await carl.follow(ada)
    await village.work()
    await dora.follow(ada)
    await village.work()
    await ada.remove(carl)
    await village.work()
    await home.change_rung(admin, {"followers": 2}, "there is room")
    await village.work()

    kinds = [kind for kind, _ in await ada.ledger()]
    assert kinds == ["account_created", "admitted", "held", "removed", "released"]
    of_the_instance = await home.all("SELECT kind FROM ledger WHERE kind = 'cap_changed'")
    assert len(of_the_instance) == 1

    report = await home.verify_ledger()
    assert report.findings == []
    assert report.checkpoints >= 1
    assert report.rows >= 7


@pytest.mark.law("7.2")
async def test_a_changed_trust_list_stands_on_the_servers_ledger(village: Village) -> None:
    """Whose licences lift here is decided in the configuration; that it was changed is on the ledger, with a digest."""
    board = Board(village)
    home = await village.server(higher=[LICENSED], trust=[trusting(board)])
    entry = trusting(board)
    await home.write(looking.trust_is, [entry])
    before = len(await home.all("SELECT 1 FROM ledger WHERE kind = 'trust_changed'"))
    assert not await home.write(looking.trust_is, [entry])
    assert await home.write(looking.trust_is, [])
    rows = await home.all("SELECT body FROM ledger WHERE kind = 'trust_changed' ORDER BY seq")
    assert len(rows) == before + 1 and json.loads(rows[-1][0])["entries"] == 0
    root = await staff(home, "rhoda", "owner")
    (told,) = await root.get("/api/fedicert/v1/admin/ledger", account="instance", limit=1)
    assert told["sentence"].startswith("The trust list was changed; it has 0 entries")


async def test_processes_that_start_at_once_tell_a_changed_trust_list_once(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Board(village)
    home = await village.server(higher=[LICENSED], trust=[trusting(board)])
    await home.write(looking.trust_is, [trusting(board)])
    before = len(await home.all("SELECT 1 FROM ledger WHERE kind = 'trust_changed'"))
    read = settings.get

    async def dawdling(reader: Reader, key: str) -> str | None:
        found = await read(reader, key)
        if reader.engine == "postgres":
            await asyncio.sleep(0.05)  # the others read the same meanwhile; SQLite writes one after another
        return found

    monkeypatch.setattr(settings, "get", dawdling)
    seen = await asyncio.gather(*(home.write(looking.trust_is, []) for _ in range(4)))
    assert sorted(seen) == [False, False, False, True]
    assert len(await home.all("SELECT 1 FROM ledger WHERE kind = 'trust_changed'")) == before + 1


@pytest.mark.law("W13")
async def test_not_even_the_database_lets_a_row_be_altered_or_removed(village: Village) -> None:
    """Not even the database lets a row be altered or removed."""
    home = await village.server(followers=1)
    ada = await home.person("ada")
    await village.foreign("carl.example").person("carl").follow(ada)
    await village.work()
    for sql in ("UPDATE ledger SET kind = 'held' WHERE account = $1", "DELETE FROM ledger WHERE account = $1"):
        with pytest.raises(Exception, match="append-only"):
            await home.run(sql, ada.id)
    assert [kind for kind, _ in await ada.ledger()] == ["account_created", "admitted"]
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("7.8")
async def test_ada_reads_her_own_rows_in_words_and_an_admin_everybodys(village: Village) -> None:
    """An actor sees its own rows, an admin all: each in words, with the rule, page by page; nobody else anything."""
    home, ada, root = await _street(village)
    rows = await ada.get("/api/fedicert/v1/ledger")
    assert [row["sentence"] for row in rows[:2]] == [
        "@dora@dora.example asked to follow and waits in the line.",
        "@carl@carl.example follows and was admitted: 1 of 1.",
    ]
    assert rows[0]["rule"] == {"id": "law 3: full", "url": "https://home.example/about/law#law-3"}
    assert rows[0]["parties"]["follower"] == {
        "uri": "https://dora.example/users/dora",
        "acct": "dora@dora.example",
    }
    assert {row["account"] for row in rows} == {"ada"}
    # Page by page, each row once.
    paged = await _pages(ada, "/api/fedicert/v1/ledger?limit=1")
    assert [row["id"] for row in paged] == [row["id"] for row in rows]

    everybodys = await _pages(root, "/api/fedicert/v1/admin/ledger?limit=2")
    assert {row["account"] for row in everybodys} == {"ada", "rhoda", "instance"}
    assert len(everybodys) == len(await home.all("SELECT 1 FROM ledger"))
    moments = [row["created_at"] for row in everybodys]
    assert moments == sorted(moments, reverse=True)
    of_ada = await root.get("/api/fedicert/v1/admin/ledger", account="ada")
    assert [row["id"] for row in of_ada] == [row["id"] for row in rows]
    for path in ("/api/fedicert/v1/admin/ledger", "/api/fedicert/v1/admin/ledger/export"):
        assert (await ada.http.get(path)).status_code == 403


@pytest.mark.law("7.1", "9.3")
async def test_a_changed_cap_says_by_whom_from_what_to_what_and_why(village: Village) -> None:
    """A cap changed: by whom, from, to, why."""
    home, _, root = await _street(village)
    await home.change_rung(root, {"followers": 2}, "there is room")
    found = await root.get("/api/fedicert/v1/admin/ledger", account="instance")
    (row,) = [row for row in found if row["kind"] == "cap_changed"]
    assert row["sentence"] == "@rhoda changed the limits of tier neighbours: followers from 1 to 2. Why: there is room"


@pytest.mark.law("7.8", "7.6")
async def test_the_auditors_export_unmasks_nobody_and_verifies(village: Village) -> None:
    """An auditor gets an export that unmasks nobody and still verifies; the latest checkpoint stands in it."""
    home, _, root = await _street(village)
    await home.change_rung(root, {"followers": 2}, "because Carl of all people asked")
    await village.work()
    village.clock.advance(DAY)
    await home.bind_ledger()
    given = await root.http.get("/api/fedicert/v1/admin/ledger/export")
    lines = given.content.splitlines()
    report = _verified(lines)
    assert report.findings == [] and report.rows == len(await home.all("SELECT 1 FROM ledger")) and report.redacted
    assert report.latest == (await home.all("SELECT MAX(number) FROM checkpoints"))[0][0]
    # No name, no number by which a client could look somebody up, no word that somebody wrote.
    told = given.text.split("\n", 1)[1]
    for account in await home.all("SELECT id, uri, username FROM accounts WHERE type = 'Person'"):
        assert str(account[0]) not in told and account[1] not in told and f'"{account[2]}"' not in told
    assert "Carl" not in told and "salt" not in told

    # Whatever is altered, left out or cut off is named.
    row = next(at for at, line in enumerate(lines) if b'"held"' in line)
    assert "was altered" in _faults(
        [*lines[:row], lines[row].replace(b'"kind":"held"', b'"kind":"left"'), *lines[row + 1 :]]
    )
    assert "is missing" in _faults([*lines[:row], *lines[row + 1 :]])
    first, *_, last = [at for at, line in enumerate(lines) if line.startswith(b'{"checkpoint"')]
    assert "is missing" in _faults(lines[:last])
    assert "checkpoint 1 is missing" in _faults([*lines[:first], *lines[first + 1 :]])


@pytest.mark.law("7.8")
async def test_no_number_in_a_redacted_export_is_one_that_is_shown_elsewhere(village: Village) -> None:
    """Waivers given alone are public with a number and a name: a redacted row that had the number would say whose it is."""
    home = await village.server(followers=1)
    root = await staff(home, "rhoda", "owner")
    asked = await root.post("/api/fedicert/v1/waivers", followers=5, days=3, reason="a wedding")
    refused = f"/api/fedicert/v1/admin/waivers/{asked['id']}/refuse"
    await root.post(refused, reason="not that many")
    again = await root.post("/api/fedicert/v1/waivers", followers=4, days=3, reason="a small one")
    await root.post(f"/api/fedicert/v1/admin/waivers/{again['id']}/give")
    (public,) = await root.get("/api/fedicert/v1/waivers/public")
    assert public["id"] == again["id"] and public["account"]["username"] == "rhoda"
    await village.foreign("carl.example").person("carl").follow(root)
    await village.work()
    village.clock.advance(DAY)
    await home.bind_ledger()
    export = (await root.http.get("/api/fedicert/v1/admin/ledger/export")).content.splitlines()
    assert _verified(export).findings == []
    told = b"\n".join(export).decode()
    assert "waiver_refused" in told and again["id"] not in told and asked["id"] not in told
    # Everybody can read what it raises for whom: neither the row is in it, nor the number in another row.
    rows = [json.loads(line) for line in export[1:] if b'"kind"' in line]
    assert "waiver_given" not in {row["kind"] for row in rows}
    assert {row["kind"]: row["body"] for row in rows if row["kind"] in ("waiver_asked", "admitted")} == {
        "waiver_asked": {},
        "admitted": {"tier": "neighbours"},
    }
    assert again["id"] in (await root.http.get("/api/fedicert/v1/ledger/export")).text
    own = {row["kind"]: row for row in await root.get("/api/fedicert/v1/ledger")}
    assert own["admitted"]["sentence"] == "@carl@carl.example follows and was admitted: 1 of 4."
    assert (own["waiver_given"]["body"]["followers"], own["waiver_given"]["body"]["days"]) == (4, 3)


@pytest.mark.law("7.8")
async def test_the_moment_at_which_an_account_began_isnt_in_a_redacted_export(village: Village) -> None:
    """A client is told the number of everybody's account, and in a number stands the millisecond at which it was given."""
    home, ada, root = await _street(village)
    village.clock.advance(HOUR + 11)
    late = await home.person("late")
    village.clock.advance(DAY)
    await home.bind_ledger()
    export = (await root.http.get("/api/fedicert/v1/admin/ledger/export")).content.splitlines()
    moments = {json.loads(line).get("at") for line in export[1:]}
    shown = (await ada.get("/api/v1/accounts/lookup", acct="late"))["id"]
    assert int(shown) == late.id and int(shown) >> 16 not in moments
    report = _verified(export)
    assert report.findings == [] and report.withheld == 3
    whole = (await root.http.get("/api/fedicert/v1/admin/ledger/export?redacted=false")).content.splitlines()
    assert int(shown) >> 16 in {json.loads(line).get("at") for line in whole[1:]}
    # A row that is withheld still can't be left out, nor be another one.
    row = next(at for at, line in enumerate(export) if b"withheld" in line)
    assert _faults([*export[:row], *export[row + 1 :]]) != ""


@pytest.mark.law("7.8")
async def test_ada_takes_her_own_ledger_with_her(village: Village) -> None:
    """A person's own ledger is theirs to take: with the names in it, verifiable without this server."""
    home, ada, _ = await _street(village)
    await home.bind_ledger()
    lines = (await ada.http.get("/api/fedicert/v1/ledger/export")).content.splitlines()
    report = _verified(lines)
    assert (report.findings, report.of, report.rows) == ([], "@ada", 3)
    assert b"https://carl.example/users/carl" in lines[3]
    assert "was altered" in _faults([*lines[:3], lines[3].replace(b"carl", b"karl"), *lines[4:]])
    assert "is missing" in _faults([*lines[:-2], lines[-1]])


@pytest.mark.law("7.6", "7.7")
async def test_checkpoints_are_published_daily_and_show_a_ledger_that_was_signed_anew(village: Village) -> None:
    """The latest checkpoint is published at least daily; who kept one sees that the ledger is another since."""
    home, ada, _ = await _street(village)
    await home.bind_ledger()
    first = (await _public(home, "/.well-known/fedicert"))["ledger"]["checkpoint"]
    assert first["number"] == 1 and set(first) == {*Kept.__struct_fields__} - {"heads"}
    # Nobody decides anything for a day: a checkpoint closes it, and says so.
    village.clock.advance(DAY)
    await home.bind_ledger()
    closing = (await _public(home, "/.well-known/fedicert"))["ledger"]["checkpoint"]
    assert (closing["number"], closing["leaves"], closing["day"]) == (2, 3, "2026-03-01")
    village.clock.advance(DAY)
    await home.bind_ledger()
    history = await _public(home, "/api/fedicert/v1/ledger/checkpoints?limit=1")
    older = await _public(home, f"/api/fedicert/v1/ledger/checkpoints?limit=1&max_id={history[0]['number']}")
    assert (history[0]["number"], history[0]["leaves"], history[0]["prev"]) == (3, 0, older[0]["hash"])
    assert older == [closing]

    kept = [msgspec.convert(one, Kept) for one in (first, history[0])]
    assert (await home.app.house.db.read(_audit, checks, kept)).findings == []
    hers = await home.all("SELECT public FROM keys WHERE alg = 'ed25519' AND owner = $1", ada.id)
    forged = msgspec.structs.replace(kept[1], key=hers[0][0])
    findings = (await home.app.house.db.read(_audit, checks, [kept[0], forged])).findings
    assert "isn't the one with which checkpoint 3, kept elsewhere, was signed" in findings[0]


@pytest.mark.law("7.5")
async def test_names_go_with_the_person_and_the_chain_still_verifies(village: Village) -> None:
    """Names and salts go when the person is erased, and the chain still verifies."""
    home, ada, root = await _street(village)
    await home.bind_ledger()
    kept = [msgspec.convert(one, Kept) for one in await _public(home, "/api/fedicert/v1/ledger/checkpoints")]
    dora = next(one for one in village.elsewhere if one.host == "dora.example")
    await home.run("UPDATE ledger_repeats SET count = 2 WHERE person IN (SELECT id FROM accounts WHERE domain <> '')")
    (gone,) = dora.people.values()
    await gone.send(ada, gone.do("Delete", gone.uri))
    await village.work()
    rows = await ada.get("/api/fedicert/v1/ledger")
    waited = next(row for row in rows if row["kind"] == "held" and "follower" in row["parties"])
    assert waited["sentence"] == "somebody whose name is erased asked to follow and waits in the line."
    assert waited["parties"] == {"follower": {"uri": None, "acct": None}}
    # What was counted of her is told before, and names her no longer either.
    again = "The same as before (held) with somebody whose name is erased: counted 2 times more."
    assert again in [row["sentence"] for row in rows]
    await home.bind_ledger()
    assert (await home.app.house.db.read(_audit, checks, kept)).findings == []

    await ada.leave()
    await village.work()
    left = await root.get("/api/fedicert/v1/admin/ledger", account="ada")
    assert left and all(party["uri"] is None for row in left for party in row["parties"].values())
    salts = await home.all("SELECT ledger_salt FROM local_accounts WHERE id = $1", ada.id)
    assert salts[0][0] == ""
    await home.bind_ledger()
    assert (await home.app.house.db.read(_audit, checks, kept)).findings == []
    lines = (await root.http.get("/api/fedicert/v1/admin/ledger/export?redacted=false")).content.splitlines()
    assert _verified(lines).findings == []


async def _street(village: Village) -> tuple[Place, Resident, Resident]:
    """Ada has one slot, which Carl has; Dora waits. Root decides here."""
    home = await village.server(followers=1)
    ada, root = await home.person("ada"), await home.person("rhoda", role="owner")
    for name in ("carl", "dora"):
        await village.foreign(f"{name}.example").person(name).follow(ada)
        await village.work()
    return home, ada, root


async def _pages(person: Resident, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while path:
        answer = await person.http.get(path)
        assert answer.status_code == 200, answer.text
        found += answer.json()
        path = str(answer.links.get("next", {}).get("url", ""))
    return found


async def _public(home: Place, path: str) -> Any:
    return await _fetched(home, path)


async def _fetched(home: Place, path: str) -> Any:
    import httpx

    transport = httpx.ASGITransport(home.app)
    async with httpx.AsyncClient(transport=transport, base_url=home.app.deps.config.base) as anybody:
        answer = await anybody.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _audit(reader, check, kept):  # type: ignore[no-untyped-def]
    from fedicert.operations import audit

    return await audit.verify(reader, check, kept)


def _verified(lines: Iterable[bytes]) -> exports.Report:
    return exports.verify(lines, checks, lambda told: msgspec.convert(told, Kept))


def _faults(lines: Iterable[bytes]) -> str:
    found = _verified(lines).findings
    assert found, json.dumps([line.decode() for line in lines])
    return "\n".join(found)
