"""What an issuer serves: its keys, credentials, status lists, and the pages of the kinds of licence it grants.

Anybody may read them, without a signature or a cookie, and nothing of who asks is kept: a list is the same for all, so
that looking up a licence tells nobody whose it was. A revoked credential stays where it is; its status says so.
"""

import hashlib

import orjson

from fedicert.attestations import credentials, issuer_documents
from fedicert.attestations.issuer_documents import ListedKey
from fedicert.base.clock import SECOND
from fedicert.base.errors import BadRequest, NotFound
from fedicert.base.json import dump
from fedicert.model.attestations import ISSUED_SUITES
from fedicert.model.issuing import Addresses, Issuer
from fedicert.store.views import issuing as views
from fedicert.web.federation.answers import prefers_html
from fedicert.web.plumbing.answers import HTML, Answer
from fedicert.web.plumbing.endpoint import Call, endpoint
from fedicert.web.plumbing.headers import page_policy

VC = b"application/vc"
DID = b"application/did+json"
JSON_LD = b"application/ld+json"
KEPT_SECONDS = issuer_documents.TTL // SECOND
"""The same for all of them: what is revoked, or struck out, is known to everybody that soon."""
ALL = "all"


@endpoint("GET", "/.well-known/did.json", door="federation")
async def did(call: Call) -> Answer:
    """The issuer's keys that count now."""
    issuer = await _issuer(call)
    shown = await call.deps.db.read(views.keys)
    keys = [ListedKey(key.method, key.public) for key in shown]
    return _document(call, dump(issuer_documents.did_document(Addresses(issuer.base), keys)), DID)


@endpoint("GET", "/credentials/{uuid}", door="federation")
async def credential(call: Call) -> Answer:
    """A credential with one proof, that of the suite asked for, or with all."""
    suite = call.query("cryptosuite") or ISSUED_SUITES[0]
    if suite not in (*ISSUED_SUITES, ALL):
        raise BadRequest(f"There is no proof by that suite here. cryptosuite: {', '.join(ISSUED_SUITES)}, or {ALL}")
    found = await call.deps.db.read(views.credential, call.params["uuid"])
    if found is None:
        raise NotFound("No such credential was issued here")
    document = credentials.secured(orjson.loads(found.document), orjson.loads(found.proofs), suite)
    return _document(call, dump(document), VC)


@endpoint("GET", "/status-lists/{number}", door="federation")
async def status_list(call: Call) -> Answer:
    """A signed status list."""
    number = call.params["number"]
    # Longer ones name no list, and would be more than the database can hold.
    found = (
        await call.deps.db.read(views.status_list, int(number))
        if number.isascii() and number.isdigit() and len(number) < 9
        else None
    )
    if found is None:
        raise NotFound("There is no such status list here")
    left = max(0, (found.valid_until - call.deps.clock.now()) // SECOND)
    return _document(call, found.document.encode(), VC, min(KEPT_SECONDS, left))


@endpoint("GET", "/achievements/{slug}", door="federation")
async def achievement(call: Call) -> Answer:
    """A kind of licence: what it is, and what it takes; a page for people, or JSON."""
    issuer = await _issuer(call)
    found = await call.deps.db.read(views.achievement, call.params["slug"])
    if found is None:
        raise NotFound("There is no such kind of licence here")
    if prefers_html(call.header("accept")):
        page = call.deps.pages.render("achievement.html", issuer=issuer, achievement=found)
        answer = _document(call, page, HTML)
        answer.headers.append((b"content-security-policy", page_policy().encode()))
        return answer
    document = {"@context": credentials.CONTEXT, **credentials.achievement_document(issuer, found)}
    return _document(call, dump(document), JSON_LD)


async def _issuer(call: Call) -> Issuer:
    issuer = await call.deps.db.read(views.issuer)
    if issuer is None:
        raise NotFound("Nobody issues licences here")
    return issuer


def _document(call: Call, body: bytes, kind: bytes, seconds: int = KEPT_SECONDS) -> Answer:
    """Kept by anybody for a while; asked for again with its tag, it isn't sent a second time."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": f"public, max-age={seconds}", "vary": "Accept"}
    asked = [each.strip().removeprefix("W/") for each in call.header("if-none-match").split(",")]
    if tag in asked or "*" in asked:
        return Answer(b"", 304, headers, content_type=b"")
    return Answer(body, 200, headers, content_type=kind)
