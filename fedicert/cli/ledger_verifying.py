"""What `fedicert ledger verify` does: reads what somebody else kept, walks the ledger or a file, says what came of it."""

from pathlib import Path
from typing import Any

import msgspec

from fedicert.base.errors import BadRequest, FedicertError, RemoteError
from fedicert.config import Config
from fedicert.keys.verify import verify as fits
from fedicert.operations import audit
from fedicert.operations.checkpoints import Kept
from fedicert.reach import exports
from fedicert.remote.wire import Limits, Request, check_status
from fedicert.store.unit import Database
from fedicert.text.counted import counted

LIMITS = Limits(max_bytes=16 << 20, redirects=2)


def check(key: str, signed: bytes, signature: str) -> bool:
    """Does the signature (hex) fit this Multikey?"""
    try:
        return fits(key, signed, bytes.fromhex(signature))
    except (ValueError, FedicertError):
        return False


async def kept_of(config: Config, said: str) -> list[Kept]:
    """The checkpoints in a file or at an address: one, several, or what a server publishes. Raises BadRequest."""
    if said.startswith(("https://", "http://")):
        content, where = await _fetched(config, said), said
    else:
        try:
            content, where = Path(said).read_bytes(), said
        except OSError as error:
            raise BadRequest(f"{said} can't be read: {error.strerror}") from None
    try:
        found = _among(msgspec.json.decode(content))
        if not found:
            raise BadRequest(f"{where} has no checkpoint in it")
        return [msgspec.convert(one, Kept) for one in found]
    except msgspec.MsgspecError as error:
        raise BadRequest(
            f"{where} isn't a checkpoint as `fedicert ledger checkpoint` prints it and servers publish it: {error}"
        ) from None


def _among(told: Any) -> list[Any]:
    """One checkpoint, a list of them, or a server's document about itself."""
    if isinstance(told, list):
        return told
    if isinstance(told, dict) and isinstance(told.get("ledger"), dict):
        latest = told["ledger"].get("checkpoint")
        return [] if latest is None else [latest]
    return [told]


async def _fetched(config: Config, url: str) -> bytes:
    from fedicert.server import fetcher_of

    wire = fetcher_of(config)
    try:
        answer = await wire.send(Request("GET", url, (("accept", "application/json"),)), LIMITS)
        check_status(answer, url)
        return answer.body
    except RemoteError as error:
        raise BadRequest(f"{url} can't be had: {error}") from None
    finally:
        await wire.close()


async def verify_database(db: Database, kept: list[Kept]) -> audit.Report:
    """Walk the ledger in the database."""
    return await db.read(audit.verify, check, kept)


def verify_file(file: Path, kept: list[Kept]) -> exports.Report:
    """Walk an exported ledger. Raises BadRequest."""
    heads = [(one.at, leaf) for one in kept for leaf in one.heads]
    try:
        with file.open("rb") as lines:
            return exports.verify(lines, check, lambda told: msgspec.convert(told, Kept), kept, heads)
    except OSError as error:
        raise BadRequest(f"{file} can't be read: {error.strerror}") from None
    except ValueError as error:
        raise BadRequest(f"{file}: {error}") from None


def tell(report: audit.Report) -> int:
    """Print it; the exit code."""
    found = (
        f"{counted(report.rows, 'row')} of {counted(report.chains, 'chain')},"
        f" {counted(report.checkpoints, 'checkpoint')}"
    )
    return _tell(found, report.findings, report.notes)


def tell_export(report: exports.Report) -> int:
    """Print it; the exit code."""
    whose = report.of or ("everybody, redacted" if report.redacted else "everybody")
    found = (
        f"{report.server}, {whose}: {counted(report.rows, 'row')} of {counted(report.chains, 'chain')},"
        f" {counted(report.checkpoints, 'checkpoint')}, the latest {report.latest or 'none'}"
    )
    if report.withheld:
        found += f", {counted(report.withheld, 'row')} by their hash alone"
    if report.older:
        found += f", {counted(report.older, 'row')} of an older form left out"
    if report.redacted and not report.of:
        found += f", to the end of {report.until}" if report.until else ", before the end of the first day"
    return _tell(found, report.findings, report.notes)


def _tell(found: str, findings: list[str], notes: list[str]) -> int:
    for finding in findings:
        print(f"WRONG  {finding}")
    for note in notes:
        print(f"note   {note}")
    print(f"{found}: {'DOES NOT VERIFY' if findings else 'verified'}")
    return 1 if findings else 0
