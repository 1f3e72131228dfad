"""The ledger's hashes (law 7): a chain of rows per account, and a Merkle root over the heads of chains. Pure.

A row's hash is SHA-256(previous hash ‖ SHA-256(JCS(row))), in older forms SHA-256(previous hash ‖ JCS(row)). Each
personal value stands in it as SHA-256(salt ‖ value): names and salts lie beside the chain and can go, and the chain still
verifies. The owner is personal, too: a chain bears a name of its own, SHA-256(salt ‖ the owner's actor id). So is the
moment, by which a row could be found by whoever saw from outside when something happened: a row has its UTC day, and the
moment as a digest among its parties (form 3). Older rows have the moment itself (form 2), the oldest the account's number
as well (form 1). All keys are ASCII and all numbers integers, so sorted compact JSON is JCS (RFC 8785).
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache

import msgspec
import orjson

from fedicert.base.clock import utc_day

GENESIS = "0" * 64
NO_LEAVES = hashlib.sha256(b"").hexdigest()
"""The root of a checkpoint that binds nothing new: it says that nothing was decided since the last."""


FORM = 3
"""Of the rows that are made now."""
MOMENT = "moment"
"""How the moment (ms, as text) is called beside the chain, and its digest among the parties."""
_EPOCH = date(1970, 1, 1)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One decision. `parties` and `body` are JSON texts; in `parties` a personal value is a digest.

    `chain`: the name of its chain, '' in form 1, where `account` is hashed instead. `day`: where `at` isn't known.
    """

    account: int
    seq: int
    at: int
    rule: str
    kind: str
    parties: str
    body: str
    prev: str
    chain: str = ""
    form: int = FORM
    day: str = ""


class Leaf(msgspec.Struct, frozen=True):
    """The head of one account's chain at a checkpoint. `chain`: its name, '' in form 1, where `account` is hashed.

    `salt`: without it nobody can try out by a published root which row was a chain's head then. '' in leaves of before.
    """

    account: int
    seq: int
    head: str
    chain: str = ""
    salt: str = ""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Binds the chains that grew since the one before. `root`: Merkle root over their heads.

    `day`: it closes this UTC day, and binds of every chain that grew since the last closing the last row of that day;
    '' of all others.
    """

    number: int
    at: int
    leaves: int
    root: str
    prev: str
    day: str = ""


def canonical(value: object) -> bytes:
    """JCS of a value with ASCII keys and integer numbers."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest_of_name(salt: str, value: str) -> str:
    """How a personal value stands in a row: SHA-256(salt ‖ value), hex."""
    return hashlib.sha256(salt.encode() + value.encode()).hexdigest()


def day_of(at: int) -> str:
    """The UTC day that a moment (ms) lies in, as ISO 8601 writes it."""
    return _day_numbered(utc_day(at))


@lru_cache(maxsize=64)
def _day_numbered(number: int) -> str:
    return (_EPOCH + timedelta(days=number)).isoformat()


def row_hash(row: Row) -> str:
    """The hash of a row, hex."""
    if row.form == FORM:
        return joined(row.prev, digest_of(row))
    return hashlib.sha256(row.prev.encode() + _said(row)).hexdigest()


def digest_of(row: Row) -> str:
    """Of what a row says, hex: whoever is given this and not the row still sees that it stands on the one before."""
    return hashlib.sha256(_said(row)).hexdigest()


def joined(prev: str, digest: str) -> str:
    """The hash of a row, hex, of the one before it and of the digest of what it says."""
    return hashlib.sha256(prev.encode() + digest.encode()).hexdigest()


def _said(row: Row) -> bytes:
    """JCS of a row without the hash of the one before."""
    return canonical(
        {
            **({"account": str(row.account)} if row.form == 1 else {"chain": row.chain}),
            **({"at": row.at} if row.form < FORM else {"day": row.day or day_of(row.at)}),
            "seq": row.seq,
            "rule": row.rule,
            "kind": row.kind,
            "parties": row.parties,
            "body": row.body,
        }
    )


def leaf_hash(leaf: Leaf) -> str:
    """What stands for a leaf in the tree, hex."""
    told = [leaf.chain or str(leaf.account), leaf.seq, leaf.head, *([leaf.salt] if leaf.salt else [])]
    return hashlib.sha256(b"\x00" + canonical(told)).hexdigest()


def in_order(leaves: Iterable[Leaf]) -> list[Leaf]:
    """The leaves of a checkpoint in the order of its tree: by the names of chains. Those without a name come first, by
    their salts, since a file that has them in the order of their accounts would say which is whose; of before by account.
    """
    return sorted(leaves, key=lambda leaf: (leaf.chain, "", 0) if leaf.chain else ("", leaf.salt, leaf.account))


def merkle_root(leaves: Iterable[Leaf]) -> str:
    """Root over the leaves, hex (the tree of RFC 9162 §2.1.1: leaves and nodes hashed apart)."""
    return root_of([leaf_hash(leaf) for leaf in in_order(leaves)])


def root_of(hashes: Sequence[str]) -> str:
    """Root over the hashes of leaves in their order, hex."""
    level = [bytes.fromhex(one) for one in hashes]
    if not level:
        return NO_LEAVES
    while len(level) > 1:
        level = _next_level(level)
    return level[0].hex()


def proof_of(hashes: Sequence[str], place: int) -> list[str]:
    """What it takes to come from one leaf to the root: '<' or '>' (the sibling's side) with the sibling's hash."""
    level, path = [bytes.fromhex(one) for one in hashes], []
    while len(level) > 1:
        other = place ^ 1
        if other < len(level):
            path.append(("<" if other < place else ">") + level[other].hex())
        level, place = _next_level(level), place // 2
    return path


def root_by(leaf: str, path: Iterable[str]) -> str:
    """The root that a leaf's hash and its proof come to, hex. ValueError where the proof is none."""
    node = bytes.fromhex(leaf)
    for step in path:
        side, other = step[:1], bytes.fromhex(step[1:])
        if side not in ("<", ">"):
            raise ValueError(f"a step of a proof begins with < or >, not {side!r}")
        node = hashlib.sha256(b"\x01" + (other + node if side == "<" else node + other)).digest()
    return node.hex()


def _next_level(level: list[bytes]) -> list[bytes]:
    paired = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
    # An odd one out goes up as it is.
    return paired + level[len(paired) * 2 :]


def checkpoint_bytes(checkpoint: Checkpoint) -> bytes:
    """What is signed and hashed of a checkpoint."""
    return canonical(
        {
            "number": checkpoint.number,
            "at": checkpoint.at,
            "leaves": checkpoint.leaves,
            "root": checkpoint.root,
            "prev": checkpoint.prev,
            **({"day": checkpoint.day} if checkpoint.day else {}),
        }
    )


def checkpoint_hash(checkpoint: Checkpoint) -> str:
    """The hash that the next checkpoint names, hex."""
    return hashlib.sha256(checkpoint_bytes(checkpoint)).hexdigest()
