"""What commands ask for about people, by the names of accounts: shares, tiers by word, waivers, appeals, the code."""

from collections.abc import Sequence

from fedicert.model.sealed_keys import SealedKey
from fedicert.model.urls import Urls
from fedicert.operations import (
    administration,
    appeals,
    granting,
    offices,
    outcomes,
    people,
    responsibility,
    shares,
    staff,
    waivers,
)
from fedicert.operations.appeals import Appeal, Case
from fedicert.operations.granting import Standing
from fedicert.operations.outcomes import Decided
from fedicert.operations.responsibility import Code, Signing
from fedicert.operations.shares import Division
from fedicert.operations.waivers import Waiver
from fedicert.store.tables import appeals as appeal_rows
from fedicert.store.tables import waivers as waiver_rows
from fedicert.store.tables.local_people import Person
from fedicert.store.unit import Reader, Tx

LISTED = 500


async def add_account(
    tx: Tx, urls: Urls, owner: str, name: str, slots: int, keys: Sequence[SealedKey]
) -> tuple[Division, ...]:
    """Another account for somebody who is here."""
    _, divided = await people.add_account(tx, urls, (await people.find(tx, owner)).id, name, slots, keys)
    return tuple(divided)


async def show_shares(reader: Reader, name: str) -> tuple[Division, ...]:
    """How somebody's accounts divide the caps of their tiers."""
    return tuple(await shares.mine(reader, (await people.find(reader, name)).id))


async def divide(tx: Tx, name: str, wanted: dict[str, int]) -> tuple[Division, ...]:
    """Divide anew in the name of whoever has this account."""
    return tuple(await shares.divide(tx, (await people.find(tx, name)).id, wanted))


async def set_tier(tx: Tx, urls: Urls, name: str, tier: str, by: str, reason: str, for_cause: bool) -> Standing:
    """An admin's word."""
    person, decider = await people.find(tx, name), await people.find(tx, by)
    return await granting.set_by_word(tx, urls, person.id, tier, decider.id, reason, for_cause=for_cause)


async def disable(tx: Tx, urls: Urls, name: str, by: str, reason: str) -> None:
    """Somebody of the staff closes an account to its owner."""
    person, judge = await people.find(tx, name), await people.find(tx, by)
    await administration.act(tx, judge.id, urls, person.id, "disable", reason)


async def enable(tx: Tx, urls: Urls, name: str, by: str, reason: str) -> None:
    """Somebody of the staff opens it again."""
    person, judge = await people.find(tx, name), await people.find(tx, by)
    await administration.enable(tx, judge.id, person.id, offices.reason_of(reason))


async def promote(tx: Tx, name: str, role: str, by: str, reason: str) -> Person:
    """Give a role, or `none`. `by`: the owner or admin who decides, '' where whoever has the machine does."""
    return await people.promote(tx, name, role, await _decider(tx, name, by, offices.ADMINS), reason)


async def approve(tx: Tx, name: str, by: str, reason: str) -> Person:
    """Let somebody in who signed up. `by`: the member of staff who decides, '' where whoever has the machine does."""
    return await people.approve(tx, name, await _decider(tx, name, by, offices.MODERATORS), reason)


async def _decider(tx: Tx, name: str, by: str, roles: tuple[str, ...]) -> int | None:
    if not by:
        return None
    judge = await offices.of(tx, (await people.find(tx, by)).id, roles)
    await staff.not_their_own(tx, judge.id, (await people.find(tx, name)).id)
    return judge.id


async def ask_waiver(tx: Tx, name: str, limits: dict[str, int], days: int, reason: str, by: str) -> Waiver:
    """Ask for a waiver."""
    person, asker = await people.find(tx, name), await people.find(tx, by)
    return await waivers.ask(tx, person.id, limits, days, reason, asker.id)


async def give_waiver(tx: Tx, number: int, by: str) -> Waiver:
    """Give one."""
    return await waivers.give(tx, number, (await people.find(tx, by)).id)


async def refuse_waiver(tx: Tx, number: int, by: str, why: str) -> Waiver:
    """Refuse one."""
    return await waivers.refuse(tx, number, (await people.find(tx, by)).id, why)


async def end_waiver(tx: Tx, number: int, by: str, why: str) -> Waiver:
    """End one."""
    return await waivers.end(tx, number, (await people.find(tx, by)).id, why)


async def list_waivers(reader: Reader, name: str) -> list[Waiver]:
    """The latest waivers, of one account or of all."""
    account = (await people.find(reader, name)).id if name else None
    return await waiver_rows.page(reader, account, None, LISTED, alone=False)


async def list_appeals(reader: Reader, only_open: bool) -> list[Appeal]:
    """The latest appeals."""
    return await appeal_rows.page(reader, None, None, LISTED, only_open=only_open)


async def show_appeal(reader: Reader, number: int) -> Case:
    """One appeal with all that was said."""
    return await appeals.case(reader, number)


async def answer_appeal(tx: Tx, number: int, by: str, words: str) -> Case:
    """Answer in one."""
    return await appeals.answer(tx, number, (await people.find(tx, by)).id, words)


async def decide_appeal(tx: Tx, urls: Urls, number: int, by: str, words: str, granted: bool) -> Decided:
    """Its outcome."""
    return await outcomes.decide(tx, urls, number, (await people.find(tx, by)).id, words, granted=granted)


async def show_code(reader: Reader, version: int | None) -> Code:
    """A version of the code of responsibility."""
    return await responsibility.version_of(reader, version)


async def publish_code(tx: Tx, text: str, by: str, reason: str) -> Code:
    """A newer one."""
    return await responsibility.publish(tx, text, (await people.find(tx, by)).id, reason)


async def agree_to_code(tx: Tx, urls: Urls, name: str, version: int) -> Signing:
    """Agree in the name of an account."""
    return await responsibility.agree(tx, urls, (await people.find(tx, name)).id, version)


async def code_status(reader: Reader, name: str) -> Signing:
    """What an account agreed to."""
    return await responsibility.signing(reader, (await people.find(reader, name)).id)
