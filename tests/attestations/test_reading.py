"""What a credential says is read strictly, and what is refused is named by its field."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.attestations.dids import did_host, document_url
from fedicert.attestations.links import read_links
from fedicert.attestations.reading import read_date, read_licence
from fedicert.base.errors import BadRequest
from fedicert.text.names import in_one_script
from tests.attestations.forge import ALICE, Board, alignment, changed

SUBJECT = "credentialSubject"
ACHIEVEMENT = "credentialSubject.achievement"
ALIGNMENT = f"{ACHIEVEMENT}.alignment"


def test_what_it_says() -> None:
    licence = read_licence(Board().credential())
    assert licence.issuer == "did:web:board.example"
    assert licence.issuer_name == "Example State Electrical Board"
    assert licence.subject == ALICE
    assert (licence.kind, licence.title, licence.role) == ("License", "Master Electrician", "Master Electrician")
    assert (licence.number, licence.holder) == ("ME-104422", "Alice Example")
    assert (licence.professions, licence.jurisdictions) == (("7411",), ("US-NY",))
    assert (licence.assurance, licence.checked_by) == ("authority", "")
    assert (licence.valid_from, licence.valid_until) == (1_761_955_200_000, 1_793_491_199_000)
    assert licence.digest.startswith("uEi")


def test_what_a_registrar_adds() -> None:
    said = changed(Board().credential(), f"{SUBJECT}.source", {"id": "https://board.example/", "name": "The Board"})
    licence = read_licence(said)
    assert (licence.assurance, licence.checked_by) == ("registrar", "The Board")
    licence = read_licence(changed(said, f"{SUBJECT}.source", {"id": "https://board.example/"}))
    assert licence.checked_by == "https://board.example/"


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("@context", "https://www.w3.org/2018/credentials/v1", "old format"),
        ("@context", [], "@context"),
        ("@context.1", {"licenseNumber": "https://evil.example/"}, "@context"),
        ("type", "VerifiableCredential", "type"),
        ("type", ["VerifiableCredential"], "type"),
        ("type", ["VerifiableCredential", 3], "type"),
        ("id", None, "id"),
        ("id", "no address", "id"),
        ("issuer", None, "issuer"),
        ("issuer", 7, "issuer"),
        ("issuer", "did:key:z6Mk", "issuer"),
        ("issuer.type", "Profile", "issuer.type"),
        ("issuer.name", 3, "issuer.name"),
        ("issuer.name", "B\u202eoard", "issuer.name"),
        ("validFrom", None, "validFrom"),
        ("validFrom", 0, "validFrom"),
        ("validUntil", "2026-13-01T00:00:00Z", "validUntil"),
        ("validUntil", "2026-10-31", "validUntil"),
        (SUBJECT, None, "credentialSubject"),
        (SUBJECT, ALICE, "credentialSubject"),
        (f"{SUBJECT}.id", None, "credentialSubject.id"),
        (f"{SUBJECT}.type", "AchievementSubject", "credentialSubject.type"),
        (f"{SUBJECT}.licenseNumber", 104422, "credentialSubject.licenseNumber"),
        (f"{SUBJECT}.licenseNumber", "M\u0415-1", "credentialSubject.licenseNumber"),
        (f"{SUBJECT}.role", "x" * 501, "credentialSubject.role"),
        (f"{SUBJECT}.identifier", "Alice", "credentialSubject.identifier"),
        (f"{SUBJECT}.identifier.0.identityHash", "", "credentialSubject.identifier.identityHash"),
        (f"{SUBJECT}.source", {"name": 3}, "credentialSubject.source.name"),
        (f"{SUBJECT}.source", [{}, {}], "credentialSubject.source"),
        (ACHIEVEMENT, None, "credentialSubject.achievement"),
        (f"{ACHIEVEMENT}.id", None, "credentialSubject.achievement.id"),
        (f"{ACHIEVEMENT}.type", "Achievement", "credentialSubject.achievement.type"),
        (f"{ACHIEVEMENT}.name", " ", "credentialSubject.achievement.name"),
        (f"{ACHIEVEMENT}.achievementType", None, "credentialSubject.achievement.achievementType"),
        (f"{ALIGNMENT}", ["7411"], "credentialSubject.achievement.alignment"),
        (f"{ALIGNMENT}.0.targetCode", "74 11", "alignment.targetCode"),
        (f"{ALIGNMENT}.0.targetCode", "\u0667\u0664", "alignment.targetCode"),
        (f"{ALIGNMENT}.1.targetCode", "New York", "alignment.targetCode"),
        (f"{ALIGNMENT}.1.targetCode", "us-ny", "alignment.targetCode"),
    ],
)
def test_the_field_is_named(path: str, value: Any, field: str) -> None:
    with pytest.raises(BadRequest, match=field.replace(".", r"\.")):
        read_licence(changed(Board().credential(), path, value))


def test_two_names_of_a_holder_are_refused() -> None:
    said = Board().credential()
    (name,) = said[SUBJECT]["identifier"]
    with pytest.raises(BadRequest, match="identifier"):
        read_licence(changed(said, f"{SUBJECT}.identifier", [name, {**name, "identityHash": "Bob"}]))
    hashed = {**name, "hashed": True, "identityHash": "sha256$1f"}
    assert read_licence(changed(said, f"{SUBJECT}.identifier", [hashed])).holder == ""


def test_other_frameworks_are_passed_over() -> None:
    more = [alignment("ESCO", "http://data.europa.eu/esco/1", "ext:occupation"), alignment("ISO 3166-1", "CA", "x")]
    said = Board().credential()
    licence = read_licence(changed(said, ALIGNMENT, [*said[SUBJECT]["achievement"]["alignment"], *more]))
    assert (licence.professions, licence.jurisdictions) == (("7411",), ("US-NY", "CA"))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-01T12:00:00Z", 0),
        ("2026-03-01T12:00:00.999Z", 0),
        ("2026-03-01T14:00:00+02:00", 0),
        ("2026-03-01T06:30:00-05:30", 0),
        ("2026-03-01t12:00:01z", 1_000),
    ],
)
def test_dates_with_offsets(text: str, at: int) -> None:
    assert read_date(text, "x") == 1_772_366_400_000 + at


@pytest.mark.parametrize(
    "text",
    ["", "2026-03-01", "2026-03-01T12:00:00", "2026-02-30T12:00:00Z", "2026-03-01T25:00:00Z", "2026-03-01T12:00:00+99:00",
     "2026-03-01 12:00:00Z", "\u0662026-03-01T12:00:00Z", "2026-03-01T12:00:00Z ", 5, None,
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_dates_that_are_none(text: Any) -> None:
    with pytest.raises(BadRequest):
        read_date(text, "x")


@pytest.mark.parametrize(
    ("did", "plain", "url"),
    [
        ("did:web:board.example", False, "https://board.example/.well-known/did.json"),
        ("did:web:board.example:a:b", False, "https://board.example/a/b/did.json"),
        ("did:web:board.example%3A8443", True, "https://board.example:8443/.well-known/did.json"),
        ("did:web:localhost%3A8000", True, "http://localhost:8000/.well-known/did.json"),
        ("did:web:localhost%3A8000", False, "https://localhost:8000/.well-known/did.json"),
        ("did:web:one.localhost%3a8000:a", True, "http://one.localhost:8000/a/did.json"),
        ("did:web:xn--bcher-kva.example", False, "https://xn--bcher-kva.example/.well-known/did.json"),
    ],
)
def test_where_an_issuers_document_lies(did: str, plain: bool, url: str) -> None:
    assert document_url(did, plain=plain) == url


@pytest.mark.parametrize(
    "did",
    ["did:web:", "did:web:B.example", "did:web:b\u00fccher.example", "did:web:10.0.0.1", "did:web:1", "did:web:a..b",
     "did:web:a.example/x", "did:web:a.example#key", "did:web:a.example%2Fx", "did:web:a.example%3A0",
     "did:web:a.example%3A99999", "did:web:a.example:", "did:web:a.example:..:x", "did:web:u@a.example",
     "did:web:a.example.", "did:web:[::1]", "did:web:xn--a.example", "did:key:z6Mk", "https://a.example", 5, None],
)  # fmt: skip
def test_issuers_that_are_not_asked(did: Any) -> None:
    with pytest.raises(BadRequest, match="issuer"):
        document_url(did)


def test_an_issuer_shows_by_its_host() -> None:
    assert did_host("did:web:board.example%3A8443:a") == "board.example:8443/a"
    assert did_host("did:key:z6Mk") == "did:key:z6Mk"


@pytest.mark.parametrize("name", ["", "Anna-Lena O'Neil", "Иван Петров", "山田 太郎 Yamada", "1234", "Ме-1"[1:]])
def test_names_of_one_script(name: str) -> None:
    assert in_one_script(name)


@pytest.mark.parametrize("name", ["Воard", "Example \u0405tate", "Ann\u200ba", "a\u202eb", "α Board", "Ме Me"])
def test_names_that_mix(name: str) -> None:
    assert not in_one_script(name)


def test_links_of_an_actor() -> None:
    one = {"type": "Link", "href": "https://board.example/c/1", "digestMultibase": "uEiA", "name": "Electrician"}
    mirror = {"type": "Link", "href": "https://social.example/users/alice/licences/1", "digestMultibase": "uEiA"}
    for entries in ([one, mirror], [mirror, one]):
        (link,) = read_links({"id": ALICE, "hasCredential": entries})
        assert (link.href, link.mirror, link.digest) == (one["href"], mirror["href"], "uEiA")
    (link,) = read_links({"id": ALICE, "hasCredential": one})
    assert (link.name, link.mirror) == ("Electrician", "")
    odd = [None, 3, {}, {"href": 3}, {"href": "ftp://x"}, {"href": "https://"}, "https://board.example/c/2", one]
    assert [link.href for link in read_links({"id": 3, "hasCredential": odd})] == [
        "https://board.example/c/2",
        one["href"],
    ]
    many = [f"https://board.example/c/{number}" for number in range(50)]
    assert len(read_links({"id": ALICE, "hasCredential": many})) == 10
    assert read_links({"hasCredential": "no address"}) == ()
