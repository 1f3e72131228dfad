"""What this server says of itself to anybody (law 11): its limits, whom it trusts, how many they touch, and the latest
checkpoint of its ledger. It only reads; nothing in it is about one person."""

from collections.abc import Sequence

import msgspec

from fedicert.base.log import iso
from fedicert.model.attestations import TrustEntry
from fedicert.model.tiers import Enter
from fedicert.operations import checkpoints, settling
from fedicert.operations.checkpoints import Signed
from fedicert.store.tables import issuing, tiers
from fedicert.store.unit import Reader
from fedicert.store.views import honesty
from fedicert.store.views.honesty import Counts

FORM = 1


class PublicTier(msgspec.Struct, frozen=True, kw_only=True):
    """A rung, the lowest first. Limits are numbers of people, null where there is none."""

    name: str
    enter: tuple[Enter, ...]
    followers: int | None
    following: int | None
    strangers_30_days: int | None
    answers_per_day: int | None
    public_posts: str
    boosts_and_quotes_by: str
    when_full: str
    kept_for_followed: float
    strangers_per_domain_day: int
    version: int


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """The ladder as it holds now. `version` rises with every change of it."""

    version: int
    tiers: list[PublicTier]


class PublicIssuer(msgspec.Struct, frozen=True, kw_only=True):
    """Who issues licences from here."""

    id: str
    name: str


class Trusted(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the trust list: an issuer, for what, and the tier it lifts to."""

    issuer: str
    name: str
    kinds: tuple[str, ...]
    professions: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    tier: str


class PublicLedger(msgspec.Struct, frozen=True, kw_only=True):
    """The latest checkpoint, `at` in ms as it is signed; where those before it are, and what the rules are."""

    checkpoint: Signed | None
    checkpoints: str
    law: str


class Honesty(msgspec.Struct, frozen=True, kw_only=True):
    """The document, `docs/honesty.md`."""

    fedicert: int
    at: str
    server: str
    actor: str
    ladder: Ladder
    issuer: PublicIssuer | None
    trust: list[Trusted]
    counts: Counts
    reach_bound: int
    ledger: PublicLedger


async def about(reader: Reader, base: str, domain: str, actor: str, trust: Sequence[TrustEntry]) -> Honesty:
    """What is true now. `base`: this server's address."""
    found = await checkpoints.published(reader)
    issuer = await issuing.issuer(reader)
    return Honesty(
        fedicert=FORM,
        at=iso(reader.now),
        server=domain,
        actor=actor,
        ladder=Ladder(
            version=await honesty.ladder_version(reader),
            tiers=[
                PublicTier(
                    name=tier.name,
                    enter=tier.enter,
                    followers=tier.followers,
                    following=tier.following,
                    strangers_30_days=tier.strangers,
                    answers_per_day=tier.answers_per_day,
                    public_posts=tier.visibility,
                    boosts_and_quotes_by=tier.boosts,
                    when_full=tier.when_full,
                    kept_for_followed=tier.kept_for_followed,
                    strangers_per_domain_day=tier.strangers_per_domain_day,
                    version=tier.version,
                )
                for tier in await tiers.ladder(reader)
            ],
        ),
        issuer=None if issuer is None else PublicIssuer(id=issuer.did, name=issuer.name),
        trust=[Trusted(**msgspec.structs.asdict(entry)) for entry in trust],
        counts=await honesty.counts(reader),
        reach_bound=await settling.reach_bound(reader),
        ledger=PublicLedger(
            checkpoint=found[0] if found else None,
            checkpoints=f"{base}/api/fedicert/v1/ledger/checkpoints",
            law=f"{base}/about/law",
        ),
    )
