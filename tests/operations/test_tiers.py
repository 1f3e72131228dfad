"""The ladder is filled once; afterwards the database holds it and a differing file is told with the command."""

import msgspec

from fedicert.model.tiers import DEFAULT_LADDER
from fedicert.operations import tiers


async def test_the_ladder_is_filled_once(db):
    assert await db.write(tiers.fill_ladder, DEFAULT_LADDER[:2])
    assert not await db.write(tiers.fill_ladder, DEFAULT_LADDER)
    held = [rung.tier for rung in await db.read(tiers.ladder)]
    assert [tier.name for tier in held] == ["personal", "trained"]
    assert msgspec.structs.replace(held[0], id=0, version=0) == DEFAULT_LADDER[0]
    assert (await db.read(tiers.lowest_tier)).name == "personal"


async def test_a_differing_file_is_told_with_the_command(db):
    await db.write(tiers.fill_ladder, DEFAULT_LADDER)
    assert await db.read(tiers.differences, DEFAULT_LADDER) == []
    raised = msgspec.structs.replace(DEFAULT_LADDER[0], followers=200, kept_permille=250, enter=("signup",))
    told = await db.read(tiers.differences, (raised, *DEFAULT_LADDER[1:]))
    assert len(told) == 1
    assert "fedicert tier set personal followers=200 kept_for_followed=0.25 --by ACCOUNT --reason TEXT" in told[0]
    renamed = msgspec.structs.replace(DEFAULT_LADDER[2], name="expert")
    told = await db.read(tiers.differences, (*DEFAULT_LADDER[:2], renamed))
    assert len(told) == 2
    assert "tier expert stands in the configuration" in told[0]
    assert "fedicert tier add expert enter=licence followers=none" in told[0] and "--place 3 --by ACCOUNT" in told[0]
    assert "tier professional stands in the database" in told[1]
    assert "fedicert tier remove professional --by ACCOUNT --reason TEXT" in told[1]
    assert "fedicert tier rename professional NAME --by ACCOUNT --reason TEXT" in told[1]
    turned = (DEFAULT_LADDER[1], DEFAULT_LADDER[0], DEFAULT_LADDER[2])
    told = await db.read(tiers.differences, turned)
    assert told == [
        "the configuration orders the tiers differently; the database's order holds: personal, trained, professional; "
        "to change it: fedicert tier move trained --place 1 --by ACCOUNT --reason TEXT"
    ]
