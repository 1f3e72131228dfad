"""Lists of accounts as answers: the entities, and the Link header where there is more."""

from collections.abc import Sequence

from fedicert.mastodon.render import account_bytes, joined
from fedicert.model.accounts import AccountRow
from fedicert.store.views.people import People
from fedicert.web.plumbing.endpoint import Answer, Call


def accounts_answer(call: Call, rows: Sequence[AccountRow]) -> Answer:
    """A whole list."""
    return Answer(joined([account_bytes(row, call.deps.urls) for row in rows]))


def people_answer(call: Call, part: People) -> Answer:
    """A part of a list; an empty one has no Link."""
    answer = joined([account_bytes(row, call.deps.urls) for row in part.rows])
    return Answer(answer, link=call.link(part.oldest, part.newest, part.more))
