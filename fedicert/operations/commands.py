"""The operations that a command may ask a running server for, by name, and how a call and its answer are written.

One table for both sides: the server runs what stands in it and nothing else, the command reads the answer by the same
types. A frame is four bytes of length, big-endian, and JSON. Nothing here connects to anything.
"""

import contextlib
import inspect
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from fedicert.base import errors
from fedicert.base.errors import BadRequest, FedicertError
from fedicert.mastodon import scopes
from fedicert.model.domain_blocks import DomainBlock
from fedicert.model.ladder import Change, Version, Window
from fedicert.model.oauth import OUT_OF_BAND
from fedicert.model.urls import Urls
from fedicert.operations import (
    announcements,
    archives,
    certification,
    checkpoints,
    dead_letters,
    deciding,
    domain_blocks,
    for_cause,
    forecasts,
    instance,
    issuing,
    keeping,
    listings,
    marking,
    moves,
    oauth,
    people,
    people_commands,
    relays,
    settling,
    suspending,
    swapping,
    tiers,
    turnover,
    versions,
)
from fedicert.operations.certification import LicenceReport
from fedicert.operations.deciding import Applied
from fedicert.operations.marking import MarkReport
from fedicert.store.tables import windows as window_rows
from fedicert.store.unit import Database, Reader, Tx
from fedicert.store.views import evidence
from fedicert.store.views import issuing as issuing_views

LONGEST_CALL = 1 << 20
LONGEST_ANSWER = 1 << 24
LENGTH_BYTES = 4
SOCKET = "commands.sock"
"""The socket's name in the data folder."""

BY_COMMAND = "fedicert token"
"""What people see of a token made by command."""

_LONGEST_ADDRESS = 100


class Command(msgspec.Struct, frozen=True):
    """An operation or a view, with the types of what it takes after the unit, and of what it gives."""

    run: Callable[..., Awaitable[Any]]
    writes: bool
    takes: tuple[Any, ...]
    gives: Any


class Call(msgspec.Struct, frozen=True):
    """What a command asks for."""

    name: str
    values: msgspec.Raw


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of it: a value, or the kind of an error of `base/errors.py` with its sentence."""

    value: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""
    message: str = ""


async def decide(tx: Tx, change: Change, by: str, reason: str, token: str) -> Applied:
    """Change the ladder in the name of an owner or admin of this server."""
    return await deciding.decide(tx, (await people.find(tx, by)).id, change, reason, token)


async def windows_told(reader: Reader, count: int) -> list[Window]:
    """Windows past, open and to come, the newest first."""
    return await window_rows.newest(reader, None, count)


async def versions_told(reader: Reader, count: int) -> list[Version]:
    """The ladders that held, the newest first."""
    return await versions.history(reader, None, count)


async def announce(tx: Tx, by: str, text: str, ends_at: int | None) -> int:
    """Say something to everybody here, in this server's name."""
    return await announcements.announce_as(tx, (await people.find(tx, by)).id, text, ends_at)


async def withdraw_announcement(tx: Tx, by: str, number: int) -> None:
    """Take an announcement back."""
    await announcements.withdraw(tx, (await people.find(tx, by)).id, number)


async def give_token(tx: Tx, name: str, asked: str, client_id: str, secret_hash: str, token_hash: str) -> list[str]:
    """A token for this account, made by command, of an app of its own; the scopes it has. Only digests come in."""
    person = await people.find(tx, name)
    wanted = scopes.read(asked)
    unknown = scopes.unknown(wanted)
    if unknown or not wanted:
        raise BadRequest(f'no such scope: {", ".join(unknown) or "none given"}; write them as in "read write follow"')
    app = await oauth.register_app(tx, client_id, secret_hash, BY_COMMAND, None, (OUT_OF_BAND,), wanted)
    issued = await oauth.issue(tx, app, person.id, wanted, token_hash)
    return sorted(issued.scopes)


