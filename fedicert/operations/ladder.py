"""The ladder as data (law 9): what a proposed change comes to, and making it hold, at once, everywhere, dropping nobody.

Every change goes through `apply`: under the ladder's lock it is judged, written, given a version, put on the instance's
ledger and announced, in one unit of work. What falls below an audience settles, account by account: `caps.py`.
"""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import Conflict, NotFound, Unprocessable
from fedicert.model.ladder import Change, Window
from fedicert.model.tiers import Tier, TierFault, changed, read_tier, shown
from fedicert.operations import jobs, rungs, turnover
from fedicert.operations.versions import GENERATION
from fedicert.reach import windows as law
from fedicert.reach.limits import by_rule, window_share
from fedicert.store.tables import seats, settings, shares, tiers, windows
from fedicert.store.tables.seats import Share
from fedicert.store.unit import Reader, Tx


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a change comes to: the rules and the windows before and after it. A tier that is new has the id 0."""

    change: Change
    rules: list[Tier]
    rules_after: list[Tier]
    windows: list[Window]
    windows_after: list[Window]

    @property
    def tier(self) -> Tier:
        """The tier it is about, as its rule is before; a new one as it will be."""
        names = (self.change.name,)
        return next(tier for tier in (*self.rules, *self.rules_after) if tier.name in names)


async def plan(reader: Reader, change: Change, rules: list[Tier]) -> Plan:
    """What a change comes to on the ladder as it is. Raises NotFound, Conflict, Unprocessable with a sentence."""
    open_ones = await windows.open_ones(reader)
    if change.act == "cancel":
        change = _named(change, open_ones)
    try:
        after = await _after(reader, change, rules, open_ones)
        windows_after = _windows_after(change, rules, open_ones, reader.now)
        law.check(after, windows_after, reader.now)
    except TierFault as fault:
        raise Unprocessable(str(fault)) from fault
    return Plan(change=change, rules=rules, rules_after=after, windows=open_ones, windows_after=windows_after)


async def _after(reader: Reader, change: Change, rules: list[Tier], open_ones: Sequence[Window]) -> list[Tier]:
    if change.act == "add":
        return _with_new(change, rules)
    tier = _tier_of(change.name, rules)
    if change.act == "set":
        wanted = changed(tier, {key: value for key, value in change.values.items() if key != "name"})
        if wanted == tier:
            raise Conflict(f"nothing to change: tier {tier.name} is like that already")
        return [wanted if one.id == tier.id else one for one in rules]
    if change.act == "move":
        return _moved(tier, change.place, rules)
    if change.act not in ("remove", "rename"):
        return rules
    await _check_empty(reader, tier, change.act, open_ones)
    if change.act == "remove":
        if len(rules) == 1:
            raise Conflict("a ladder has at least one tier, and this is the last one")
        return [one for one in rules if one.id != tier.id]
    wanted = changed(tier, {"name": change.to})
    if wanted.name == tier.name:
        raise Conflict(f"nothing to change: tier {tier.name} is called that already")
    return [wanted if one.id == tier.id else one for one in rules]


async def _check_empty(reader: Reader, tier: Tier, act: str, open_ones: Sequence[Window]) -> None:
    """A rung can't be removed or renamed while anyone stands on it."""
    verb = f"{act}d"
    count = await tiers.standing(reader, tier.id)
    if count:
        them = "1 account stands" if count == 1 else f"{count} accounts stand"
        raise Conflict(f"tier {tier.name} can't be {verb}: {them} on it, or would if what lifts them higher ended")
    if any(window.tier == tier.id for window in open_ones):
        raise Conflict(f"tier {tier.name} can't be {verb}: a window is announced for it; cancel that first")


def _with_new(change: Change, rules: list[Tier]) -> list[Tier]:
    """What a new tier doesn't say it has from the one below it, or from the one above where it is the lowest."""
    place = _place(change.place, len(rules) + 1)
    if any(one.name == change.name for one in rules):
        raise Conflict(f"there is a tier called {change.name} already")
    if "enter" not in change.values:
        raise TierFault("enter", "say how one gets there, for example enter=licence")
    like = shown(rules[max(0, place - 2)])
    new = read_tier({**like, **change.values, "name": change.name}, 0)
    return [*rules[: place - 1], new, *rules[place - 1 :]]


def _moved(tier: Tier, place: int | None, rules: list[Tier]) -> list[Tier]:
    others = [one for one in rules if one.id != tier.id]
    at = _place(place, len(rules))
    order = [*others[: at - 1], tier, *others[at - 1 :]]
    if order == rules:
        raise Conflict(f"nothing to change: tier {tier.name} stands there already")
    return order


def _place(place: int | None, most: int) -> int:
    if place is None:
        return most
    if not 1 <= place <= most:
        raise TierFault("place", f"{place} isn't a place on this ladder: 1 is the lowest rung, {most} the highest")
    return place


def _tier_of(name: str, rules: Sequence[Tier]) -> Tier:
    found = next((tier for tier in rules if tier.name == name), None)
    if found is None:
        raise NotFound(f"no tier is called {name}; there are: {', '.join(tier.name for tier in rules)}")
    return found


def _named(change: Change, open_ones: Sequence[Window]) -> Change:
    """A window that is cancelled is named by its number; the change says of which tier it is."""
    found = next((window for window in open_ones if window.id == change.window), None)
    if found is None:
        raise NotFound(f"there is no window {change.window} that is open or to come")
    return msgspec.structs.replace(change, name=found.tier_name)


