"""What is published of how this server limits (law 11): sums over everybody, never of anybody."""

import msgspec

from fedicert.store.unit import Reader


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """People, summed over every account here. `held`: wait for a slot; `paused`: over a cap, get no copies; `trimmed`: were
    sent Reject and haven't followed again. `settling`: accounts whose audience is larger than their cap; `appealed`:
    appeals that are open."""

    held: int
    paused: int
    trimmed: int
    settling: int
    appealed: int


async def counts(reader: Reader) -> Counts:
    """The sums as they are now."""
    waiting = await reader.one("SELECT COALESCE(SUM(held), 0), COALESCE(SUM(paused), 0) FROM local_accounts")
    assert waiting is not None
    return Counts(
        held=int(waiting[0]),
        paused=int(waiting[1]),
        trimmed=int(await reader.value("SELECT COUNT(*) FROM follows WHERE state = 'trimmed'")),
        settling=int(await reader.value("SELECT COUNT(DISTINCT account) FROM settlings WHERE ended_at IS NULL")),
        appealed=int(await reader.value("SELECT COUNT(*) FROM appeals WHERE outcome = ''")),
    )


async def ladder_version(reader: Reader) -> int:
    """The number of the ladder that holds."""
    return int(await reader.value("SELECT COALESCE(MAX(number), 0) FROM ladder_versions"))