async def consent(tx: Tx, urls: Urls, name: str, number: int, shows: str) -> LicenceReport:
    """Somebody here lets a licence be shown, and the tier follows it."""
    person = await people.find(tx, name)
    return await certification.consent(tx, urls, person.id, number, shows)  # type: ignore[arg-type]


async def withdraw(tx: Tx, urls: Urls, name: str, number: int) -> LicenceReport:
    """Somebody here takes a licence back off the profile."""
    person = await people.find(tx, name)
    return await certification.withdraw(tx, urls, person.id, number)


async def settle_preview(reader: Reader, name: str, stage: str) -> keeping.Preview:
    """Whom one of our people would keep."""
    return await keeping.preview(reader, (await people.find(reader, name)).id, stage)


async def settle_pin(tx: Tx, name: str, follower: str, place: int | None) -> list[str]:
    """One of our people pins a follower."""
    owner, other = await people.find(tx, name), await keeping.somebody(tx, follower)
    return await keeping.pin(tx, owner.id, other.id, place)


async def settle_unpin(tx: Tx, name: str, follower: str) -> list[str]:
    """One of our people pins a follower no longer."""
    owner, other = await people.find(tx, name), await keeping.somebody(tx, follower)
    return await keeping.unpin(tx, owner.id, other.id)


async def settle_for_cause(tx: Tx, name: str, by: str, reason: str) -> None:
    """An admin says that a fall was for cause."""
    await for_cause.say(tx, (await people.find(tx, name)).id, (await people.find(tx, by)).id, reason)


async def settle_confirm(tx: Tx, by: str, reason: str) -> int:
    """An admin says that the clock is right; how many trims waited for that."""
    return await settling.confirm_clock(tx, (await people.find(tx, by)).id, reason)


async def mark_post(tx: Tx, urls: Urls, by: str, post: str, reason: str) -> MarkReport:
    """Mark a post as outside its author's licence, in the name of a moderator here."""
    moderator = await people.find(tx, by)
    return await marking.mark(tx, urls, moderator.id, await marking.find(tx, post), reason)


async def unmark_post(tx: Tx, urls: Urls, by: str, post: str, reason: str) -> MarkReport:
    """Undo a mark, in the name of a moderator here."""
    moderator = await people.find(tx, by)
    return await marking.unmark(tx, urls, moderator.id, await marking.find(tx, post), reason)


async def remove_relay(tx: Tx, urls: Urls, by: str, actor: str, reason: str) -> relays.RelayReport:
    """End a subscription to a relay, in the name of an admin here."""
    return await relays.remove(tx, urls, (await people.find(tx, by)).id, actor, reason)


async def aliases(reader: Reader, name: str) -> list[str]:
    """Which other accounts somebody here says are their own."""
    return (await moves.state(reader, (await people.find(reader, name)).id)).aliases


async def unalias(tx: Tx, urls: Urls, name: str, uri: str) -> list[str]:
    """Somebody here says it of one of them no longer."""
    return await moves.unalias(tx, urls, (await people.find(tx, name)).id, uri)


async def unmove(tx: Tx, urls: Urls, name: str) -> None:
    """Somebody here takes a move back."""
    await moves.undo_move(tx, urls, (await people.find(tx, name)).id)


async def ask_export(tx: Tx, name: str, file: str) -> int:
    """Have somebody's archive made; its id."""
    return await archives.ask(tx, (await people.find(tx, name)).id, file)


async def export_state(reader: Reader, identifier: int) -> archives.Archive:
    """How far it is."""
    return await archives.one(reader, identifier)


async def suspend(tx: Tx, urls: Urls, acct: str, by: str, reason: str) -> None:
    """Somebody of the staff suspends an account, here or elsewhere."""
    account, judge = await keeping.somebody(tx, acct), await people.find(tx, by)
    await suspending.suspend(tx, urls, account.id, judge.id, reason)


async def unsuspend(tx: Tx, urls: Urls, acct: str, by: str, reason: str) -> None:
    """Somebody of the staff takes a suspension back."""
    account, judge = await keeping.somebody(tx, acct), await people.find(tx, by)
    await suspending.unsuspend(tx, urls, account.id, judge.id, reason)


