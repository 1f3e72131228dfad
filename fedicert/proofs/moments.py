"""Moments as credentials write them: `YYYY-MM-DDThh:mm:ssZ`, to the second and in UTC, which every library reads."""

import re
from datetime import UTC, datetime

_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


def write_moment(at: int) -> str:
    """The second that the millisecond `at` lies in."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_moment(text: object) -> int | None:
    """The milliseconds of an xsd:dateTimeStamp (a zone is required); None for anything else."""
    if not isinstance(text, str) or _WRITTEN.fullmatch(text) is None:
        return None
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
