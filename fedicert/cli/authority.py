"""`fedicert authority …`: issue licences that any verifier reads, take them back, and publish which were.

With `--data FOLDER` it is a licensing authority by itself: a folder with a database and a key, no instance. Without, it
is this instance as registrar: it attests what it found in an authority's register, in its own name.
"""

import argparse
import asyncio
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fedicert.base.errors import BadRequest, NotFound
from fedicert.cli.authority_office import (
    DATABASE,
    applicant_of,
    authority_config,
    base_of,
    code_of,
    config_of,
    open_office,
    order_of,
    with_control,
)
from fedicert.cli.settings import Commands, read_config, with_config
from fedicert.model.issuing import KINDS, Achievement, Code, Issuer, Party

if TYPE_CHECKING:
    from fedicert.cli.applicant import Applicant

PAGE = 200
DEFAULT_PORT = 8000


def add(commands: Commands) -> None:
    """Add the group."""
    group = with_config(
        commands.add_parser("authority", help="issue, list and revoke licences, and publish them", description=__doc__)
    )
    _with_data(group, None)
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_setting_up(inner)
    _add_issuing(inner)
    _add_publishing(inner)


def _add_setting_up(inner: Commands) -> None:
    begin = _command(inner, "init", _init, "begin: make the key, the address and the first status list")
    begin.add_argument(
        "--url", metavar="ADDRESS", help="with --data: where its documents are served, as https://board.example"
    )
    begin.add_argument("--name", help="the issuer's name, as credentials show it")
    begin.add_argument("--page", metavar="URL", default="", help="its page for people (else its address)")
    begin.add_argument("--country", metavar="CODE", default="", help="two letters, as in US")
    begin.add_argument("--region", metavar="CODE", default="", help="as in NY")

    kind = _command(inner, "achievement", _achievement, "grant a kind of licence; without a name, show which there are")
    kind.add_argument("slug", metavar="SLUG", nargs="?", help="its name in addresses, as in master-electrician")
    kind.add_argument("--name", help='as in "Master Electrician"')
    kind.add_argument("--kind", choices=KINDS, default="License")
    kind.add_argument("--description", metavar="TEXT", default="", help="what it allows")
    kind.add_argument("--criteria", metavar="TEXT", default="", help="what it takes to get it")
    kind.add_argument("--criteria-url", metavar="URL", default="", help="where its rules stand in full")
    kind.add_argument("--profession", metavar="CODE=NAME", action="append", default=[], help="ISCO-08; may be repeated")
    kind.add_argument("--place", metavar="CODE=NAME", action="append", default=[], help="ISO 3166-2, or a country")
    kind.add_argument("--field", default="", help="the field of study")
    kind.add_argument("--specialization", default="")
    kind.add_argument("--code", default="", help="its short form, as in ME")
    kind.add_argument("--creator", metavar="NAME", help="the authority that grants it, where that isn't the issuer")
    kind.add_argument("--creator-url", metavar="URL", default="", help="its page, or its DID")

    rotate = _command(inner, "rotate", _rotate, "sign with a new key from now on")
    rotate.add_argument(
        "--compromised", action="store_true", help="strike the old key out at once, and sign anew what is in force"
    )