async def block_domain(tx: Tx, urls: Urls, wanted: DomainBlock, by: str) -> DomainBlock:
    """An admin blocks a domain; one that is in the list is changed."""
    admin = (await people.find(tx, by)).id
    name = domain_blocks.name_of(wanted.domain)
    found = [block for block in await domain_blocks.every(tx) if block.domain == name]
    if found:
        return await domain_blocks.change(tx, found[0].id, wanted, admin)
    return await domain_blocks.block(tx, urls, wanted, admin)


async def unblock_domain(tx: Tx, domain: str, by: str) -> DomainBlock:
    """An admin takes a block back."""
    return await domain_blocks.unblock(tx, (await domain_blocks.named(tx, domain)).id, (await people.find(tx, by)).id)


async def add_listing(tx: Tx, acct: str, by: str, reason: str) -> None:
    """An admin lists a relay, mirror or group."""
    await listings.add(tx, (await keeping.somebody(tx, acct)).id, (await people.find(tx, by)).id, reason)


async def remove_listing(tx: Tx, acct: str, by: str, reason: str) -> None:
    """An admin strikes one off."""
    await listings.remove(tx, (await keeping.somebody(tx, acct)).id, (await people.find(tx, by)).id, reason)


class LineReport(msgspec.Struct, frozen=True, kw_only=True):
    """An audience and its line, in numbers. `left`: how often slots that the owner frees may be filled again now; `along`:
    of what is used, what came along with slots of another account of the same person."""

    cap: int | None
    count: int
    held: int
    requested: int
    limit: int
    left: int
    along: int
    frees_at: int | None


async def line_status(reader: Reader, name: str) -> LineReport:
    """Of one of our people."""
    owner = await people.find(reader, name)
    return await _line(reader, owner.id)


async def line_swap(tx: Tx, urls: Urls, name: str, out: str, in_: str) -> LineReport:
    """One of our people swaps a follower for somebody who waits."""
    owner = await people.find(tx, name)
    going, coming = await keeping.somebody(tx, out), await keeping.somebody(tx, in_)
    await swapping.swap(tx, urls, owner.id, going.id, coming.id)
    return await _line(tx, owner.id)


async def _line(reader: Reader, account: int) -> LineReport:
    found, numbers = await turnover.state(reader, account), await turnover.numbers(reader, account)
    return LineReport(
        cap=numbers.cap,
        count=numbers.counts.count,
        held=numbers.counts.held,
        requested=numbers.counts.requested,
        limit=found.limit,
        left=found.left,
        along=found.along,
        frees_at=found.frees_at,
    )


async def list_licences(reader: Reader, name: str) -> list[LicenceReport]:
    """The licences of one account, or where no name is given of the first of those here that have any."""
    if name:
        return await certification.reports(reader, (await people.find(reader, name)).id)
    return await certification.all_reports(reader)


def command_of(operation: Callable[..., Awaitable[Any]], *, writes: bool) -> Command:
    """What a command may ask for: an operation or a view, its first argument the unit, the others sent."""
    hints = get_type_hints(operation)
    taken = list(inspect.signature(operation).parameters)[1:]
    return Command(operation, writes, tuple(hints[name] for name in taken), hints["return"])