def _windows_after(change: Change, rules: Sequence[Tier], open_ones: list[Window], now: int) -> list[Window]:
    if change.act == "cancel":
        return [window for window in open_ones if window.id != change.window]
    if change.act != "window":
        return open_ones
    tier = _tier_of(change.name, rules)
    limits = law.read(tier, change.values)
    starts_at, ends_at = change.starts_at, change.ends_at
    if starts_at is None or ends_at is None:
        raise TierFault("window", "say from when to when it is open")
    if starts_at < now + law.AHEAD:
        raise TierFault("from", "a window is announced at least 14 days ahead, which is its grace")
    if not starts_at < ends_at <= starts_at + law.LONGEST:
        raise TierFault("until", "a window ends after it begins, and at most 90 days later")
    new = Window(
        id=0,
        tier=tier.id,
        tier_name=tier.name,
        limits=limits,
        starts_at=starts_at,
        ends_at=ends_at,
        decider=0,
        why="",
        announced_at=now,
    )
    return sorted([*open_ones, new], key=lambda window: (window.starts_at, window.id))


# Making it hold


async def write(tx: Tx, rules: Sequence[Tier], open_ones: Sequence[Window]) -> bool:
    """Make these rules hold, lowered by the windows that are open now. The caller holds the ladder's lock.

    New tiers are added, those no longer there are removed, who is touched is looked at by jobs. False: nothing changed.
    """
    there = {tier.id: tier for tier in await tiers.rules(tx)}
    held_there = {tier.id: tier for tier in await tiers.ladder(tx)}
    order_there = list(there)
    free = 1 + max((tier.position for tier in there.values()), default=-1)
    wanted = [await _insert(tx, rule, free) if not rule.id else rule for rule in rules]
    for gone in set(there) - {rule.id for rule in wanted}:
        await rungs.clear(tx, gone, wanted[0].id)
        await tiers.remove(tx, gone)
    changed_any = len(wanted) != len(there)
    for rule, held in zip(wanted, law.ladder_at(wanted, open_ones, tx.now), strict=True):
        before, held_before = there.get(rule.id), held_there.get(rule.id)
        if before is None or held_before is None or (rule, held) == (before, held_before):
            continue
        changed_any = True
        await tiers.update(tx, rule, held)
        await _share_anew(tx, (before, held_before), (rule, held))
        await jobs.enqueue(tx, "release_tier", {"tier": rule.id, "after": 0}, key=str(rule.id))
        if held.boosts != held_before.boosts:
            await jobs.enqueue(tx, "look_at_quotes", {"tier": rule.id}, key=f"tier {rule.id}")
        tx.signal(GENERATION, rule.id)
    order = [rule.id for rule in wanted]
    if order != order_there:
        changed_any = True
        await tiers.order(tx, order)
        if [tier for tier in order if tier in there] != [tier for tier in order_there if tier in order]:
            await jobs.enqueue(tx, "stand_again", {"after": 0}, key="all")
    if changed_any:
        await settings.next_generation(tx, GENERATION)
    return changed_any


async def _insert(tx: Tx, rule: Tier, place: int) -> Tier:
    await tiers.insert(tx, msgspec.structs.replace(rule, position=place))
    added = await tiers.by_name(tx, rule.name)
    assert added is not None
    return added


async def _share_anew(tx: Tx, before: tuple[Tier, Tier], after: tuple[Tier, Tier]) -> None:
    """When a tier's cap falls, parts of it fall with it in the same unit, rounded down; what a window took from them
    its end gives back whole. `before`, `after`: the rule and what holds."""
    caps = [(rule.followers, held.followers) for rule, held in (before, after)]
    if caps[0] == caps[1]:
        return
    (rule_before, held_before), (rule_after, held_after) = caps
    if held_before is None or held_after is None:
        # A new cap is divided evenly among accounts of one login, and one that ends leaves no parts (law 10).
        await shares.scale(tx, after[0].id, held_before, held_after)
        await _pass_on(tx, after[0].id, {one.login for one in await seats.shares(tx, after[0].id)})
        return
    parts = await seats.shares(tx, after[0].id)
    undivided = await seats.undivided(tx, after[0].id)
    written: list[Share] = []
    new: list[tuple[int, int | None]]
    for login in {one.login for one in parts}:
        of_one = [one for one in parts if one.login == login]
        if rule_before is None or rule_after is None:
            # Parts of what windows leave of no cap at all; where that was nothing, evenly, or all for who has the whole.
            even = 0 if login in undivided else held_after // len(of_one)
            part, whole = min(held_before, held_after), held_before
            new = [(one.share * part // whole if whole else even, None) for one in of_one]
        else:
            kept = by_rule([(one.share, one.rule_share) for one in of_one], held_before, rule_before)
            if rule_after < rule_before:
                kept = [share * rule_after // rule_before for share in kept]
            lowered = held_after != rule_after
            new = [(window_share(s, held_after, rule_after) if lowered else s, s if lowered else None) for s in kept]
        written += [Share(one.account, login, *each) for one, each in zip(of_one, new, strict=True)]
    before_it = {one.account: one.share for one in parts}
    written.sort(key=lambda one: (one.share - before_it[one.account], one.account))  # what falls first, then what rises
    await seats.set_shares(tx, written)
    await _pass_on(tx, after[0].id, {one.login for one in parts})


async def _pass_on(tx: Tx, tier: int, logins: set[int | None]) -> None:
    """What was freed and filled again goes along with the slots; who has more of it is looked at like the whole tier."""
    for login in await turnover.who_turned(tx, tier):
        if login in logins:
            await turnover.pass_on(tx, login, tier, {})
