"""Windows begin and end by the clock (law 9): what they lower holds from then on, or no longer, in one unit of work.

Running it at any moment, as often as one likes, leaves what the clock says: a server that was off at a beginning or an
end makes up for it, and a window that came and went meanwhile lowers nothing.
"""

from fedicert.model.ladder import Window
from fedicert.model.tiers import Tier
from fedicert.operations import jobs, ladder, versions
from fedicert.reach import windows as law
from fedicert.store.tables import tiers, windows
from fedicert.store.unit import Tx

KIND = "turn_windows"


async def turn(tx: Tx) -> list[Window]:
    """Let windows begin and end whose moment has come; those that did. Asks to be run at the next such moment."""
    due = _due(await windows.open_ones(tx), tx.now)
    if due:
        await tiers.lock(tx)
        due = _due(await windows.open_ones(tx), tx.now)
        for window in due:
            await _turn_one(tx, window)
    await ask(tx, await windows.open_ones(tx))
    return due


def _due(open_ones: list[Window], now: int) -> list[Window]:
    return [
        window for window in open_ones if now >= window.ends_at or (window.begun_at is None and now >= window.starts_at)
    ]


async def ask(tx: Tx, open_ones: list[Window]) -> None:
    """Ask for the job at the moment at which a window begins or ends next."""
    upcoming = law.next_moment(open_ones, tx.now)
    if upcoming is not None:
        await jobs.enqueue(tx, KIND, {}, key=str(upcoming), due=upcoming)


async def _turn_one(tx: Tx, window: Window) -> None:
    over = tx.now >= window.ends_at
    kind = "window_ended" if over else "window_begun"
    before = {tier.id: tier for tier in await tiers.ladder(tx)}
    await (windows.end(tx, window.id) if over else windows.begin(tx, window.id))
    await hold(tx, kind, window, before[window.tier], window.decider, window.why)


async def hold(tx: Tx, kind: str, window: Window, before: Tier, decider: int, why: str) -> int:
    """Make hold what the windows that are open now leave of the rules; the version. `before`: of its tier."""
    changed = await ladder.write(tx, await tiers.rules(tx), await windows.open_ones(tx))
    version = await versions.new_version(tx, decider, kind, why) if changed else await versions.current(tx)
    after = next(tier for tier in await tiers.ladder(tx) if tier.id == window.tier)
    told = {
        "tier": after.name,
        "window": window.id,
        "from": versions.differing(after, before),
        "to": versions.differing(before, after),
        "begun": int(window.begun_at is not None),
    }
    await versions.tell(tx, kind, decider, told, why=why, version=version)
    return version
