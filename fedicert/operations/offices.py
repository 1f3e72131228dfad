"""Who may decide: an office is looked up in the unit of work of the decision, never taken from a token."""

from fedicert.base.errors import Forbidden, Unprocessable
from fedicert.operations.ledger import Party
from fedicert.store.tables import local_people
from fedicert.store.tables.local_people import Person
from fedicert.store.unit import Reader

ADMINS = ("owner", "admin")
MODERATORS = ("owner", "admin", "moderator")
LONGEST_REASON = 500


async def of(reader: Reader, account: int, roles: tuple[str, ...]) -> Person:
    """The account, where it holds one of these offices and is open. Raises Forbidden."""
    person = await local_people.by_id(reader, account)
    ended = () if person is None else (person.disabled_at, person.deleted_at, person.suspended_at)
    if person is None or person.role not in roles or any(at is not None for at in ended):
        raise Forbidden("This is for this server's " + " or ".join((", ".join(roles[:-1]), roles[-1])))
    return person


def reason_of(reason: str) -> str:
    """Why, as it is kept. Raises Unprocessable where nothing is said."""
    told = reason_if_any(reason)
    if not told:
        raise Unprocessable("Say why: the reason stands on the ledger")
    return told


def reason_if_any(reason: str) -> str:
    """Why, as it is kept: one line, cut at LONGEST_REASON characters; '' where nothing is said."""
    return " ".join(reason.split())[:LONGEST_REASON]


def party(person: Person) -> Party:
    """Who decided, on the ledger."""
    return Party(person.uri, person.id)
