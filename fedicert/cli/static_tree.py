"""What an issuer publishes, as a tree of files: for a board whose web server runs nothing of ours.

Each file appears whole or not at all. Content types go into files that common servers read (`_headers`, `.htaccess`);
the query `?cryptosuite=` needs `fedicert authority serve`.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from fedicert.attestations import credentials, issuer_documents
from fedicert.attestations.issuer_documents import ListedKey
from fedicert.base.errors import FedicertError
from fedicert.model.attestations import ISSUED_SUITES
from fedicert.model.issuing import Addresses

if TYPE_CHECKING:
    from fedicert.cli.gate import Gate

PAGE = 200

HEADERS = """\
/.well-known/did.json
  Content-Type: application/did+json
  Access-Control-Allow-Origin: *
  Cache-Control: public, max-age=300
/credentials/*
  Content-Type: application/vc
  Access-Control-Allow-Origin: *
  Cache-Control: public, max-age=300
/status-lists/*
  Content-Type: application/vc
  Access-Control-Allow-Origin: *
  Cache-Control: public, max-age=300
/achievements/*
  Content-Type: application/ld+json
  Access-Control-Allow-Origin: *
  Cache-Control: public, max-age=300
"""

HTACCESS = """\
ForceType {kind}
<IfModule mod_headers.c>
Header set Access-Control-Allow-Origin "*"
Header set Cache-Control "public, max-age=300"
</IfModule>
"""


class Written(msgspec.Struct, frozen=True):
    """What was written: how many files, the address they belong at, and when the first status list lapses (ms)."""

    files: int
    base: str
    until: int


async def write_tree(gate: "Gate", folder: Path) -> Written:
    """Write everything that the issuer publishes now. Raises FedicertError where the folder can't be written."""
    issuer = (await gate.call("authority.desk")).issuer
    addresses = Addresses(issuer.base)
    keys = [ListedKey(key.method, key.public) for key in await gate.call("authority.keys")]
    files: dict[str, bytes] = {
        ".well-known/did.json": orjson.dumps(issuer_documents.did_document(addresses, keys)),
        "_headers": HEADERS.encode(),
        "credentials/.htaccess": HTACCESS.format(kind="application/vc").encode(),
        "status-lists/.htaccess": HTACCESS.format(kind="application/vc").encode(),
        "achievements/.htaccess": HTACCESS.format(kind="application/ld+json").encode(),
        ".well-known/.htaccess": HTACCESS.format(kind="application/did+json").encode(),
    }
    until = 0
    for number in await gate.call("authority.lists"):
        held = await gate.call("authority.status_list", number)
        files[f"status-lists/{number}"] = held.document.encode()
        until = min(until or held.valid_until, held.valid_until)
    for kind in await gate.call("authority.achievements"):
        document = {"@context": credentials.CONTEXT, **credentials.achievement_document(issuer, kind)}
        files[f"achievements/{kind.slug}"] = orjson.dumps(document)
    after = ""
    while True:
        page = await gate.call("authority.issued_page", after, PAGE)
        for issued in page:
            after = issued.uuid
            proofs: dict[str, Any] = orjson.loads(issued.proofs)
            document = credentials.secured(orjson.loads(issued.document), proofs, ISSUED_SUITES[0])
            files[f"credentials/{issued.uuid}"] = orjson.dumps(document)
        if len(page) < PAGE:
            break
    try:
        for name, data in files.items():
            _write(folder / name, data)
    except OSError as error:
        raise FedicertError(f"{folder} can't be written: {error.strerror or error}") from None
    return Written(len(files), issuer.base, until)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    fresh.write_bytes(data)
    fresh.replace(path)
