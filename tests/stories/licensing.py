"""A licensing board beside a village, whom its servers trust or not, and what people do with what it issues."""

from __future__ import annotations

import json
from html import unescape
from typing import Any

import msgspec

from fedicert.base.errors import RemoteUnreachable
from fedicert.base.log import iso
from fedicert.jobs import errands
from fedicert.model.attestations import TrustEntry
from fedicert.operations import certification, responsibility
from fedicert.operations.certification import LicenceReport
from fedicert.proofs.data_integrity import digest_of
from fedicert.remote.wire import Request, Response
from tests.attestations import forge
from tests.stories.village import Place, Resident, Village
from tests.wire import answer

LICENSED: dict[str, Any] = {"name": "licensed", "enter": ["licence"], "followers": "none"}
"""A higher rung, reached by a licence, without a cap."""
ROOMIER: dict[str, Any] = {"name": "licensed", "enter": ["licence"], "followers": 5}

DAY_MS = 24 * 3_600_000


def trusting(board: Board, tier: str = "licensed", **other: Any) -> dict[str, Any]:
    """A line of a trust list, as an admin writes it."""
    return {
        "issuer": board.did,
        "name": "The Electrical Board",
        "kinds": ["License"],
        "professions": ["74"],
        "jurisdictions": ["US"],
        "tier": tier,
        **other,
    }


def entry(board: Board, tier: str = "licensed") -> TrustEntry:
    """The same, as it is read."""
    return msgspec.convert(trusting(board, tier), TrustEntry)


class Board(forge.Board):
    """A board that issues, revokes, is away: its host on the village's wire."""

    def __init__(self, village: Village, host: str = "board.example", seed: int = 1) -> None:
        super().__init__(host, seed)
        self.village = village
        self.revoked: set[int] = set()
        self.issued: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.away = False
        self.list_days = 7
        village.wire.handlers[host] = self._answer

    def issue(
        self, to: str, *, index: int = 1, until: str = forge.UNTIL, number: str = "ME-104422", **subject: Any
    ) -> str:
        """A licence of an actor; the address of its credential."""
        document = self.credential(to)
        document["id"] = f"{self.url}/credentials/{index}"
        document["validUntil"] = until
        document["credentialSubject"] |= {"licenseNumber": number, **subject}
        document["credentialStatus"] |= {"id": f"{self.url}/status/1#{index}", "statusListIndex": str(index)}
        self.issued[document["id"]] = self.sign(document)
        return str(document["id"])

    def revoke(self, index: int = 1) -> None:
        """Set the bit."""
        self.revoked.add(index)

    def digest(self, href: str) -> str:
        """`digestMultibase` of what lies there."""
        return digest_of(self.issued[href])

    def _answer(self, request: Request) -> Response:
        self.asked.append(request.url)
        if self.away:
            raise RemoteUnreachable(f"{self.host} doesn't answer")
        path = request.url.removeprefix(self.url)
        if path == "/.well-known/did.json":
            return answer(request.url, self.did_document())
        if path == "/status/1":
            now = self.village.clock.now()
            listed = self.status_list(
                *self.revoked, validFrom=_date(now), validUntil=_date(now + self.list_days * DAY_MS)
            )
            return answer(request.url, json.dumps(self.sign(listed)).encode(), content_type="application/vc")
        if request.url in self.issued:
            return answer(request.url, json.dumps(self.issued[request.url]).encode(), content_type="application/vc")
        return Response(404, (), b"", request.url)


def _date(at: int) -> str:
    return iso(at - at % 1000)[:19] + "Z"


async def brings(person: Resident, href: str) -> LicenceReport:
    """Somebody's credential is imported; nothing of it is shown."""
    work = person.place.app.work.certifying
    return await errands.import_licence(work, person.name, href, "")


async def signs(person: Resident) -> None:
    """They agree to the code of responsibility that holds, where they didn't yet."""
    place = person.place
    found = await place.app.deps.db.read(responsibility.signing, person.id)
    await place.write(responsibility.agree, place.urls, person.id, found.code.version)
    await place.village.work()


async def consents(person: Resident, number: int = 1, shows: str = "number") -> LicenceReport:
    """They agree to the code of responsibility and consent, and the village does what follows."""
    await signs(person)
    done: LicenceReport = await person.place.write(certification.consent, person.place.urls, person.id, number, shows)
    await person.place.village.work()
    return done


async def withdraws(person: Resident, number: int = 1) -> None:
    """They take it back."""
    await person.place.write(certification.withdraw, person.place.urls, person.id, number)
    await person.place.village.work()


async def tier(person: Resident) -> str:
    """The rung they stand on."""
    rows = await person.place.all(
        "SELECT t.name FROM local_accounts l JOIN tiers t ON t.id = l.tier WHERE l.id = $1", person.id
    )
    return str(rows[0][0])


async def settling(person: Resident) -> list[tuple[str, int]]:
    """Their settlings that go on: cause, and how long the stage lasts in days."""
    rows = await person.place.all(
        "SELECT cause, begun_at, until FROM settlings WHERE account = $1 AND ended_at IS NULL", person.id
    )
    return [(row[0], (row[2] - row[1]) // DAY_MS) for row in rows]


async def seen(viewer: Resident, person: Any) -> dict[str, Any]:
    """An account as somebody's client gets it."""
    return dict(await viewer.get(f"/api/v1/accounts/{await viewer.account(person)}"))


async def badges(viewer: Resident, person: Any) -> list[str]:
    """The badges of an account as somebody's client shows them, tiers aside."""
    return [role["name"] for role in (await seen(viewer, person))["roles"] if "(" in role["name"]]


async def fields(viewer: Resident, person: Any) -> dict[str, tuple[str, bool]]:
    """The fields of an account: name → (value, painted green)."""
    return {
        field["name"]: (unescape(field["value"]), field["verified_at"] is not None)
        for field in (await seen(viewer, person))["fields"]
    }


async def crowd(village: Village, place: Place, size: int, after: int = 0) -> list[Resident]:
    """People to follow somebody."""
    return [await place.person(f"fan{number}") for number in range(after, after + size)]
