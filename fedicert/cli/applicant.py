"""Who applies for a licence: the actor behind what was typed, and whether its profile shows the word given to them.

A licence names its actor byte for byte, so an address that is merely the profile's page is refused here: nobody's server
would ever find the licence to be about them.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from fedicert import __version__
from fedicert.base.errors import BadRequest, RemoteError, RemoteInvalid, RemoteRefused, Unprocessable
from fedicert.discovery.control import check_subject, shows
from fedicert.remote import webfinger
from fedicert.remote.documents import fetch_actor
from fedicert.remote.fetch import Fetcher
from fedicert.remote.guard import Guard, Policy

NOT_THERE = (404, 410)


class Applicant(NamedTuple):
    """An actor's id. `handle`: `user@domain` where one was typed; `unseen`: why its server couldn't be asked, or ''."""

    actor: str
    handle: str
    unseen: str


@contextlib.asynccontextmanager
async def asking(*, plain: bool) -> AsyncIterator[Fetcher]:
    """What asks other servers. `plain`: names of this machine, by http."""
    fetcher = Fetcher(Guard(Policy(allow_loopback_and_http=plain)), user_agent=f"fedicert/{__version__}")
    try:
        yield fetcher
    finally:
        await fetcher.close()


async def find(fetcher: Fetcher, typed: str, *, plain: bool) -> Applicant:
    """The actor behind an id or a handle. Raises BadRequest, Unprocessable; RemoteError where a handle leads nowhere."""
    handle = ""
    actor = typed
    if "://" not in typed:
        try:
            user, domain = webfinger.parse_handle(typed)
        except BadRequest:
            raise BadRequest(
                f"--to: {typed!r} is neither a handle, as @ada@social.example, nor an actor's id, as "
                "https://social.example/users/ada"
            ) from None
        local = domain.partition(":")[0].rpartition(".")[2] == "localhost"
        try:
            finger = await webfinger.lookup(fetcher, user, domain, scheme="http" if plain and local else "https")
        except RemoteRefused as error:
            if error.status not in NOT_THERE:
                raise
            raise Unprocessable(f"--to: nobody is called @{user}@{domain} there") from None
        actor, handle = finger.actor, finger.handle
    check_subject(actor, plain_http=plain)
    try:
        document = await fetch_actor(fetcher, actor)
    except RemoteError as error:
        missing = isinstance(error, RemoteRefused) and error.status in NOT_THERE
        if missing or isinstance(error, RemoteInvalid):
            raise Unprocessable(f"--to: there is no actor at {actor}: {error}") from None
        return Applicant(actor, handle, str(error))
    if document.id != actor:
        raise Unprocessable(f"--to: the actor at {actor} calls itself {document.id}, and a licence names it by that")
    return Applicant(actor, handle, "")


async def must_show(fetcher: Fetcher, actor: str, word: str) -> None:
    """Unprocessable, with what to do about it, unless the actor's profile shows the word."""
    if not await shows(fetcher, actor, word):
        raise Unprocessable(
            f"{actor} doesn't show that the applicant holds it: ask them to put {word} into a field of the "
            "profile and issue it again, or say with --control-checked how you made sure"
        )