def _add_issuing(inner: Commands) -> None:
    for name, run, what in (
        ("issue", _issue, "issue a licence to an actor"),
        ("challenge", _challenge, "the word that an applicant puts on their profile before a licence is issued"),
    ):
        issue = _command(inner, name, run, what)
        issue.add_argument("slug", metavar="SLUG", help="the kind of licence")
        issue.add_argument(
            "--to",
            metavar="ACTOR",
            required=True,
            help="the actor: @ada@social.example, or its id, as https://social.example/users/ada",
        )
        issue.add_argument("--number", default="", help="the licence number")
        if name == "challenge":
            continue
        issue.add_argument("--holder", metavar="NAME", default="", help="the holder's name as attested")
        issue.add_argument("--handle", metavar="NAME@DOMAIN", default="", help="the actor's handle")
        issue.add_argument("--role", default="", help="the title (else the kind's name)")
        issue.add_argument("--until", metavar="YYYY-MM-DD", help="the last day (else a year, a registrar's six months)")
        issue.add_argument("--awarded", metavar="YYYY-MM-DD", help="since when the licence is held")
        issue.add_argument(
            "--control-checked",
            metavar="TEXT",
            help="how it was made sure that the applicant holds the actor; else the actor's profile is looked at "
            "for the word of `fedicert authority challenge`",
        )
        issue.add_argument("--evidence", metavar="URL", help="a registrar's: the entry that was looked at")
        issue.add_argument("--evidence-name", metavar="TEXT", default="", help="what that is")
        issue.add_argument(
            "--checked", metavar="TEXT", default="", help="a registrar's: what was compared, by whom, when"
        )
        issue.add_argument("--genre", choices=("RegistryLookup", "DocumentInspection"), default="RegistryLookup")

    _command(inner, "list", _list, "what was issued, and whether it stands")

    revoke = _command(inner, "revoke", _revoke, "take a licence back, for good")
    revoke.add_argument("credential", metavar="CREDENTIAL", help="its address, or the uuid at the end of it")
    revoke.add_argument("--reason", metavar="TEXT", required=True, help="why; it is kept here and not published")


def _add_publishing(inner: Commands) -> None:
    publish = _command(inner, "publish", _publish, "write everything as files that any web server can serve")
    publish.add_argument("folder", metavar="FOLDER", type=Path)
    serve = _command(inner, "serve", _serve, "serve an authority's documents (an instance does so itself)")
    serve.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS")
    serve.add_argument("--port", type=int, default=0, help=f"(else the address's own, or {DEFAULT_PORT})")


def _command(inner: Commands, name: str, run: Any, what: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = with_config(
        inner.add_parser(name, help=what, description=f"{what.capitalize()}.")
    )
    _with_data(parser, argparse.SUPPRESS)
    parser.set_defaults(run=lambda arguments: asyncio.run(run(arguments)))
    return parser


def _with_data(parser: argparse.ArgumentParser, default: Any) -> None:
    """Let a parser take `--data`, before the command or after it."""
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        type=Path,
        default=default,
        help="an authority without an instance lives there (left out: this instance issues, as registrar)",
    )


# The commands


async def _init(arguments: argparse.Namespace) -> None:
    from fedicert.model.issuing import Addresses

    if arguments.data is None:
        config = read_config(arguments)
        if arguments.url:
            raise BadRequest(
                "--url: an instance issues under its own address; an authority by itself needs --data FOLDER"
            )
        base, role, name = config.base, "registrar", arguments.name or f"{config.name} registrar"
    else:
        if not arguments.url or not arguments.name:
            raise BadRequest(
                "an authority needs --url and --name, as in --url https://board.example --name 'The Board'"
            )
        base, role, name = base_of(arguments.url), "authority", arguments.name
        config = authority_config(arguments.data, base)
    issuer = Issuer(
        did=Addresses(base).did,
        base=base,
        role=role,  # type: ignore[arg-type]  # one of the two above
        name=name,
        url=arguments.page or f"{base}/",
        country=arguments.country.upper(),
        region=arguments.region.upper(),
        method="",
    )
    if issuer.country and not re.fullmatch("[A-Z]{2}", issuer.country):
        raise BadRequest(f"--country: {arguments.country!r} isn't two letters, as in US")
    async with open_office(config, arguments) as (office, _):
        begun = await office.begin(issuer)
    addresses = Addresses(base)
    print(f"{begun.name} issues as {begun.did}")
    print(f"  key          {begun.method}")
    print(f"  published    {addresses.document}")
    print(f"  status list  {addresses.status_list(1)}")
    where = "" if arguments.data is None else f" --data {arguments.data}"
    print(f"next: say what it grants, with `fedicert authority achievement SLUG{where} --name …`")
    if arguments.data is not None:
        print(f"keep {arguments.data} and its master.key safe and backed up: whoever has both can issue in this name")


