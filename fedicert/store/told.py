"""What a person is told of: one condition in SQL for every view of notifications. Makes no statement of its own."""

import msgspec

from fedicert.store.sees import no_block

FROM = (
    " FROM notifications n JOIN accounts a ON a.id = n.from_account WHERE n.account = $1 AND a.deleted_at IS NULL"
    f" AND a.suspended_at IS NULL AND {no_block('$1', 'n.from_account')}"
)
"""Behind columns of notifications `n` by accounts `a`; `$1` is who is told."""

_TOLD = " AND n.filtered = 0"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which: of these types, not of those, from one account; `filtered`: also what the person's policy set aside."""

    types: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    account: int | None = None
    filtered: bool = False


def narrowed(wanted: Wanted, taken: int) -> tuple[str, list[object]]:
    """Conditions and their values, the first of which is behind `taken` others."""
    where = ""
    values: list[object] = []
    if wanted.types:
        values.append(list(wanted.types))
        where += f" AND n.type {{any_text:${taken + len(values)}}}"
    if wanted.exclude:
        values.append(list(wanted.exclude))
        where += f" AND NOT (n.type {{any_text:${taken + len(values)}}})"
    if wanted.account is not None:
        values.append(wanted.account)
        where += f" AND n.from_account = ${taken + len(values)}"
    return where if wanted.filtered else where + _TOLD, values