COMMANDS: Mapping[str, Command] = {
    "account.add": command_of(people_commands.add_account, writes=True),
    "announcement.make": command_of(announce, writes=True),
    "announcement.withdraw": command_of(withdraw_announcement, writes=True),
    "account.aliases": command_of(aliases, writes=False),
    "account.approve": command_of(people_commands.approve, writes=True),
    "account.create": command_of(people.create_account, writes=True),
    "account.ask_export": command_of(ask_export, writes=True),
    "account.check_free": command_of(people.check_free, writes=False),
    "account.delete": command_of(people.delete_account, writes=True),
    "account.divide": command_of(people_commands.divide, writes=True),
    "account.disable": command_of(people_commands.disable, writes=True),
    "account.enable": command_of(people_commands.enable, writes=True),
    "account.export_state": command_of(export_state, writes=False),
    "account.find": command_of(people.find, writes=False),
    "account.list": command_of(people.list_people, writes=False),
    "account.promote": command_of(people_commands.promote, writes=True),
    "account.suspend": command_of(suspend, writes=True),
    "account.unsuspend": command_of(unsuspend, writes=True),
    "account.set_password": command_of(people.set_password, writes=True),
    "account.shares": command_of(people_commands.show_shares, writes=False),
    "account.tier": command_of(people_commands.set_tier, writes=True),
    "appeal.answer": command_of(people_commands.answer_appeal, writes=True),
    "appeal.decide": command_of(people_commands.decide_appeal, writes=True),
    "appeal.list": command_of(people_commands.list_appeals, writes=False),
    "appeal.show": command_of(people_commands.show_appeal, writes=False),
    "account.unalias": command_of(unalias, writes=True),
    "account.unmove": command_of(unmove, writes=True),
    "authority.achievement": command_of(issuing.achievement, writes=False),
    "authority.achievements": command_of(issuing.achievements, writes=False),
    "authority.begin": command_of(issuing.found, writes=True),
    "authority.begun": command_of(issuing.begun, writes=False),
    "authority.desk": command_of(issuing.desk, writes=False),
    "authority.draft_list": command_of(issuing.draft_list, writes=False),
    "authority.draw_place": command_of(issuing.draw_place, writes=True),
    "authority.issue": command_of(issuing.issue, writes=True),
    "authority.issued": command_of(issuing.issued, writes=False),
    "authority.issued_page": command_of(issuing.issued_page, writes=False),
    "authority.keys": command_of(issuing_views.keys, writes=False),
    "authority.lists": command_of(issuing.all_lists, writes=False),
    "authority.lists_to_sign": command_of(issuing.lists_to_sign, writes=False),
    "authority.next_method": command_of(issuing.next_method, writes=False),
    "authority.prove_again": command_of(issuing.prove_again, writes=True),
    "authority.put_achievement": command_of(issuing.put_achievement, writes=True),
    "authority.revoke": command_of(issuing.revoke, writes=True),
    "authority.rotate": command_of(issuing.rotate, writes=True),
    "authority.status_list": command_of(issuing.status_list, writes=False),
    "authority.store_list": command_of(issuing.store_list, writes=True),
    "code.agree": command_of(people_commands.agree_to_code, writes=True),
    "code.publish": command_of(people_commands.publish_code, writes=True),
    "code.show": command_of(people_commands.show_code, writes=False),
    "code.status": command_of(people_commands.code_status, writes=False),
    "domain.block": command_of(block_domain, writes=True),
    "domain.list": command_of(domain_blocks.every, writes=False),
    "domain.unblock": command_of(unblock_domain, writes=True),
    "line.status": command_of(line_status, writes=False),
    "line.swap": command_of(line_swap, writes=True),
    "listing.add": command_of(add_listing, writes=True),
    "listing.list": command_of(listings.page, writes=False),
    "listing.remove": command_of(remove_listing, writes=True),
    "ids.new": command_of(instance.new_ids, writes=True),
    "licence.consent": command_of(consent, writes=True),
    "licence.list": command_of(list_licences, writes=False),
    "licence.withdraw": command_of(withdraw, writes=True),
    "ledger.draft": command_of(checkpoints.draft, writes=True),
    "ledger.seal": command_of(checkpoints.seal, writes=True),
    "post.mark": command_of(mark_post, writes=True),
    "post.marks": command_of(marking.latest, writes=False),
    "post.unmark": command_of(unmark_post, writes=True),
    "relay.list": command_of(relays.all_of_them, writes=False),
    "relay.remove": command_of(remove_relay, writes=True),
    "queue.dead": command_of(dead_letters.letters, writes=False),
    "queue.drop": command_of(dead_letters.drop, writes=True),
    "queue.retry": command_of(dead_letters.retry, writes=True),
    "settle.confirm": command_of(settle_confirm, writes=True),
    "settle.for_cause": command_of(settle_for_cause, writes=True),
    "settle.pin": command_of(settle_pin, writes=True),
    "settle.preview": command_of(settle_preview, writes=False),
    "settle.status": command_of(keeping.status, writes=False),
    "settle.unpin": command_of(settle_unpin, writes=True),
    "signups.get": command_of(instance.signups, writes=False),
    "signups.set": command_of(instance.set_signups, writes=True),
    "tier.decide": command_of(decide, writes=True),
    "tier.forecast": command_of(forecasts.forecast, writes=False),
    "tier.history": command_of(versions_told, writes=False),
    "tier.list": command_of(tiers.ladder, writes=False),
    "tier.windows": command_of(windows_told, writes=False),
    "token.create": command_of(give_token, writes=True),
    "trust.met": command_of(evidence.met_issuers, writes=False),
    "waiver.ask": command_of(people_commands.ask_waiver, writes=True),
    "waiver.end": command_of(people_commands.end_waiver, writes=True),
    "waiver.give": command_of(people_commands.give_waiver, writes=True),
    "waiver.list": command_of(people_commands.list_waivers, writes=False),
    "waiver.refuse": command_of(people_commands.refuse_waiver, writes=True),
}


