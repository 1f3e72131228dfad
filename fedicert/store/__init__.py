"""All SQL and bytes.

Importing this room decides which SQLite the program uses: the one bundled with `pysqlite3` where that is installed,
else the system's. It must happen before aiosqlite is first imported, and it happens here alone: SQLite 3.7.0 to 3.51.2
can lose commits or corrupt the file when two connections write or checkpoint at the same moment, and many systems
still ship such a version (https://sqlite.org/wal.html#walresetbug).
"""

import importlib
import sys

import msgspec

try:
    sys.modules["sqlite3"] = importlib.import_module("pysqlite3")
    sys.modules["sqlite3.dbapi2"] = importlib.import_module("pysqlite3.dbapi2")
except ImportError:
    _SOURCE = "system"
else:
    _SOURCE = "bundled"

import sqlite3


class SqliteInUse(msgspec.Struct, frozen=True):
    """Which SQLite runs here: its version, whether it is `bundled` or the `system`'s, and whether it has the fault."""

    version: str
    source: str
    wal_reset_bug: bool


def has_wal_reset_bug(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite version may lose commits when two connections write or checkpoint at once."""
    if version >= (3, 51, 3) or version < (3, 7, 0):
        return False
    # The two older lines that got the fix as well.
    mended = {(3, 50): 7, (3, 44): 6}
    patch = mended.get(version[:2])
    return patch is None or version[2] < patch


def sqlite_in_use() -> SqliteInUse:
    """The SQLite that every connection of this process uses."""
    major, minor, patch = (int(part) for part in sqlite3.sqlite_version.split("."))
    return SqliteInUse(
        version=sqlite3.sqlite_version,
        source=_SOURCE,
        wal_reset_bug=has_wal_reset_bug((major, minor, patch)),
    )