async def _achievement(arguments: argparse.Namespace) -> None:
    from fedicert.cli.tables import table

    async with open_office(config_of(arguments), arguments) as (_, gate):
        if arguments.slug is None:
            rows = [("slug", "kind", "name", "professions", "places")]
            for each in await gate.call("authority.achievements"):
                rows.append((each.slug, each.kind, each.name, _codes(each.professions), _codes(each.places)))
            print(table(rows) if len(rows) > 1 else "No kind of licence is granted yet; a SLUG and --name add one.")
            return
        if not arguments.name:
            raise BadRequest("--name: a kind of licence has a name")
        creator = None
        if arguments.creator:
            if not arguments.creator_url:
                raise BadRequest("--creator-url: say where the authority is found, or its DID")
            shown = "" if arguments.creator_url.startswith("did:") else arguments.creator_url
            creator = Party(id=arguments.creator_url, name=arguments.creator, url=shown)
        kind = Achievement(
            slug=arguments.slug,
            kind=arguments.kind,
            name=arguments.name,
            description=arguments.description or arguments.name,
            criteria=arguments.criteria or "As the authority's rules have it.",
            criteria_url=arguments.criteria_url,
            field=arguments.field,
            specialization=arguments.specialization,
            code=arguments.code,
            professions=tuple(code_of(each, "--profession") for each in arguments.profession),
            places=tuple(code_of(each, "--place") for each in arguments.place),
            creator=creator,
        )
        await gate.call("authority.put_achievement", kind)
        issuer = (await gate.call("authority.desk")).issuer
    from fedicert.model.issuing import Addresses

    print(f"{issuer.name} grants {kind.name}: {Addresses(issuer.base).achievement(kind.slug)}")
    if not kind.professions or not kind.places:
        print("note: without a profession and a place no trust list matches it, so it lifts nobody's limits anywhere")


async def _challenge(arguments: argparse.Namespace) -> None:
    async with open_office(config_of(arguments), arguments) as (office, gate):
        desk = await gate.call("authority.desk")
        await gate.call("authority.achievement", arguments.slug)
        found = await applicant_of(arguments.to, plain=desk.issuer.base.startswith("http:"))
        word = await office.challenge(order_of(arguments, found, control=""))
    print(
        f"ask whoever applies to put this into a field of {found.actor}'s profile, and to leave it until it is issued:"
    )
    print(f"  {word}")
    _note_unseen(found)


async def _issue(arguments: argparse.Namespace) -> None:
    async with open_office(config_of(arguments), arguments) as (office, gate):
        desk = await gate.call("authority.desk")
        kind = await gate.call("authority.achievement", arguments.slug)
        plain = desk.issuer.base.startswith("http:")
        found = await applicant_of(arguments.to, plain=plain)
        order = order_of(arguments, found, control=arguments.control_checked or "")
        if not order.control:
            order = await with_control(office, order, plain)
        issued = await office.issue(order)
    from fedicert.model.issuing import Addresses

    addresses = Addresses(desk.issuer.base)
    print(f"issued {' '.join(part for part in (kind.name, issued.number) if part)} to {issued.subject}")
    print(f"  credential  {addresses.credential(issued.uuid)}")
    print(f"  holds       {_day(issued.valid_from)} to {_day(issued.valid_until)}")
    where = "" if arguments.data is None else f"--data {arguments.data} "
    print(f"  revoked by  fedicert authority revoke {where}{issued.uuid} --reason …")
    print("give the holder the credential's address; on a fedicert server they take it up with:")
    print(f"  fedicert licence import ACCOUNT {addresses.credential(issued.uuid)}")
    if arguments.data is not None:
        print("it is found there once `fedicert authority serve` runs, or after `fedicert authority publish`")
    _note_unseen(found)


async def _list(arguments: argparse.Namespace) -> None:
    from fedicert.base.clock import SystemClock
    from fedicert.cli.tables import table

    rows = [("credential", "licence", "number", "to", "until", "state")]
    now, after = SystemClock().now(), ""
    async with open_office(config_of(arguments), arguments) as (_, gate):
        await gate.call("authority.desk")
        while True:
            page = await gate.call("authority.issued_page", after, PAGE)
            for each in page:
                after = each.uuid
                state = "stands" if each.valid_until > now else "ended"
                if each.revoked_at is not None:
                    state = f"revoked {_day(each.revoked_at)}: {each.revoked_why}"
                rows.append(
                    (each.uuid, each.achievement, each.number or "-", each.subject, _day(each.valid_until), state)
                )
            if len(page) < PAGE:
                break
    print(table(rows) if len(rows) > 1 else "Nothing was issued yet.")


