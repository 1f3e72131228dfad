"""Law 7. "Every decision is on the ledger." Each kind that the law names is made to happen, and looked for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from fedicert.text.decisions import SENTENCES
from tests.stories.licensing import LICENSED, Board, brings, consents, trusting
from tests.stories.test_settling import THROTTLE, TRIM, Street
from tests.stories.village import Village

NAMED_BY_THE_LAW = {
    "admitted",
    "held",
    "released",
    "paused",
    "trimmed",
    "refused",
    "rung_changed",
    "cap_changed",
    "restored",
}


@pytest.mark.law("7.1", "W13")
async def test_every_decision_that_the_law_names_is_told(village: Village) -> None:
    """Admitted, held, released, paused, trimmed, refused, cap changed, restored: each is a row, with its rule."""
    street = await Street(village).build()
    ada = street.ada
    late, later = (village.foreign(f"{name}.example").person(name) for name in ("late", "later"))
    await late.follow(ada)
    await village.work()  # held
    await ada.remove(street.emil)
    await village.work()  # released
    await ada.block(later)
    await later.follow(ada)
    await village.work()  # refused
    await street.cap(3)
    await village.live(THROTTLE)  # paused
    await street.cap(5)  # restored
    await street.cap(3)
    await village.live(THROTTLE)
    await village.live(TRIM)  # trimmed
    rows = await ada.ledger()
    told = {kind for kind, _ in rows} | {row[0] for row in await street.home.all("SELECT kind FROM ledger")}
    assert NAMED_BY_THE_LAW - told == {"rung_changed"}  # below
    assert all(rule.startswith(("law ", "cases: ")) for _, rule in rows)
    # Whom each of them concerns, all of those at once that one row speaks of.
    for kind, count in (("paused", 2), ("restored", 2), ("trimmed", 2)):
        assert len(set(await ada.ledger_of(kind))) >= count, kind
    assert (await street.home.verify_ledger()).findings == []


@pytest.mark.law("7.1")
async def test_a_changed_rung_is_told_with_who_and_the_credential_it_rests_on(village: Village) -> None:
    """Rung changed: from where to where, why, on which credential."""
    board = Board(village)
    home = await village.server(higher=[LICENSED], trust=[trusting(board)])
    ada = await home.person("ada")
    href = board.issue(ada.uri)
    await brings(ada, href)
    await consents(ada)
    await village.work()
    (row,) = [row for row in await ada.get("/api/fedicert/v1/ledger") if row["kind"] == "rung_changed"]
    assert row["parties"]["credential"]["uri"] == href and row["parties"]["account"]["acct"] == "ada"
    assert (row["body"]["from"], row["body"]["to"]) == ("neighbours", "licensed")
    assert row["sentence"].startswith("The tier changed from neighbours to licensed")


def test_every_kind_that_is_told_has_a_sentence() -> None:
    """Nobody reads a decision in the program's own words: each kind written anywhere in the operations has a sentence."""
    missing = sorted(_kinds() - set(SENTENCES))
    assert missing == [], "add them to fedicert/text/decisions.py"


def _kinds() -> set[str]:
    """Every kind that is a constant in a call of `record`, `record_about`, `tell`, `end`, `welcome`, `_tell`."""
    places = {"record": 2, "record_about": 2, "welcome": 7}
    found: set[str] = set()
    for path in Path("fedicert/operations").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in places and len(node.args) > places[name]:
                    found |= _constants(node.args[places[name]])
                if name == "end":
                    found |= {word for one in node.keywords if one.arg == "kind" for word in _constants(one.value)}
    return {kind.partition(":")[0] for kind in found if kind}


def _constants(node: ast.expr) -> set[str]:
    if isinstance(node, ast.IfExp):
        return _constants(node.body) | _constants(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()
