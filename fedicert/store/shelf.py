"""What of posts and accounts was rendered already, by id and version: bytes up to the counts, never counts or flags.

Nothing is ever invalidated: whoever looks something up names the version read in the same snapshot. Bounded; what
wasn't asked for in a while goes. One a process, shared by its threads: every step is one operation on a dictionary.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from fedicert.mastodon.filtering import Compiled
from fedicert.mastodon.render import account_static, status_static
from fedicert.model.accounts import AccountRow
from fedicert.model.statuses import StatusRow
from fedicert.model.urls import Urls

STATUSES = 20_000
ACCOUNTS = 10_000
PEOPLE = 2_000

R = TypeVar("R", StatusRow, AccountRow)


class Generations(Generic[R]):
    """Two dictionaries: when the young one is full it becomes the old one, and the old one goes."""

    __slots__ = ("_half", "_old", "_render", "young")

    def __init__(self, size: int, render: Callable[[R], bytes]) -> None:
        self._half = size // 2
        self.young: dict[int, tuple[int, bytes]] = {}
        """Id → (version, bytes) of what was asked for of late, to be read where every microsecond counts."""
        self._old: dict[int, tuple[int, bytes]] = {}
        self._render: Callable[[R], bytes] = render

    def get(self, identifier: int, version: int) -> bytes | None:
        """The bytes of this version, None where they aren't here."""
        found = self.young.get(identifier)
        if found is not None:
            return found[1] if found[0] == version else None
        found = self._old.get(identifier)
        if found is None or found[0] != version:
            return None
        self.put(identifier, version, found[1])
        return found[1]

    def put(self, identifier: int, version: int, rendered: bytes) -> None:
        """Keep the bytes of a version."""
        if len(self.young) >= self._half:
            self._old, self.young = self.young, {}
        self.young[identifier] = (version, rendered)

    def render(self, row: R) -> bytes:
        """The bytes of a row, not kept."""
        return self._render(row)


class Filters:
    """People's filters, ready to be applied, by the number that their owner's filters had when they were read."""

    __slots__ = ("_kept", "_most")

    def __init__(self, most: int = PEOPLE) -> None:
        self._kept: dict[int, tuple[int, tuple[Compiled, ...]]] = {}
        self._most = most

    def get(self, account: int, number: int) -> tuple[Compiled, ...] | None:
        """The filters of this number, None where they aren't here."""
        found = self._kept.get(account)
        return found[1] if found is not None and found[0] == number else None

    def put(self, account: int, number: int, filters: tuple[Compiled, ...]) -> None:
        """Keep the filters of a number; where there is no more room, those of others go."""
        if len(self._kept) >= self._most:
            self._kept = {}
        self._kept[account] = (number, filters)


class Shelf:
    """Rendered heads of posts and of accounts, and people's filters."""

    __slots__ = ("accounts", "filters", "statuses", "urls")

    def __init__(self, urls: Urls, statuses: int = STATUSES, accounts: int = ACCOUNTS) -> None:
        self.urls = urls
        self.statuses: Generations[StatusRow] = Generations(statuses, lambda row: status_static(row, urls))
        self.filters = Filters()
        self.accounts: Generations[AccountRow] = Generations(accounts, lambda row: account_static(row, urls))
