"""The page of a licence: who, for what, by whom, each check in words. It links to the profile, and says what that means.

Nothing on it is a bare mark: the issuer stands beside every word. Search engines are asked to leave it out.
"""

from typing import Any

import orjson
from markupsafe import Markup

from fedicert.attestations.claims import issuer_name, shown
from fedicert.attestations.dids import did_host
from fedicert.base.errors import NotFound
from fedicert.model.attestations import Assurance, Licence
from fedicert.model.licences import LicenceRow, ShownLicence
from fedicert.model.urls import Urls
from fedicert.store.views import licences as views
from fedicert.store.views.licences import LicencePage
from fedicert.text.licences import day, verdict_words
from fedicert.text.names import safe_display_name
from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.call import Call, read_id
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.sessions import page

_DOCUMENT = ("application/vc", "application/ld+json", "application/json")
_RESULTS = {True: "holds", False: "doesn't hold", None: "couldn't be made"}
_CHECKS = {
    "form": "Form",
    "digest": "Digest",
    "proof": "Signature",
    "issuer": "Issuer's key",
    "subject": "Whose it is",
    "dates": "Dates",
    "status": "Not taken back",
    "trust": "This server's trust list",
}
_ASSURANCE: dict[Assurance, str] = {
    "authority": "The licensing authority itself signed it.",
    "registrar": "A registrar signed it, who looked at the authority's register.",
    "body": "A professional body signed it.",
    "instance": "A server signed it, for its own examination.",
    "self_certified": "Its holder signed it: nobody else looked.",
}
_BY_ITS_WORD: dict[Assurance, str] = {
    "authority": "It was signed by whom it names, which this server doesn't know as a licensing authority.",
    "registrar": "It says itself that its issuer looked at the authority's register.",
    "body": "It says itself that a professional body signed it.",
    "instance": "It says itself that it is for a server's own examination.",
    "self_certified": _ASSURANCE["self_certified"],
}


@endpoint("GET", "/@{name}/licences/{number}", door="page")
async def licence(call: Call) -> Answer:
    """A licence that somebody here shows; 410 and a page that says so where it has ended."""
    urls, number = call.deps.urls, read_id(call.params["number"])
    found = await call.deps.db.read(views.page, call.params["name"], number)
    if found is None:
        raise NotFound("There is no such licence here")
    holder = _holder(urls, found)
    as_shown = shown(found.row)
    if not found.here or as_shown is None or found.row.said is None:
        return page(
            call, "licence_ended.html", status=410, number=number, holder=holder, ended=_day(found.row.ended_at)
        )
    if _wants_document(call):
        return redirect(urls.licence(found.username, number), 302)
    return page(
        call,
        "licence.html",
        holder=holder,
        licence=_facts(found.row, found.row.said, as_shown),
        checks=[
            {"name": _CHECKS[check.name], "result": _RESULTS[check.passed], "sentence": check.sentence}
            for check in found.row.checks
        ],
        credential=found.row.href,
        copy=urls.licence(found.username, number),
        url=urls.licence_page(found.username, number),
        structured=_structured(found.row.said, as_shown, holder["url"]),
    )


def _wants_document(call: Call) -> bool:
    accept = call.header("accept")
    return any(kind in accept for kind in _DOCUMENT) and "text/html" not in accept


def _holder(urls: Urls, found: LicencePage) -> dict[str, str]:
    return {
        "handle": f"@{found.username}@{urls.domain}",
        "name": found.display_name or found.username,
        "url": urls.profile(found.username),
    }


def _facts(row: LicenceRow, said: Licence, as_shown: ShownLicence) -> dict[str, Any]:
    """What the holder consented to show. The attested name always stands here: the page is where it is looked for."""
    by_number = row.shows in ("number", "both")
    return {
        "what": as_shown.what,
        "kind": safe_display_name(said.kind),
        "attested": safe_display_name(said.holder),
        "number": safe_display_name(said.number) if by_number else "",
        "place": as_shown.place,
        "issuer": issuer_name(row),
        "issuer_host": did_host(said.issuer),
        "checked_by": safe_display_name(said.checked_by),
        "how": (_ASSURANCE if as_shown.outcome == "trusted" else _BY_ITS_WORD)[said.assurance],
        "verdict": verdict_words(as_shown),
        "from": _day(said.valid_from),
        "until": _day(said.valid_until),
        "checked": _day(row.checked_at),
    }


def _structured(said: Licence, as_shown: ShownLicence, holder: str) -> Markup:
    """The same for search engines, should the page ever be meant for them: schema.org, in a block that no browser runs."""
    built = {
        "@context": "https://schema.org",
        "@type": "Person",
        "url": holder,
        "hasCredential": {
            "@type": "EducationalOccupationalCredential",
            "name": as_shown.title,
            "credentialCategory": "license" if said.kind == "License" else said.kind,
            "url": as_shown.href,
            "recognizedBy": {"@type": "Organization", "name": as_shown.issuer},
            "validIn": [{"@type": "AdministrativeArea", "name": place} for place in said.jurisdictions],
        },
    }
    text = orjson.dumps(built).decode()
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704  nothing in it can end the block


def _day(at: int | None) -> str:
    return "" if not at else day(at)
