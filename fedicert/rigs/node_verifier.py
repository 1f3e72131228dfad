"""Verifiers of credentials that we didn't write, from npm: Digital Bazaar's libraries, asked by a script.

`python -m fedicert.rigs.node_verifier --install` fetches them once; from then on they run from the cache without a
network, and know no document but those they are given.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from fedicert.rigs.fedify_peer import PeerError, install, node_program

SOURCES = Path(__file__).parent / "verifiers"
SECONDS = 120.0


class Case(msgspec.Struct, frozen=True):
    """A credential, and the moment it is looked at (`YYYY-MM-DDThh:mm:ssZ`)."""

    credential: dict[str, Any]
    now: str


class Found(msgspec.Struct, frozen=True):
    """What the libraries say. `status`: the bit of the status list, None where it wasn't looked up."""

    verified: bool
    status: bool | None
    error: str


def verify(documents: Mapping[str, Any], cases: Sequence[Case]) -> list[Found]:
    """The verdict on each. `documents`: address → what is found there. Raises PeerError where it can't be asked."""
    request = {"documents": documents, "cases": [{"credential": case.credential, "now": case.now} for case in cases]}
    folder = install(SOURCES)
    done = subprocess.run(
        [node_program(), folder / "verify.mjs"],
        cwd=folder,
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise PeerError(f"the verifiers failed:\n{done.stderr.strip()[-2000:]}")
    return msgspec.json.decode(done.stdout, type=list[Found])


def main() -> int:
    """Install."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--install", action="store_true", required=True)
    parser.parse_args()
    try:
        print(f"fedicert: the verifiers are in {install(SOURCES)}")
    except PeerError as error:
        print(f"fedicert: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
