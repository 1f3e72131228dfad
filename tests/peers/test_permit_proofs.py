"""The proof on a post that carries a permit, as verifiers that we didn't write read it: apsig, and Fedify."""

import copy
import json
import subprocess
from typing import Any

import pytest
from apsig import ProofVerifier

from fedicert.activitypub import build
from fedicert.keys import pairs
from fedicert.model.accounts import AccountRow
from fedicert.model.statuses import MediaRow, MentionRow, StatusRow
from fedicert.model.urls import Urls
from fedicert.proofs import object_proofs
from fedicert.rigs.fedify_peer import SOURCES, install, node_program
from fedicert.text.permits import permit_line

URLS = Urls("https://here.test", "here.test")
WHEN = 1_767_323_045_678
ADA = "https://here.test/users/ada"
KEY = f"{ADA}#ed25519-key"


def post() -> StatusRow:
    return StatusRow(
        id=17,
        uri=URLS.status("ada", 17),
        url=URLS.status_page("ada", 17),
        author_id=1,
        content_html="<p>Größe zählt: <b>CO/ALR</b> \u2028 &amp; \U0001f50c</p>",
        spoiler_text="wires",
        language="de",
        created_at=WHEN,
        edited_at=WHEN + 60_000,
        mentions=(MentionRow(2, "bob", "https://far.test/@bob", "bob@far.test", "https://far.test/users/bob"),),
        tags=("größe",),
        media=(MediaRow(id=9, url="https://here.test/media/9.png", mime_type="image/png", width=40, focus_x=0.25),),
    )


def signed(pair: pairs.Pair) -> dict[str, Any]:
    note = build.note(URLS, post(), "ada", boosts="audience", answers_by="audience")
    line = permit_line("Electrician ME-1, US-NY", "The Board", "https://here.test/@ada/licences/1")
    return proven(pair, build.under_licence(note, "https://board.test/credentials/1", line))


def proven(pair: pairs.Pair, document: dict[str, Any]) -> dict[str, Any]:
    proof = object_proofs.unsigned_proof(document, KEY, WHEN)
    signature = pairs.sign(pair.secret, object_proofs.signing_input(document, proof))
    # As it travels: through JSON, and back.
    found: dict[str, Any] = json.loads(json.dumps(object_proofs.with_proof(document, proof, signature)))
    return found


def told(pair: pairs.Pair) -> dict[str, Any]:
    """The Create of the post, as it is passed on: with a proof of its own around the post's."""
    return proven(pair, build.create(f"{URLS.status('ada', 17)}/activity", signed(pair)))


def tampered(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        document | {"content": "<p>Other</p>"},
        document | {"statedUnder": "https://board.test/credentials/2"},
        document | {"proof": document["proof"] | {"created": "2020-01-01T00:00:00Z"}},
    ]


def test_apsig_verifies_it_and_finds_what_was_changed() -> None:
    pair = pairs.new_ed25519()
    verifier = ProofVerifier(pair.public)
    document = signed(pair)
    assert verifier.verify_proof(copy.deepcopy(document)) == KEY
    assert not any(verifier.verify_proof(copy.deepcopy(other)) for other in tampered(document))
    activity = told(pair)
    assert verifier.verify_proof(copy.deepcopy(activity)) == KEY
    assert verifier.verify_proof(copy.deepcopy(activity["object"])) == KEY, "it stands as it was signed"
    assert not verifier.verify_proof(copy.deepcopy(activity | {"object": tampered(document)[0]}))


@pytest.mark.node
def test_fedify_verifies_it_and_finds_what_was_changed() -> None:
    pair = pairs.new_ed25519()
    document = signed(pair)
    ada = AccountRow(id=1, uri=ADA, url="https://here.test/@ada", username="ada", created_at=WHEN)
    keys = build.PublicKeys(pairs.public_pem(pairs.load_private(pairs.new_rsa().secret)), pair.public)
    actor = build.actor(URLS, ada, keys, manually_approves=False)
    activity = told(pair)
    posts = [document, *tampered(document), activity, activity | {"object": tampered(document)[0]}]
    request = {"documents": {ADA: actor}, "posts": posts}
    folder = install(SOURCES)
    done = subprocess.run(
        [node_program(), folder / "prove.mjs"],
        cwd=folder,
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [True, False, False, False, True, False], done.stderr