async def _revoke(arguments: argparse.Namespace) -> None:
    async with open_office(config_of(arguments), arguments) as (office, gate):
        issuer = (await gate.call("authority.desk")).issuer
        revocation = await office.revoke(arguments.credential, arguments.reason)
    from fedicert.model.issuing import Addresses

    issued = revocation.issued
    where = Addresses(issuer.base).status_list(issued.place.number)
    if revocation.already:
        print(f"{issued.uuid} was revoked before, on {_day(issued.revoked_at or 0)}; nothing changed")
    else:
        print(f"revoked {issued.uuid} of {issued.subject}, for good")
        print(f"{where} says so from now on; who looked before may go by that for five minutes")
    if arguments.data is not None:
        print("files written by `fedicert authority publish` say so after it is run again")


async def _rotate(arguments: argparse.Namespace) -> None:
    async with open_office(config_of(arguments), arguments) as (office, _):
        rotation = await office.rotate(compromised=arguments.compromised)
    print(f"{rotation.method} signs from now on, the status lists included")
    if arguments.compromised:
        print(
            f"the old key is struck out: what it alone signed is void. {rotation.signed_again} credentials signed again"
        )
    else:
        print("the old key stays listed until the last credential that it signed has ended")


async def _publish(arguments: argparse.Namespace) -> None:
    from fedicert.cli.static_tree import write_tree

    async with open_office(config_of(arguments), arguments) as (office, gate):
        await office.sign_lists()
        written = await write_tree(gate, arguments.folder)
    print(f"wrote {written.files} files to {arguments.folder}; serve it at {written.base}/")
    print(
        f"run this again after each issue and revocation, and by {_day(written.until)} in any case: the lists lapse then"
    )


async def _serve(arguments: argparse.Namespace) -> int:
    if arguments.data is None:
        raise BadRequest(
            "an instance serves these documents itself: `fedicert serve`; or name an authority with --data"
        )
    import msgspec

    from fedicert import server
    from fedicert.base.clock import SystemClock
    from fedicert.base.ids import SystemEntropy
    from fedicert.base.log import log
    from fedicert.cli.serving import listen_on
    from fedicert.jobs.opening import open_house, urls_of
    from fedicert.operations import issuing

    if not (arguments.data / DATABASE).exists():
        raise NotFound(f"{arguments.data}: no authority lives there; begin with `fedicert authority init --data …`")
    house = await open_house(
        authority_config(arguments.data), SystemClock(), SystemEntropy(), _tell, instance_too=False
    )
    try:
        issuer = (await house.db.read(issuing.desk)).issuer
        named = issuer.base.partition("://")[2].rpartition(":")[2]
        port = arguments.port or (int(named) if named.isdigit() else DEFAULT_PORT)
        config = msgspec.structs.replace(
            authority_config(arguments.data, issuer.base), bind=arguments.bind, port=port, name=issuer.name
        )
        log.configure(level=config.log_level)
        opened = msgspec.structs.replace(house, config=config, urls=urls_of(config))
        _tell(f"{issuer.name}, {issuer.did}")
        ready = f"Serving {issuer.base} on {arguments.bind} port {port}. Ctrl-C ends it."
        await server.serve_authority(opened, listen_on(config), ready=lambda: _tell(ready))
    finally:
        await house.close()
    _tell("Ended.")
    return 0


def _note_unseen(found: "Applicant") -> None:
    """Say where nobody could look whether the actor is there."""
    if found.unseen:
        print(
            f"note: {found.actor} couldn't be looked at ({found.unseen}); make sure that it is the actor's id, exactly "
            "as its server writes it",
            file=sys.stderr,
        )


def _codes(codes: tuple[Code, ...]) -> str:
    return ", ".join(each.code for each in codes) or "-"


def _day(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d")


def _tell(sentence: str) -> None:
    print(sentence, flush=True)
