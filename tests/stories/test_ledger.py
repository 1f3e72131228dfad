"""Law 7: every decision is on the ledger, the ledger verifies, and what is altered is named."""

from __future__ import annotations

import pytest

from tests.stories.village import Village


@pytest.mark.law("7.1")
async def test_what_happened_to_ada_stands_on_her_ledger(village: Village) -> None:
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


@pytest.mark.law("W13")
async def test_not_even_the_database_lets_a_row_be_altered_or_removed(village: Village) -> None:
    home = await village.server(followers=1)
    ada = await home.person("ada")
    await village.foreign("carl.example").person("carl").follow(ada)
    await village.work()
    for sql in ("UPDATE ledger SET kind = 'held' WHERE account = $1", "DELETE FROM ledger WHERE account = $1"):
        with pytest.raises(Exception, match="append-only"):
            await home.run(sql, ada.id)
    assert [kind for kind, _ in await ada.ledger()] == ["account_created", "admitted"]
    assert (await home.verify_ledger()).findings == []
