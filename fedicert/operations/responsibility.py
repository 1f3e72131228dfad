"""The code of responsibility: its versions, who agreed to which, and what waits for that (docs/law.md, People).

Nobody leaves the lowest rung without having agreed to the version that holds; and whoever stands higher agrees to a newer
one before the next post beyond the lowest rung's limits.
"""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import Conflict, Forbidden, NotFound, Unprocessable
from fedicert.model.urls import Urls
from fedicert.operations import addressing, profiles, rungs
from fedicert.operations.ledger import Party, record
from fedicert.reach import responsibility as law
from fedicert.reach.limits import limits_of
from fedicert.reach.strangers import Refusal
from fedicert.store.tables import addressed, codes, people, seats, tiers
from fedicert.store.tables.addressed import holder_of
from fedicert.store.tables.codes import Code
from fedicert.store.tables.seats import Seat
from fedicert.store.unit import Reader, Tx
from fedicert.text.codes import DEFAULT, LONGEST, digest_of, tidy

__all__ = [
    "RULE",
    "SHORTEST",
    "Code",
    "Signing",
    "agree",
    "ensure",
    "page_of",
    "publish",
    "signing",
    "stops",
    "version_of",
    "would_stop",
]

RULE = "people: code of responsibility"
SHORTEST = 40


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody here stands to the code. `agreed`: the version they agreed to, 0 none. `waits_for`: the tier that
    they would stand on if they agreed, '' none."""

    code: Code
    agreed: int
    tier: str
    waits_for: str

    @property
    def up_to_date(self) -> bool:
        """Did they agree to the version that holds?"""
        return self.agreed >= self.code.version


async def ensure(tx: Tx) -> None:
    """A server has a code from its first start: the text that comes with the program is version 1."""
    if await codes.current(tx) is None:
        text = tidy(DEFAULT)
        await codes.insert(tx, Code(version=1, text=text, digest=digest_of(text), published_at=tx.now), 0)
        body = {"version": 1, "digest": digest_of(text)}
        await record(tx, await people.instance(tx), "code_published", RULE, {}, body)


async def publish(tx: Tx, text: str, by: int, reason: str) -> Code:
    """An admin publishes a newer version. Raises Forbidden, Unprocessable, Conflict where nothing changed."""
    admin, seat = await people.by_id(tx, by), await seats.read(tx, by)
    if admin is None or seat is None or seat.closed or seat.role not in ("owner", "admin"):
        raise Forbidden("only an owner or admin can publish a code of responsibility")
    text = tidy(text)
    if not SHORTEST <= len(text) <= LONGEST:
        raise Unprocessable(f"a code of responsibility has {SHORTEST} to {LONGEST} characters; this has {len(text)}")
    if not reason.strip():
        raise Unprocessable("say why: everybody above the lowest rung has to agree anew")
    before = await codes.current(tx)
    if before is not None and before.digest == digest_of(text):
        raise Conflict(f"this is version {before.version}, which holds already")
    version = 1 if before is None else before.version + 1
    code = Code(version=version, text=text, digest=digest_of(text), published_at=tx.now)
    await codes.insert(tx, code, by)
    told = {"version": version, "digest": code.digest, "why": reason.strip()}
    await record(tx, await people.instance(tx), "code_published", RULE, {"by": Party(admin.uri, admin.id)}, told)
    return code


async def agree(tx: Tx, urls: Urls, account: int, version: int) -> Signing:
    """Somebody agrees to the version that holds; a grant that waited for that lifts them now.

    Raises Conflict for any other version: what isn't read isn't signed.
    """
    person = await people.by_id(tx, account)
    if person is None or not person.local or person.closed:
        raise NotFound
    await seats.hold_family(tx, account)
    await seats.lock(tx, account)
    code = await _current(tx)
    if version != code.version:
        raise Conflict(f"version {code.version} of the code holds, not {version}; read it, then agree to it")
    if ((await codes.agreed(tx, account)) or 0) < version:
        await codes.agree(tx, account, version)
        party = {"account": Party(person.uri, account)}
        await record(tx, account, "code_agreed", RULE, party, {"version": version, "digest": code.digest})
        moved = await rungs.stand(tx, account, "code_agreed", party, {"version": version}, RULE)
        if await codes.show(tx, account) or moved != "same":
            await profiles.tell_profile(tx, urls, account)
    return await signing(tx, account)


async def signing(reader: Reader, account: int) -> Signing:
    """How somebody here stands to the code. Raises NotFound."""
    agreed = await codes.agreed(reader, account)
    if agreed is None:
        raise NotFound
    here, there = await rungs.stands_and_might(reader, account)
    return Signing(code=await _current(reader), agreed=agreed, tier=here, waits_for="" if here == there else there)


async def version_of(reader: Reader, version: int | None) -> Code:
    """One version of the code, None: the one that holds. Raises NotFound."""
    if version is None:
        return await _current(reader)
    found = await codes.numbered(reader, version)
    if found is None:
        raise NotFound(f"there is no version {version} of the code of responsibility")
    return found


async def stops(
    tx: Tx,
    urls: Urls,
    seat: Seat,
    visibility: str,
    named: Sequence[int],
    parent: int | None,
    quoted: int | None = None,
    *,
    quiet: bool = False,
) -> Refusal | None:
    """A post beyond the lowest rung's limits by whoever hasn't agreed to the newest version; it stands on the ledger.

    `quoted`: the author of what it quotes, who counts as answered. `quiet`: as for
    `addressing.refuse`. The caller holds the author's seat.
    """
    if seat.signed or seat.on_lowest:
        return None
    await addressed.hold(tx, holder_of(seat.login, seat.account))
    refusal = await would_stop(tx, urls, seat, visibility, named, parent, quoted)
    if refusal is not None:
        await addressing.refuse(tx, seat, refusal, quiet=quiet)
    return refusal


async def would_stop(
    reader: Reader,
    urls: Urls,
    seat: Seat,
    visibility: str,
    named: Sequence[int],
    parent: int | None,
    quoted: int | None = None,
) -> Refusal | None:
    """The same without ledger, for a preview."""
    lowest = None if seat.signed or seat.on_lowest else await tiers.lowest(reader)
    if lowest is None:
        return None
    limits = limits_of(
        tier=lowest.name,
        tier_cap=lowest.followers,
        share=None,
        kept_permille=lowest.kept_permille,
        strangers_per_domain_day=lowest.strangers_per_domain_day,
        when_full=lowest.when_full,
        visibility=lowest.visibility,
        boosts=lowest.boosts,
        following=lowest.following,
        strangers=lowest.strangers,
        answers_per_day=lowest.answers_per_day,
    )
    people = named if quoted is None else [*named, quoted]
    verdict = await addressing.foresee(reader, msgspec.structs.replace(seat, limits=limits), people, parent, quoted)
    reason = law.beyond(
        limits,
        visibility=visibility,  # type: ignore[arg-type]
        audience=seat.counts.count,
        verdict=verdict,
    )
    if not reason:
        return None
    return Refusal(limit="code", tier=lowest.name, wants=seat.code_now, used=seat.code_agreed, where=page_of(urls))


def page_of(urls: Urls) -> str:
    """Where people agree."""
    return f"{urls.base}/settings/code"


async def _current(reader: Reader) -> Code:
    found = await codes.current(reader)
    if found is None:
        raise NotFound("this server has no code of responsibility")
    return found
