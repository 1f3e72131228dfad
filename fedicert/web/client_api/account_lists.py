"""Lists of accounts as answers: the entities, and the Link header where there is more."""

from collections.abc import Sequence

from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.entities import FamiliarFollowers
from fedicert.mastodon.render import account, account_bytes, encode, joined
from fedicert.model.accounts import AccountRow
from fedicert.store.views.people import Muted, People
from fedicert.web.plumbing.endpoint import Answer, Call


def accounts_answer(call: Call, rows: Sequence[AccountRow]) -> Answer:
    """A whole list."""
    return Answer(joined([account_bytes(row, call.deps.urls) for row in rows]))


def people_answer(call: Call, part: People) -> Answer:
    """A part of a list; an empty one has no Link."""
    answer = joined([account_bytes(row, call.deps.urls) for row in part.rows])
    return Answer(answer, link=call.link(part.oldest, part.newest, part.more))


def muted_answer(call: Call, found: Muted) -> Answer:
    """A part of a list of muted people, each with when that ends."""
    items = []
    for row in found.people.rows:
        until = found.until[row.id]
        end = encode(None if until is None else timestamp(until))
        items.append(b'%b,"mute_expires_at":%b}' % (account_bytes(row, call.deps.urls)[:-1], end))
    return Answer(joined(items), link=call.link(found.people.oldest, found.people.newest, found.people.more))


def familiar_answer(call: Call, found: Sequence[tuple[int, list[AccountRow]]]) -> Answer:
    """For each account, people."""
    return Answer(
        [
            FamiliarFollowers(id=str(identifier), accounts=[account(row, call.deps.urls) for row in rows])
            for identifier, rows in found
        ]
    )
