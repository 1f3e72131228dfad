"""The instance itself: founded once, with its names, its ladder and its own actor; and how it takes people in.

Its names stand in every address ever given out, so a configuration that says others is refused (ConfigError).
"""

from collections.abc import Sequence
from typing import Literal, get_args

import msgspec

from fedicert.base.errors import BadRequest, ConfigError
from fedicert.model.sealed_keys import SealedKey
from fedicert.model.tiers import Tier
from fedicert.model.urls import Urls
from fedicert.operations import ledger, telling
from fedicert.operations.ledger import Party
from fedicert.operations.tiers import fill_ladder, lowest_tier
from fedicert.store.tables import local_people, people, settings
from fedicert.store.unit import Reader, Tx

Signups = Literal["approval", "open", "closed"]

GENERATION = "settings"
_DOMAIN, _WEB, _MEDIA, _SIGNUPS, _PROBED = "domain", "web_domain", "media_url", "signups", "probed"


class Founding(msgspec.Struct, frozen=True, kw_only=True):
    """What the first start writes. `keys`: of the instance actor, `kid`s made from its address."""

    urls: Urls
    name: str
    tiers: Sequence[Tier]
    signups: Signups
    keys: Sequence[SealedKey]


async def new_ids(tx: Tx, count: int) -> list[int]:
    """Fresh ids, for what has to be known before a unit of work opens: a key is sealed together with its id."""
    return [tx.new_id() for _ in range(count)]


async def founded(reader: Reader) -> bool:
    """Did a first start found the instance?"""
    return await settings.get(reader, _DOMAIN) is not None


async def check_names(reader: Reader, urls: Urls) -> None:
    """Refuse a configuration with other names than those the instance was founded with."""
    for key, configured in ((_DOMAIN, urls.domain), (_WEB, urls.base), (_MEDIA, urls.media)):
        held = await settings.get(reader, key)
        if held is not None and held != configured:
            shown = "web_domain (with its http or https)" if key == _WEB else key
            raise ConfigError(
                f"{shown}: this database belongs to {held} and the configuration says {configured}; every address "
                f"given out bears the first name. Set it back, or begin with another data_dir and database",
                key=key,
            )


async def found(tx: Tx, founding: Founding) -> bool:
    """At first start: names, ladder, how people join, and the instance's own actor. False where it was done before."""
    await check_names(tx, founding.urls)
    if await founded(tx):
        return False
    urls = founding.urls
    await settings.put(tx, _DOMAIN, urls.domain)
    await settings.put(tx, _WEB, urls.base)
    await settings.put(tx, _MEDIA, urls.media)
    await settings.put(tx, _SIGNUPS, founding.signups)
    await fill_ladder(tx, founding.tiers)
    account = tx.new_id()
    actor = urls.instance_actor
    await local_people.insert_account(
        tx,
        local_people.NewAccount(
            id=account,
            uri=actor,
            url=f"{urls.base}/about",
            username=host_of(urls),
            type="Application",
            display_name=founding.name,
            followers_uri="",
            featured_uri="",
            login=None,
            role="",
            tier=(await lowest_tier(tx)).id,
            discoverable=False,
            language="",
        ),
    )
    for key in founding.keys:
        await local_people.insert_key(tx, account, key)
    await telling.make_account(tx, urls)
    ladder = {tier.name: "none" if tier.followers is None else tier.followers for tier in founding.tiers}
    await ledger.record(
        tx, account, "founded", "law 7", {}, {"domain": urls.domain, "signups": founding.signups, "followers": ladder}
    )
    await settings.next_generation(tx, GENERATION)
    return True


async def probe(tx: Tx) -> None:
    """Write something: whoever can do this can do everything else. For the question whether the server is ready."""
    await settings.put(tx, _PROBED, str(tx.now))


async def signups(reader: Reader) -> Signups:
    """How people join now."""
    held = await settings.get(reader, _SIGNUPS)
    return "closed" if held not in get_args(Signups) else held  # type: ignore[return-value]


async def set_signups(tx: Tx, how: str, by: Party | None = None) -> Signups:
    """Change how people join; what it was before. On the ledger of the instance."""
    if how not in get_args(Signups):
        raise BadRequest(f"signups are open, approval or closed, not {how!r}")
    before = await signups(tx)
    if before == how:
        return before
    await settings.put(tx, _SIGNUPS, how)
    await settings.next_generation(tx, GENERATION)
    await ledger.record(
        tx,
        await people.instance(tx),
        "signups_changed",
        "law 10",
        {} if by is None else {"by": by},
        {"from": before, "to": how},
    )
    return before


def host_of(urls: Urls) -> str:
    """The domain without a port: the name of the instance actor, which nobody else gets."""
    return urls.domain.partition(":")[0] if not urls.domain.startswith("[") else urls.domain.partition("]")[0] + "]"
