"""How the capped accounts of one login divide the cap of their tier (law 10). Pure.

Each tier stands for itself. A share is in slots; None is undivided: the whole cap, of which nothing is left for others.
Whatever its owner does, the shares of a login's accounts on a tier never add up to more than the tier's cap, and no slot
in which somebody still sits is given to another account: an audience that has to shrink isn't counted twice.
"""

from collections.abc import Mapping, Sequence

import msgspec


class Part(msgspec.Struct, frozen=True):
    """One account of a login on a tier: its share and its count (admitted and paused)."""

    account: int
    share: int | None
    count: int


class Arrival(msgspec.Struct, frozen=True):
    """What somebody who comes to a tier gets (None: the whole cap), and the shares of others that fall for it."""

    share: int | None
    lowered: Mapping[int, int]


def slots(share: int | None, cap: int) -> int:
    """What a share comes to under a cap."""
    return cap if share is None else min(share, cap)


def free(cap: int, others: Sequence[Part]) -> int:
    """What nobody has, and nobody sits in."""
    return max(cap - sum(max(slots(part.share, cap), part.count) for part in others), 0)


def unused(cap: int, others: Sequence[Part]) -> int:
    """What is free, and what others have and nobody sits in."""
    return free(cap, others) + sum(max(slots(part.share, cap) - part.count, 0) for part in others)


def arrive(cap: int | None, wanted: int, others: Sequence[Part]) -> Arrival:
    """An account comes to a tier where other accounts of its login stand already.

    It gets as many slots as it wants of those that are free, then of those that others have and nobody sits in, from
    whoever has most; no audience is touched. Who is alone has the whole.
    """
    if cap is None or not others:
        return Arrival(None, {})
    got = min(wanted, free(cap, others))
    lowered: dict[int, int] = {}
    for part in sorted(others, key=lambda part: (part.count - slots(part.share, cap), part.account)):
        has = slots(part.share, cap)
        gives = min(max(has - part.count, 0), wanted - got)
        if gives > 0:
            lowered[part.account] = has - gives
            got += gives
    return Arrival(got, lowered)


def divide(cap: int, parts: Sequence[Part], wanted: Mapping[int, int]) -> dict[int, int]:
    """The shares after their owner divided anew; who isn't named keeps theirs, and who was undivided has the rest.

    Raises ValueError with a sentence where they add up to more than the cap, or name somebody who isn't on the tier.
    """
    if not set(wanted) <= {part.account for part in parts}:
        raise ValueError("one of these accounts doesn't stand on this tier")
    if any(share < 0 for share in wanted.values()):
        raise ValueError("a share is a number of followers, from 0")
    shares = {part.account: wanted.get(part.account, part.share) for part in parts}
    known = sum(share for share in shares.values() if share is not None)
    undivided = [account for account, share in shares.items() if share is None]
    if known > cap:
        raise ValueError(f"the shares add up to {known:,}, and the tier has {cap:,}")
    rest = cap - known
    after = {account: rest if account in undivided else int(share or 0) for account, share in shares.items()}
    rises = any(after[part.account] > slots(part.share, cap) for part in parts)
    taken = sum(max(after[part.account], part.count) for part in parts)
    if rises and taken > cap:
        raise ValueError(
            f"people sit in {taken - cap:,} of these slots. Lower that share first: its audience shrinks in stages, and"
            " what is free then can be given to another account"
        )
    return after
