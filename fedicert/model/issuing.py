"""An issuer of licences as values: who it is, what it grants, what it has issued. Times in ms, UTC; '' is "none"."""

from typing import Literal, get_args

import msgspec

Kind = Literal[
    "License",
    "Certification",
    "Membership",
    "Assessment",
    "ApprenticeshipCertificate",
    "JourneymanCertificate",
    "MasterCertificate",
]
"""Achievement types of Open Badges 3.0 that say what somebody may or can do."""
KINDS: tuple[Kind, ...] = get_args(Kind)

IssuerRole = Literal["authority", "registrar"]
"""An authority issues in its own right; a registrar after looking at an authority's register."""


class Code(msgspec.Struct, frozen=True):
    """A code of a public list, with what it means: ISCO-08 `7411`, or ISO 3166-2 `US-NY`."""

    code: str
    name: str


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is named in a credential. `id`: a DID or an address; `country`: ISO 3166-1."""

    id: str
    name: str
    url: str = ""
    country: str = ""
    region: str = ""


class Achievement(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of licence that is granted. `creator`: the authority that grants it, None where it is the issuer.

    `slug`: names it in its address. `criteria_url`: where its rules stand in full.
    """

    slug: str
    kind: Kind
    name: str
    description: str
    criteria: str
    criteria_url: str = ""
    field: str = ""
    specialization: str = ""
    code: str = ""
    professions: tuple[Code, ...] = ()
    places: tuple[Code, ...] = ()
    creator: Party | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a registrar looked at: `id` is its address, `genre` RegistryLookup or DocumentInspection."""

    id: str
    genre: str
    name: str
    description: str


class Place(msgspec.Struct, frozen=True):
    """The entry of a credential in a status list."""

    number: int
    index: int


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What is said to one holder. `subject`: an actor's id; `handle`: `name@domain`, '' to leave it out.

    `control`: how it was made sure that the applicant holds the actor; it is kept and not published.
    `source`, `evidence`: a registrar's, whose register was looked at and how.
    """

    uuid: str
    achievement: str
    subject: str
    number: str
    holder: str
    handle: str
    role: str
    valid_from: int
    valid_until: int
    awarded: int | None = None
    control: str
    source: Party | None = None
    evidence: tuple[Evidence, ...] = ()


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """Who issues here. `base`: where its documents are served; `did`: made of it. `method`: the key in use, its id."""

    did: str
    base: str
    role: IssuerRole
    name: str
    url: str
    country: str
    region: str
    method: str

    @property
    def party(self) -> Party:
        """As it is named in a credential."""
        return Party(id=self.did, name=self.name, url=self.url, country=self.country, region=self.region)


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A credential as it is kept. `document`: JSON without a proof; `proofs`: JSON, suite → proof; `method`: whose."""

    uuid: str
    place: Place
    achievement: str
    subject: str
    number: str
    holder: str
    valid_from: int
    valid_until: int
    document: str
    proofs: str
    method: str
    control: str
    issued_at: int = 0
    revoked_at: int | None = None
    revoked_why: str = ""


class StatusList(msgspec.Struct, frozen=True, kw_only=True):
    """A list: `document` is its signed credential as JSON and shows `signed_revision`."""

    number: int
    revision: int
    signed_revision: int
    document: str
    signed_at: int
    valid_until: int


class IssuerKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the issuer's that isn't withdrawn. `retired_at`: since when another signs in its place."""

    id: int
    method: str
    public: str
    sealed: bytes
    retired_at: int | None


class Addresses(msgspec.Struct, frozen=True):
    """Where an issuer's documents are served. `base`: scheme and authority, no slash at its end."""

    base: str

    @property
    def did(self) -> str:
        """`did:web` of the base; its port's colon is escaped."""  # did:web §Method-specific identifier
        return "did:web:" + self.base.partition("://")[2].replace(":", "%3A")

    @property
    def document(self) -> str:
        """The issuer's keys."""
        return f"{self.base}/.well-known/did.json"

    def method(self, number: int) -> str:
        """The id of a key."""
        return f"{self.did}#key-{number}"

    def credential(self, uuid: str) -> str:
        """The id of a credential, and where it is."""
        return f"{self.base}/credentials/{uuid}"

    def status_list(self, number: int) -> str:
        """The id of a status list, and where it is."""
        return f"{self.base}/status-lists/{number}"

    def achievement(self, slug: str) -> str:
        """The id of a kind of licence, and its page."""
        return f"{self.base}/achievements/{slug}"