@contextlib.contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """A name for the socket that fits into the 108 bytes which its address may have, however deep the folder lies."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def write_call(name: str, values: Sequence[Any]) -> bytes:
    """The frame of a call. Raises BadRequest where it is too long."""
    return _frame(msgspec.json.encode(Call(name, msgspec.Raw(msgspec.json.encode(list(values))))), LONGEST_CALL)


def read_answer(command: Command, body: bytes) -> Any:
    """The value of an answer, by the command's type; raises the error it carries."""
    answer = msgspec.json.decode(body, type=Answer)
    if answer.error:
        kind = getattr(errors, answer.error, FedicertError)
        if not (isinstance(kind, type) and issubclass(kind, FedicertError)):
            kind = FedicertError
        raise kind(answer.message)
    return msgspec.json.decode(answer.value, type=command.gives)


async def answer_call(db: Database, body: bytes, errands: Mapping[str, Command] | None = None) -> bytes:
    """Run what a frame's body asks for, and the frame of the answer. An error of the tree is an answer; others rise.

    `errands`: commands that ask the network as well; they get no unit, and what they take first is bound already.
    """
    try:
        value = await _run(db, body, errands or {})
    except FedicertError as error:
        return _frame(msgspec.json.encode(Answer(error=type(error).__name__, message=str(error))), LONGEST_ANSWER)
    return _frame(msgspec.json.encode(Answer(value=msgspec.Raw(msgspec.json.encode(value)))), LONGEST_ANSWER)


async def run_here(db: Database, name: str, values: Sequence[Any]) -> Any:
    """Run a command's operation on a database that this process opened itself."""
    command = COMMANDS[name]
    return await (db.write if command.writes else db.read)(command.run, *values)


async def _run(db: Database, body: bytes, errands: Mapping[str, Command]) -> Any:
    try:
        call = msgspec.json.decode(body, type=Call)
        command = COMMANDS.get(call.name) or errands.get(call.name)
        if command is None:
            raise BadRequest(f"the running server knows no command {call.name!r}; is it an older version?")
        raw = msgspec.json.decode(call.values, type=list[msgspec.Raw])
        if len(raw) > len(command.takes):
            raise BadRequest(f"{call.name} takes {len(command.takes)} values, not {len(raw)}")
        values = [msgspec.json.decode(part, type=kind) for part, kind in zip(raw, command.takes, strict=False)]
    except msgspec.MsgspecError as error:
        raise BadRequest(f"the running server can't read the command: {error}") from None
    return await (run_here(db, call.name, values) if call.name in COMMANDS else command.run(*values))


def _frame(body: bytes, longest: int) -> bytes:
    if len(body) > longest:
        raise BadRequest(f"a command and its answer hold at most {longest} bytes, and this has {len(body)}")
    return len(body).to_bytes(LENGTH_BYTES, "big") + body
