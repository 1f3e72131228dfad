"""Nobody decides their own case: who may decide about somebody, and what holds where there is nobody else."""

from collections.abc import Iterable

from fedicert.base.errors import Forbidden, NotFound
from fedicert.operations.ledger import Party
from fedicert.store.tables import staff
from fedicert.store.tables.staff import Officer
from fedicert.store.unit import Reader


async def somebody(reader: Reader, account: int) -> Officer:
    """Somebody here, whatever their office. Raises NotFound."""
    found = await staff.by_id(reader, account)
    if found is None:
        raise NotFound
    return found


async def officer(reader: Reader, account: int) -> Officer:
    """An owner or admin who can act. Raises Forbidden."""
    found = await staff.by_id(reader, account)
    if found is None or not found.decides:
        raise Forbidden("Only an owner or admin of this server can do this")
    return found


async def impartial(reader: Reader, concerned: Iterable[int]) -> list[Officer]:
    """The owners and admins who are none of the people concerned, with no account of theirs."""
    people = [one for account in set(concerned) if (one := await staff.by_id(reader, account)) is not None]
    return [one for one in await staff.deciding(reader) if not any(one.same_person(other) for other in people)]


async def judge(reader: Reader, by: int, concerned: Iterable[int], *, owner: bool = False) -> tuple[Officer, bool]:
    """Who decides, and whether alone: the server has nobody who isn't concerned, which is then said in public.

    `owner`: alone it is the owner's to decide. Raises Forbidden for whoever is concerned while there is somebody else.
    """
    decider = await officer(reader, by)
    others = await impartial(reader, concerned)
    if any(one.account == by for one in others):
        return decider, False
    if others:
        names = ", ".join(f"@{one.username}" for one in others[:3])
        raise Forbidden(f"Nobody decides their own case. Somebody who isn't concerned does: {names}")
    if owner and decider.role != "owner":
        raise Forbidden("Nobody here is unconcerned; then it is for the owner to decide, in writing")
    return decider, True


async def not_their_own(reader: Reader, by: int, concerned: int) -> None:
    """Nobody decides their own case, nor that of another account of their login. Raises Forbidden."""
    one, other = await staff.by_id(reader, by), await staff.by_id(reader, concerned)
    if one is not None and other is not None and one.same_person(other):
        raise Forbidden("Nobody decides their own case: somebody else has to")


def party(of: Officer) -> Party:
    """How they stand on the ledger."""
    return Party(of.uri, of.account)
