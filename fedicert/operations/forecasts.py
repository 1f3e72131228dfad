"""What a proposed change of the ladder would do now (law 9): seen before it is applied, and nothing is changed by it."""

import msgspec

from fedicert.model.ladder import Change, Window, token_of
from fedicert.model.standing import Counts, Limits, Waived
from fedicert.model.tiers import Tier, shown
from fedicert.operations import ladder
from fedicert.operations.ladder import Plan
from fedicert.operations.versions import differing
from fedicert.reach import forecast as law
from fedicert.reach import windows as window_law
from fedicert.reach.forecast import Account, Effect
from fedicert.reach.limits import limits_of, rule_share, window_share
from fedicert.store.tables import forecasts, grants, ladder_versions, tiers, windows
from fedicert.store.tables.forecasts import Standing
from fedicert.store.unit import Reader
from fedicert.text import ladder as words

PAGE = 1_000


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What a change would do, were it made now. `token`: applying asks for it. `version`: of the ladder it was made on.

    `before`, `after`: tier → what changes of it. `sentences`: the same and the effect, in words.
    """

    token: str
    version: int
    change: Change
    before: dict[str, dict[str, str]]
    after: dict[str, dict[str, str]]
    effect: Effect
    sentences: list[str]


async def forecast(reader: Reader, change: Change) -> Forecast:
    """Judge a change and count what it does. Raises what applying it would: NotFound, Conflict, Unprocessable."""
    plan = await ladder.plan(reader, change, await tiers.rules(reader))
    before, after = _sides(plan, reader.now)
    found = law.effect(await _accounts(reader, plan, before, after))
    version = await ladder_versions.current(reader) or 1
    was, will_be = _differences(plan, before, after)
    numbers = {name: getattr(found, name) for name in found.__struct_fields__ if name != "largest"}
    largest = [(one.name, one.count, one.beyond) for one in found.largest]
    sentences = [
        f"{tier}: {line}" for tier in will_be | was for line in words.changes(was.get(tier, {}), will_be.get(tier, {}))
    ]
    told = words.forecast(numbers, largest, window=change.act == "window")
    return Forecast(
        token=token_of(change, version),
        version=version,
        change=change,
        before=was,
        after=will_be,
        effect=found,
        sentences=sentences + told + _notes(change, plan.windows),
    )


def _sides(plan: Plan, now: int) -> tuple[list[Tier], list[Tier]]:
    """The ladder before and after: as it holds for a window, as the rule says for a rule."""
    if plan.change.act not in ("window", "cancel"):
        return plan.rules, plan.rules_after
    mine = next(one for one in (*plan.windows, *plan.windows_after) if one.id == (plan.change.window or 0))
    at, others = max(now, mine.starts_at), [one for one in plan.windows if one.id != mine.id]
    without = window_law.ladder_at(plan.rules, others, at)
    lowered = window_law.ladder_at(plan.rules, [*others, mine], at)
    return (without, lowered) if plan.change.act == "window" else (lowered, without)


def _differences(
    plan: Plan, before: list[Tier], after: list[Tier]
) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    name = plan.change.name
    if plan.change.act == "move":
        places = [[tier.name for tier in rules].index(name) + 1 for rules in (before, after)]
        return {name: {"place": str(places[0])}}, {name: {"place": str(places[1])}}
    there = {tier.id: tier for tier in before}
    was: dict[str, dict[str, str]] = {}
    will_be: dict[str, dict[str, str]] = {}
    for tier in after:
        old = there.pop(tier.id, None)
        if old is None:
            will_be[tier.name] = shown(tier)
        elif found := differing(old, tier):
            was[old.name], will_be[old.name] = differing(tier, old), found
    was |= {gone.name: shown(gone) for gone in there.values()}
    return was, will_be


async def _accounts(reader: Reader, plan: Plan, before: list[Tier], after: list[Tier]) -> list[Account]:
    """The accounts whose limits change, page by page."""
    later = {tier.id: tier for tier in after}
    moving = await _moving(reader, after) if plan.change.act == "move" else {}
    found: list[Account] = []
    for tier in before:
        then = later.get(tier.id)
        if then is None or (then == tier and plan.change.act != "move"):
            continue
        last = 0
        while page := await forecasts.standing(reader, tier.id, last, PAGE):
            last = page[-1].id
            for one in page:
                to = moving.get(one.id)
                if then != tier or (to is not None and to.id != tier.id):
                    found.append(_account(one, plan, tier, to or then))
    return found


async def _moving(reader: Reader, after: list[Tier]) -> dict[int, Tier]:
    """On which rung those would stand who may stand on several: the highest, as the rungs are ordered then."""
    ranked = {tier.id: place for place, tier in enumerate(after)}
    several = await grants.several(reader)
    return {account: after[max(ranked[tier] for tier in tiers)] for account, tiers in several.items()}


def _account(one: Standing, plan: Plan, before: Tier, after: Tier) -> Account:
    by_rule = next(tier for tier in plan.rules if tier.id == before.id)
    share = rule_share(one.share, one.rule_share, _held(plan, before), by_rule.followers)
    return Account(
        name=one.username,
        counts=Counts(
            admitted=one.admitted, paused=one.paused, held=one.held, requested=one.requested, kept_used=one.kept_used
        ),
        before=_limits(before, _part(share, before, by_rule), one.waived),
        after=_limits(after, _part(share, after, by_rule) if after.id == before.id else None, one.waived),
        locked=one.locked,
        waiting_followed=one.waiting_followed,
        moves=after.id != before.id,
    )


def _held(plan: Plan, tier: Tier) -> int | None:
    """The cap of the tier as it holds now."""
    rule = next(one for one in plan.rules if one.id == tier.id)
    return window_law.holding(rule, [window for window in plan.windows if window.begun_at is not None]).followers


def _part(share: int | None, tier: Tier, rule: Tier) -> int | None:
    """An account's part of a cap that falls falls with it."""
    lowered = tier.followers is not None and (rule.followers is None or tier.followers < rule.followers)
    if share is None or not lowered or tier.followers is None:
        return share
    return window_share(share, tier.followers, rule.followers)


def _limits(tier: Tier, share: int | None, waived: Waived | None) -> Limits:
    return limits_of(
        tier=tier.name,
        tier_cap=tier.followers,
        share=share,
        kept_permille=tier.kept_permille,
        strangers_per_domain_day=tier.strangers_per_domain_day,
        when_full=tier.when_full,
        visibility=tier.visibility,
        boosts=tier.boosts,
        waived=waived,
    )


def _notes(change: Change, open_ones: list[Window]) -> list[str]:
    told = []
    if change.act in ("remove", "rename"):
        told.append("Lines of the trust list that name this tier lift nobody until the configuration says another.")
    if change.act == "set" and any(window.tier_name == change.name and window.begun_at for window in open_ones):
        told.append("A window lowers this tier now: where it is lower, this holds when the window ends.")
    return told


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The ladder for those who may change it: what holds, what the rules say, who stands where, windows open or to come."""

    version: int
    held: list[Tier]
    rules: list[Tier]
    people: list[int]
    windows: list[Window]


async def state(reader: Reader) -> State:
    """The ladder as it is."""
    held = await tiers.ladder(reader)
    return State(
        version=await ladder_versions.current(reader),
        held=held,
        rules=await tiers.rules(reader),
        people=[await tiers.people_on(reader, tier.id) for tier in held],
        windows=await windows.open_ones(reader),
    )
