"""`fedicert account …`: people of this server, made and looked after by command."""

import argparse
import sys
from datetime import UTC, datetime
from typing import Any

from fedicert.base.errors import BadRequest, Unprocessable
from fedicert.cli import moving
from fedicert.cli.settings import Commands, command, with_config
from fedicert.config import Config

ROLES = ("owner", "admin", "moderator", "certifier")


def add(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("account", help="make, promote, close and delete accounts", description=__doc__)
    inner = with_config(group).add_subparsers(title="commands", metavar="COMMAND", required=True)

    make = command(inner, "create", _create, "make an account on the lowest tier")
    make.add_argument("name", metavar="NAME", help="a-z, 0-9 and _; given once and for ever")
    make.add_argument("--email", required=True, help="the address of the login")
    make.add_argument("--password", help="left out, a random one is made and shown once")
    make.add_argument("--role", choices=ROLES, default="", help="an office here")
    make.add_argument(
        "--confirmed", action="store_true", help="take the address as confirmed (always so while confirmation is auto)"
    )

    promote = command(inner, "promote", _promote, "give a role, or take it away")
    promote.add_argument("name", metavar="NAME")
    promote.add_argument("--role", choices=(*ROLES, "none"), required=True)
    _decided(promote, "the owner or admin who decides")

    approve = command(inner, "approve", _approve, "let somebody in who signed up")
    approve.add_argument("name", metavar="NAME")
    _decided(approve, "the member of staff who decides")

    for name, what in (
        ("disable", "close an account of this server to its owner; what it posted stays"),
        ("enable", "open a closed account again"),
        ("suspend", "suspend an account, here or of another server: it says nothing more, and its clocks stand"),
        ("unsuspend", "take a suspension back; clocks go on where they stood"),
    ):
        deciding = command(inner, name, _decide, what)
        deciding.add_argument("name", metavar="NAME", help="name, or name@domain")
        deciding.add_argument("--by", metavar="ACCOUNT", required=True, help="the member of staff who decides")
        deciding.add_argument("--reason", metavar="TEXT", required=True, help="why; it stands on the ledger")
        deciding.set_defaults(command=f"account.{name}", done=f"{name.removesuffix('e')}ed")

    delete = command(inner, "delete", _delete, "erase an account; its name is never given again")
    delete.add_argument("name", metavar="NAME")
    delete.add_argument("--yes", action="store_true", help="without asking; nobody is asked outside a terminal")

    password = command(inner, "password", _password, "set a new password; browsers and apps are logged out")
    password.add_argument("name", metavar="NAME")
    password.add_argument("--password", help="left out, a random one is made and shown once")

    another = command(inner, "add", _add, "another account for somebody who is here: the cap is divided, not doubled")
    another.add_argument("owner", metavar="OWNER", help="an account of whoever it is for")
    another.add_argument("name", metavar="NAME", help="a-z, 0-9 and _; given once and for ever")
    another.add_argument("--slots", metavar="N", type=int, default=0, help="of the cap, from what is empty (0)")

    shares = command(inner, "shares", _shares, "how somebody's accounts divide the caps of their tiers; divides anew")
    shares.add_argument("name", metavar="NAME", help="any of their accounts")
    shares.add_argument("shares", metavar="ACCOUNT=N", nargs="*", help="all on one tier; who isn't named keeps theirs")

    tier = command(inner, "tier", _tier, "let an account stand on a tier by an admin's word, or take that back")
    tier.add_argument("name", metavar="NAME")
    tier.add_argument("tier", metavar="TIER", help="the lowest one takes back what an admin gave")
    tier.add_argument("--by", metavar="ACCOUNT", required=True, help="the owner or admin who decides")
    tier.add_argument("--reason", metavar="TEXT", required=True, help="why; it stands on the ledger")
    tier.add_argument(
        "--for-cause", action="store_true", help="a fall without grace: copies go to the kept set at once"
    )
    moving.add(inner)

    command(inner, "list", _list, "who is here, with role, tier and followers")


def _decided(parser: argparse.ArgumentParser, who: str) -> None:
    parser.add_argument("--by", metavar="ACCOUNT", default="", help=f"{who}; left out, the ledger names the instance")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why; it stands on the ledger")


async def _create(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.base.ids import SystemEntropy
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import new_password, urls_of, vault_of
    from fedicert.keys.account_keys import COUNT, account_keys
    from fedicert.keys.pool import KeyPool
    from fedicert.operations.instance import host_of
    from fedicert.operations.people import NewPerson, check_name

    entropy, urls = SystemEntropy(), urls_of(config)
    check_name(arguments.name, host_of(urls))
    password = arguments.password or new_password(entropy)
    if arguments.password:
        _warn_of_weak(config, password, arguments.name, arguments.email)
    pool = KeyPool(entropy)
    try:
        async with open_gate(config) as gate:
            await gate.call("account.check_free", arguments.name, arguments.email)
            ids = await gate.call("ids.new", COUNT)
            person = NewPerson(
                name=arguments.name,
                email=arguments.email,
                password_hash=await pool.hash_password(password),
                keys=await account_keys(pool, vault_of(config, entropy), urls, urls.actor(arguments.name), ids),
                role=arguments.role,
                confirmed=arguments.confirmed or config.confirmation == "auto",
                language=config.languages[0] if config.languages else "",
            )
            await gate.call("account.create", urls, person)
    finally:
        pool.close()
    print(f"made @{arguments.name}@{config.domain} ({urls.profile(arguments.name)})")
    if not arguments.password:
        print(f"password, shown once: {password}")


async def _promote(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        person = await gate.call("account.promote", arguments.name, arguments.role, arguments.by, arguments.reason)
    print(f"@{person.username} is {person.role}" if person.role else f"@{person.username} has no role")


async def _approve(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    async with open_gate(config) as gate:
        person = await gate.call("account.approve", arguments.name, arguments.by, arguments.reason)
    print(f"approved @{person.username}")


async def _decide(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import urls_of

    async with open_gate(config) as gate:
        await gate.call(arguments.command, urls_of(config), arguments.name, arguments.by, arguments.reason)
    print(f"{arguments.done} @{arguments.name.removeprefix('@')}")


async def _delete(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import urls_of

    if not arguments.yes and sys.stdin.isatty():
        print(f"Everything of {arguments.name} goes, for good. Erase it? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise BadRequest("nothing was erased")
    async with open_gate(config) as gate:
        await gate.call("account.delete", urls_of(config), arguments.name)
    print(f"deleted @{arguments.name.removeprefix('@')}; the servers that knew it are being told")


async def _password(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.base.ids import SystemEntropy
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import new_password
    from fedicert.keys.passwords import hash_password

    entropy = SystemEntropy()
    password = arguments.password or new_password(entropy)
    async with open_gate(config) as gate:
        person = await gate.call("account.find", arguments.name)
        if arguments.password:
            _warn_of_weak(config, password, person.username, person.email)
        await gate.call("account.set_password", arguments.name, hash_password(password, entropy))
    print(f"@{person.username} has a new password; browsers and apps have to log in again")
    if not arguments.password:
        print(f"password, shown once: {password}")


async def _add(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.base.ids import SystemEntropy
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import urls_of, vault_of
    from fedicert.keys.account_keys import COUNT, account_keys
    from fedicert.keys.pool import KeyPool
    from fedicert.operations.instance import host_of
    from fedicert.operations.people import check_name

    entropy, urls = SystemEntropy(), urls_of(config)
    check_name(arguments.name, host_of(urls))
    pool = KeyPool(entropy)
    try:
        async with open_gate(config) as gate:
            ids = await gate.call("ids.new", COUNT)
            keys = await account_keys(pool, vault_of(config, entropy), urls, urls.actor(arguments.name), ids)
            divided = await gate.call("account.add", urls, arguments.owner, arguments.name, arguments.slots, keys)
    finally:
        pool.close()
    print(f"made @{arguments.name}@{config.domain} ({urls.profile(arguments.name)})")
    _print_shares(divided)


async def _shares(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate

    wanted = {}
    for pair in arguments.shares:
        name, _, slots = pair.partition("=")
        if not slots.isdigit():
            raise Unprocessable(f"{pair!r}: write ACCOUNT=N, as in ada=100")
        wanted[name.removeprefix("@")] = int(slots)
    async with open_gate(config) as gate:
        if wanted:
            _print_shares(await gate.call("account.divide", arguments.name, wanted))
        else:
            _print_shares(await gate.call("account.shares", arguments.name))


async def _tier(config: Config, arguments: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.opening import urls_of

    async with open_gate(config) as gate:
        stands = await gate.call(
            "account.tier",
            urls_of(config),
            arguments.name,
            arguments.tier,
            arguments.by,
            arguments.reason,
            arguments.for_cause,
        )
    print(f"@{stands.account} stands on {stands.tier}")
    if stands.waits_for:
        print(f"{stands.waits_for} waits until @{stands.account} agrees to the code of responsibility")


def _print_shares(divisions: Any) -> None:
    from fedicert.cli.tables import table

    rows = [("tier", "account", "followers", "of", "")]
    for one in divisions:
        for account in one.accounts:
            most = one.cap if account.share is None else account.share
            closed = "closed" if account.closed else ""
            rows.append((one.tier, account.username, str(account.count), "none" if most is None else str(most), closed))
    print(table(rows))


async def _list(config: Config, _: argparse.Namespace) -> None:
    from fedicert.cli.gate import open_gate
    from fedicert.cli.tables import table

    rows = [("name", "role", "tier", "followers", "since", "state", "email")]
    waiting = []
    async with open_gate(config) as gate:
        after = 0
        while True:
            page = await gate.call("account.list", after, 500)
            for person in page:
                rows.append(
                    (
                        person.username,
                        person.role or "-",
                        person.tier,
                        str(person.followers),
                        datetime.fromtimestamp(person.created_at // 1000, UTC).date().isoformat(),
                        _state(person),
                        person.email or "-",
                    )
                )
                if _waits(person):
                    waiting.append(f"  @{person.username}: {_one_line(person.reason) or '(no reason given)'}")
                after = person.id
            if len(page) < 500:
                break
    print(table(rows))
    if waiting:
        print("\nWhy they would like to join (fedicert account approve NAME, or delete NAME):")
        print("\n".join(waiting))


def _waits(person: Any) -> bool:
    return person.login is not None and person.approved_at is None


def _one_line(text: str) -> str:
    """What a stranger wrote, as a terminal may show it."""
    from fedicert.text.compose import plain

    return " ".join(plain(text).split())


def _state(person: Any) -> str:
    if person.suspended_at is not None:
        return "suspended"
    if person.disabled_at is not None:
        return "disabled"
    if _waits(person):
        return "waits for approval"
    return "open"


def _warn_of_weak(config: Config, password: str, name: str, email: str) -> None:
    """An admin may set any password; where the rules would refuse it, that is said."""
    from fedicert.keys.passwords import check_rules

    try:
        check_rules(password, about=(name, email, email.partition("@")[0]), off=not config.password_rules)
    except Unprocessable as error:
        print(f"warning: {str(error).removeprefix('Validation failed: ')}", file=sys.stderr)
