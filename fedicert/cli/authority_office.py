"""What the commands of an authority work with: its folder and office, who applies, and what was ordered.

Reads what was typed into values; says nothing to anybody and issues nothing by itself.
"""

import argparse
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fedicert.base.errors import BadRequest, ConfigError, NotFound
from fedicert.cli.settings import read_config
from fedicert.config import Config, load
from fedicert.model.issuing import Code, Evidence

if TYPE_CHECKING:
    from fedicert.cli.applicant import Applicant
    from fedicert.cli.gate import Gate
    from fedicert.jobs.issuing import Office, Order

DATABASE = "authority.db"

_CODES = {"--profession": "7411='Building and related electricians'", "--place": "US-NY='New York, United States'"}
"""How a code is written, for each option that takes one."""


def authority_config(folder: Path, base: str = "http://localhost") -> Config:
    """The configuration of an authority in a folder. `base`: scheme and authority of its address, once known."""
    scheme, _, host = base.partition("://")
    settings = {
        "FEDICERT_DOMAIN": host,
        "FEDICERT_ALLOW_LOOPBACK_AND_HTTP": "true" if scheme == "http" else "false",
        "FEDICERT_DATA_DIR": str(folder.absolute()),
        "FEDICERT_DATABASE": f"sqlite:///{folder.absolute() / DATABASE}",
    }
    kept: Mapping[str, str] = {
        key: os.environ[key] for key in ("FEDICERT_LOG_LEVEL", "FEDICERT_MASTER_KEY_FILE") if key in os.environ
    }
    return load(None, {**kept, **settings})


def config_of(arguments: argparse.Namespace) -> Config:
    """The configuration that the command works with: the folder's, or the instance's. Raises NotFound."""
    if arguments.data is None:
        return read_config(arguments)
    if not (arguments.data / DATABASE).exists():
        raise NotFound(f"{arguments.data}: no authority lives there; begin with `fedicert authority init --data …`")
    return authority_config(arguments.data)


@contextlib.asynccontextmanager
async def open_office(config: Config, arguments: argparse.Namespace) -> AsyncIterator[tuple["Office", "Gate"]]:
    """What issues, over the gate; the keys are opened in this process."""
    from fedicert.base.clock import SystemClock
    from fedicert.base.ids import SystemEntropy
    from fedicert.cli.gate import open_gate
    from fedicert.jobs.issuing import Office
    from fedicert.jobs.opening import vault_of
    from fedicert.keys.pool import KeyPool
    from fedicert.keys.proving import Prover

    entropy = SystemEntropy()
    pool = KeyPool(entropy, threads=1)
    prover = Prover(pool)
    try:
        async with open_gate(config, instance_too=arguments.data is None) as gate:
            yield Office(gate, vault_of(config, entropy), prover, SystemClock(), entropy), gate
    finally:
        await prover.close()
        pool.close()


async def applicant_of(typed: str, *, plain: bool) -> "Applicant":
    """Who `--to` is."""
    from fedicert.cli import applicant

    async with applicant.asking(plain=plain) as fetcher:
        return await applicant.find(fetcher, typed, plain=plain)


async def with_control(office: "Office", order: "Order", plain: bool) -> "Order":
    """The order, where the actor shows the word; else a sentence that says what to do."""
    import msgspec

    from fedicert.cli import applicant

    word = await office.challenge(order)
    async with applicant.asking(plain=plain) as fetcher:
        await applicant.must_show(fetcher, order.subject, word)
    return msgspec.structs.replace(order, control=f"the profile showed {word}")


def order_of(arguments: argparse.Namespace, applicant: "Applicant", *, control: str) -> "Order":
    """What is to be issued, from what was typed. Raises BadRequest."""
    from fedicert.jobs.issuing import Order

    given = vars(arguments)
    evidence: tuple[Evidence, ...] = ()
    if given.get("evidence"):
        if not arguments.checked:
            raise BadRequest("--checked: say what was compared with the register, by whom and when")
        evidence = (
            Evidence(
                id=arguments.evidence,
                genre=arguments.genre,
                name=arguments.evidence_name or "The authority's register",
                description=arguments.checked,
            ),
        )
    return Order(
        achievement=arguments.slug,
        subject=applicant.actor,
        control=control,
        number=arguments.number,
        holder=given.get("holder", ""),
        handle=(given.get("handle") or applicant.handle).removeprefix("@"),
        role=given.get("role", ""),
        until=end_of(given["until"], "--until") if given.get("until") else 0,
        awarded=start_of(given["awarded"], "--awarded") if given.get("awarded") else None,
        evidence=evidence,
    )


def base_of(text: str) -> str:
    """The address of an authority: a name, no path, no number; https, but for local names."""
    from fedicert.base.urls import split_url

    try:
        url = split_url(text.rstrip("/"))
    except BadRequest:
        raise BadRequest(f"--url: {text!r} isn't an address; write it as https://board.example") from None
    if url.target != "/" or url.fragment:
        raise BadRequest(f"--url: {text} has a path; a DID is made of the name alone, as in https://board.example")
    if url.host.startswith("[") or url.host.replace(".", "").isdigit():
        raise BadRequest(f"--url: {text} is a number; did:web needs a name")
    try:
        authority_config(Path(), url.origin)
    except ConfigError:
        raise BadRequest(f"--url: {text} goes by plain http, which only local names may; use https") from None
    return url.origin


def code_of(text: str, option: str) -> Code:
    """CODE=NAME. Raises BadRequest."""
    code, equals, name = text.partition("=")
    if not equals or not code or not name:
        raise BadRequest(f"{option}: {text!r} isn't CODE=NAME; write it as in {_CODES[option]}")
    return Code(code.strip(), name.strip())


def start_of(text: str, option: str) -> int:
    """The first millisecond of a day, UTC. Raises BadRequest."""
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * 1000
    except ValueError:
        raise BadRequest(f"{option}: {text!r} is no day; write it as in 2027-10-31") from None


def end_of(text: str, option: str) -> int:
    """The last second of a day."""
    return start_of(text, option) + 86_399_000
