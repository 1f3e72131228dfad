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
from fedicert.base.errors import BadRequest, FedicertError, Forbidden
from fedicert.mastodon import scopes
from fedicert.model.oauth import OUT_OF_BAND
from fedicert.operations import caps, checkpoints, instance, issuing, oauth, people, tiers
from fedicert.store.unit import Database, Tx
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


async def set_tier(tx: Tx, name: str, changes: dict[str, Any], by: str, reason: str) -> caps.ChangeReport:
    """Change a tier in the name of an owner or admin of this server."""
    admin = await people.find(tx, by)
    if admin.role not in ("owner", "admin"):
        raise Forbidden(f"{by} is neither owner nor admin here, and a limit is theirs to change")
    return await caps.change_tier(tx, name, changes, admin.id, reason)


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


def _command(operation: Callable[..., Awaitable[Any]], *, writes: bool) -> Command:
    hints = get_type_hints(operation)
    taken = list(inspect.signature(operation).parameters)[1:]
    return Command(operation, writes, tuple(hints[name] for name in taken), hints["return"])


COMMANDS: Mapping[str, Command] = {
    "account.approve": _command(people.approve, writes=True),
    "account.create": _command(people.create_account, writes=True),
    "account.check_free": _command(people.check_free, writes=False),
    "account.delete": _command(people.delete_account, writes=True),
    "account.disable": _command(people.disable, writes=True),
    "account.enable": _command(people.enable, writes=True),
    "account.find": _command(people.find, writes=False),
    "account.list": _command(people.list_people, writes=False),
    "account.promote": _command(people.promote, writes=True),
    "account.set_password": _command(people.set_password, writes=True),
    "authority.achievement": _command(issuing.achievement, writes=False),
    "authority.achievements": _command(issuing.achievements, writes=False),
    "authority.begin": _command(issuing.found, writes=True),
    "authority.begun": _command(issuing.begun, writes=False),
    "authority.desk": _command(issuing.desk, writes=False),
    "authority.draft_list": _command(issuing.draft_list, writes=False),
    "authority.draw_place": _command(issuing.draw_place, writes=True),
    "authority.issue": _command(issuing.issue, writes=True),
    "authority.issued": _command(issuing.issued, writes=False),
    "authority.issued_page": _command(issuing.issued_page, writes=False),
    "authority.keys": _command(issuing_views.keys, writes=False),
    "authority.lists": _command(issuing.all_lists, writes=False),
    "authority.lists_to_sign": _command(issuing.lists_to_sign, writes=False),
    "authority.next_method": _command(issuing.next_method, writes=False),
    "authority.prove_again": _command(issuing.prove_again, writes=True),
    "authority.put_achievement": _command(issuing.put_achievement, writes=True),
    "authority.revoke": _command(issuing.revoke, writes=True),
    "authority.rotate": _command(issuing.rotate, writes=True),
    "authority.status_list": _command(issuing.status_list, writes=False),
    "authority.store_list": _command(issuing.store_list, writes=True),
    "ids.new": _command(instance.new_ids, writes=True),
    "ledger.draft": _command(checkpoints.draft, writes=False),
    "ledger.seal": _command(checkpoints.seal, writes=True),
    "signups.get": _command(instance.signups, writes=False),
    "signups.set": _command(instance.set_signups, writes=True),
    "tier.list": _command(tiers.ladder, writes=False),
    "tier.set": _command(set_tier, writes=True),
    "token.create": _command(give_token, writes=True),
    "trust.met": _command(evidence.met_issuers, writes=False),
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


def read_answer(name: str, body: bytes) -> Any:
    """The value of an answer, by the command's type; raises the error it carries."""
    answer = msgspec.json.decode(body, type=Answer)
    if answer.error:
        kind = getattr(errors, answer.error, FedicertError)
        if not (isinstance(kind, type) and issubclass(kind, FedicertError)):
            kind = FedicertError
        raise kind(answer.message)
    return msgspec.json.decode(answer.value, type=COMMANDS[name].gives)


async def answer_call(db: Database, body: bytes) -> bytes:
    """Run what a frame's body asks for, and the frame of the answer. An error of the tree is an answer; others rise."""
    try:
        value = await _run(db, body)
    except FedicertError as error:
        return _frame(msgspec.json.encode(Answer(error=type(error).__name__, message=str(error))), LONGEST_ANSWER)
    return _frame(msgspec.json.encode(Answer(value=msgspec.Raw(msgspec.json.encode(value)))), LONGEST_ANSWER)


async def run_here(db: Database, name: str, values: Sequence[Any]) -> Any:
    """Run a command's operation on a database that this process opened itself."""
    command = COMMANDS[name]
    return await (db.write if command.writes else db.read)(command.run, *values)


async def _run(db: Database, body: bytes) -> Any:
    try:
        call = msgspec.json.decode(body, type=Call)
        command = COMMANDS.get(call.name)
        if command is None:
            raise BadRequest(f"the running server knows no command {call.name!r}; is it an older version?")
        raw = msgspec.json.decode(call.values, type=list[msgspec.Raw])
        if len(raw) > len(command.takes):
            raise BadRequest(f"{call.name} takes {len(command.takes)} values, not {len(raw)}")
        values = [msgspec.json.decode(part, type=kind) for part, kind in zip(raw, command.takes, strict=False)]
    except msgspec.MsgspecError as error:
        raise BadRequest(f"the running server can't read the command: {error}") from None
    return await run_here(db, call.name, values)


def _frame(body: bytes, longest: int) -> bytes:
    if len(body) > longest:
        raise BadRequest(f"a command and its answer hold at most {longest} bytes, and this has {len(body)}")
    return len(body).to_bytes(LENGTH_BYTES, "big") + body
