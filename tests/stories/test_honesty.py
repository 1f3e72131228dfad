"""Law 11. What this server limits, whom that touches and how far it can be trusted is said to anybody who asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from fedicert.base.clock import MINUTE
from fedicert.operations.checkpoints import Signed
from fedicert.reach.chain import checkpoint_bytes, checkpoint_hash
from tests.stories.licensing import LICENSED, Board, trusting
from tests.stories.test_settling import THROTTLE, TRIM, Street
from tests.stories.village import Place, Village, checks

ROOT = Path(__file__).resolve().parents[2]


async def _get(home: Place, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(home.app)
    async with httpx.AsyncClient(transport=transport, base_url=home.app.deps.config.base) as anybody:
        return await anybody.get(path)


async def said(home: Place) -> dict[str, Any]:
    """What the server says of itself to somebody without an account."""
    answer = await _get(home, "/.well-known/fedicert")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "public, max-age=60"
    return dict(answer.json())


@pytest.mark.law("11.1")
async def test_anybody_is_told_the_limits_whom_is_trusted_and_the_latest_checkpoint(village: Village) -> None:
    """Tiers, caps, version of the ladder, issuer, trust list and the latest checkpoint are public, and in NodeInfo too."""
    board = Board(village)
    home = await village.server(followers=2, higher=[LICENSED], trust=[trusting(board)])
    admin = await home.person("rhoda", role="owner")
    first = await said(home)
    assert [(tier["name"], tier["followers"]) for tier in first["ladder"]["tiers"]] == [
        ("neighbours", 2),
        ("licensed", None),
    ]
    (trust,) = first["trust"]
    assert (trust["tier"], trust["kinds"]) == ("licensed", ["License"]) and trust["issuer"].startswith("did:web:")
    assert first["issuer"] is None and first["ledger"]["checkpoint"] is None

    await home.change_rung(admin, {"followers": 4}, "there is room")
    await home.bind_ledger()
    village.clock.advance(MINUTE)
    then = await said(home)
    assert then["ladder"]["tiers"][0]["followers"] == 4
    assert then["ladder"]["tiers"][0]["version"] == first["ladder"]["tiers"][0]["version"] + 1
    latest = msgspec.convert(then["ledger"]["checkpoint"], Signed)
    assert checkpoint_hash(latest.checkpoint) == latest.hash
    assert checks(latest.key, checkpoint_bytes(latest.checkpoint), latest.signature)
    actor = await home.fetch(then["actor"])
    assert latest.key in json.dumps(actor["assertionMethod"])  # the key is the one that others know the instance by

    for version in ("2.0", "2.1"):
        metadata = (await _get(home, f"/nodeinfo/{version}")).json()["metadata"]
        assert metadata["fedicert"] == then
    law = (await _get(home, "/about/law")).text
    assert 'id="law-7"' in law and "Every decision is on the ledger" in law and 'id="cases"' in law


@pytest.mark.law("11.1")
async def test_anybody_is_told_how_many_wait_are_paused_and_were_trimmed(village: Village) -> None:
    """Counts of held, paused and trimmed, and the reach bound, never of one person, follow what happens."""
    street = await Street(village).build()
    late = village.foreign("late.example").person("late")
    await late.follow(street.ada)
    await village.work()
    assert (await said(street.home))["counts"] == _counts(held=1)
    await street.cap(3)
    await village.live(MINUTE)
    assert (await said(street.home))["counts"] == _counts(held=1, settling=1)
    await village.live(THROTTLE)
    assert (await said(street.home))["counts"] == _counts(held=1, settling=1, paused=2)
    for server in (street.pair, street.one, street.other):
        server.software = "keeps-everything"
    await village.live(TRIM)
    then = await said(street.home)
    assert then["counts"] == _counts(held=1, trimmed=2)
    assert then["reach_bound"] == await _bound(street.home)
    assert "ada" not in json.dumps(then)


def _counts(**found: int) -> dict[str, int]:
    return {"held": 0, "paused": 0, "trimmed": 0, "settling": 0, "appealed": 0} | found


async def _bound(home: Place) -> int:
    from fedicert.operations import settling

    return int(await home.app.house.db.read(settling.reach_bound))


@pytest.mark.law("11.1", "11.2")
def test_what_a_hostile_peer_can_still_do_is_written_down() -> None:
    """FEDERATION.md names what a hostile peer can still do, and says of each what this server does about it."""
    text = (ROOT / "FEDERATION.md").read_text(encoding="utf-8")
    part = text.partition("### What a hostile peer can still do")[2].partition("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| ") and not line.startswith("| what it can do")]
    for deed in ("dead follow row", "held", "mirror", "boost", "poll", "scrape"):
        row = next(row for row in rows if deed in row.split("|")[1])
        assert len(row.split("|")[2]) > 40, f"what is done about it: {row}"
    assert "no reader cap" in part


def test_the_shape_is_written_down_as_it_is() -> None:
    """docs/honesty.md names every field of the document, and none that isn't there."""
    from fedicert.operations.honesty import Honesty

    text = (ROOT / "docs" / "honesty.md").read_text(encoding="utf-8")
    named = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
    assert named == set(_fields("", Honesty))


def _fields(prefix: str, kind: Any) -> list[str]:
    found: list[str] = []
    for field in msgspec.structs.fields(kind):
        name = f"{prefix}{field.name}"
        inner = _struct(field.type)
        found += [name, *(_fields(f"{name}.", inner) if inner else ())]
    return found


def _struct(kind: Any) -> Any:
    import typing

    kinds = [kind, *typing.get_args(kind)]
    return next((one for one in kinds if isinstance(one, type) and issubclass(one, msgspec.Struct)), None)
