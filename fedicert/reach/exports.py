"""An exported ledger: how its lines are written, and whether it verifies. Pure: whoever has the file can check it alone.

One JSON object a line. The first says what it is: whose, redacted or not, the keys it was signed with, the latest
checkpoint. A ledger of everybody follows checkpoint by checkpoint: the signed checkpoint, and of each chain that it binds
the rows since the last. So a reader needs to remember nothing but where each chain stands. A person's own ledger is their
chain, and at its end the checkpoint that binds it with the way from their leaf to its root.

In a redacted one no row has a name, a salt, a moment or a word that somebody wrote: digests and the UTC day stand there,
and a chain has its own name. It goes by the checkpoints that close a day, as far as the last of them; the others stand in
it signed, and without what they bind, which would date it to the minute. Withheld but for their hash are rows of which
everybody is shown elsewhere, by name, what they say (`withheld`). Rows with a plain moment (forms 1 and 2) aren't in it,
nor is the content of the first after them: their hashes could be tried out on the roots that were published then.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import msgspec
import orjson

from fedicert.reach import chain

FORM = 2
"""Of a file. In form 1 no row had a day, and a redacted file had everything that every checkpoint binds."""
PUBLIC = frozenset(
    {
        "account_created", "account_deleted", "account_suspended", "account_unsuspended", "code_agreed", "mark_undone",
        "move_undone", "moved", "post_marked", "role_changed",
    }
)  # fmt: skip
"""Kinds of which everybody is shown, by name, that it happened and what the row says (docs/decisions/0023)."""
ALONE = frozenset({"waiver_ended", "waiver_given"})
"""Kinds of which that holds where somebody decided alone."""

CheckSignature = Callable[[str, bytes, str], bool]
"""(Multikey, what was signed, signature in hex) → does it fit?"""


class SignedCheckpoint(Protocol):
    """A checkpoint with its signature, as it is published and kept; `key`: a Multikey, '' where it isn't said."""

    @property
    def number(self) -> int:
        """Its place."""
        ...

    @property
    def hash(self) -> str:
        """What the next one names."""
        ...

    @property
    def kid(self) -> str:
        """The id of the key."""
        ...

    @property
    def key(self) -> str:
        """The key."""
        ...

    @property
    def signature(self) -> str:
        """Hex."""
        ...

    @property
    def checkpoint(self) -> chain.Checkpoint:
        """What is signed."""
        ...


class Report(msgspec.Struct, kw_only=True):
    """What was looked at and what was found. `findings` empty: the export verifies.

    `withheld`: rows by their hash alone; `older`: of an older form, which the file doesn't have. `until`: its last day.
    """

    of: str = ""
    server: str = ""
    redacted: bool = False
    chains: int = 0
    rows: int = 0
    withheld: int = 0
    older: int = 0
    until: str = ""
    checkpoints: int = 0
    latest: int = 0
    findings: list[str] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)


def withheld(kind: str, body: Mapping[str, Any]) -> bool:
    """Whether a redacted export has nothing but the hash of such a row, and the digest of what it says."""
    return kind in PUBLIC or (kind in ALONE and bool(body.get("alone")))


def redacted_line(row: chain.Row, digest: str, *, after_older: bool) -> bytes:
    """A row as an auditor gets it, nothing where it gets none of it. `after_older`: those before it are of form 1 or 2."""
    if row.form < chain.FORM:
        return b""
    body = orjson.loads(row.body)
    if after_older or withheld(row.kind, body):
        older = {"older": row.seq - 1} if after_older else {}
        told = {"seq": row.seq, "withheld": True, **older, "digest": chain.digest_of(row), "hash": digest}
        return orjson.dumps(told) + b"\n"
    return orjson.dumps(_told(row, digest, {"day": chain.day_of(row.at)}, body)) + b"\n"


def row_line(row: chain.Row, digest: str, names: Mapping[str, tuple[str, str]]) -> bytes:
    """A row, with everything. `names`: field → (salt, value) as far as they are there."""
    when: dict[str, Any] = {"at": row.at} if row.form < chain.FORM else {"day": chain.day_of(row.at), "at": row.at}
    told = _told(row, digest, when, orjson.loads(row.body))
    if row.form == 1:
        told["account"] = str(row.account)
    if names:
        told["names"] = {field: list(value) for field, value in names.items()}
    return orjson.dumps(told) + b"\n"


def _told(row: chain.Row, digest: str, when: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "seq": row.seq,
        **when,
        "rule": row.rule,
        "kind": row.kind,
        "parties": orjson.loads(row.parties),
        "body": body,
        "hash": digest,
    }


def older_line(label: str, leaf: chain.Leaf) -> bytes:
    """A chain of which an auditor gets no row, because all are of form 1 or 2; its leaf says nothing without its salt."""
    bound = chain.leaf_hash(leaf)
    return orjson.dumps({"chain": label or bound, "to": leaf.seq, "leaf": bound}) + b"\n"


def chain_line(label: str, leaf: chain.Leaf | None, **more: object) -> bytes:
    """Rows of this chain follow. `leaf`: as far as the checkpoint above binds it."""
    told: dict[str, object] = {"chain": label, **more}
    if leaf is not None:
        told["to"] = leaf.seq
        if leaf.salt:
            told["blind"] = leaf.salt
        if not leaf.chain:
            told["leaf"] = chain.leaf_hash(leaf)
    return orjson.dumps(told) + b"\n"


def verify(
    lines: Iterable[bytes],
    check: CheckSignature,
    signed: Callable[[Any], SignedCheckpoint],
    kept: Iterable[SignedCheckpoint] = (),
    heads: Iterable[tuple[int, chain.Leaf]] = (),
) -> Report:
    """Verify an export line by line. `signed` reads a checkpoint. `kept`, `heads`: what somebody else kept of it, the heads
    of chains with the moment (ms) at which they were that.

    Raises ValueError, with a sentence, where it is no export.
    """
    reading = _Reading(check, signed, list(kept), [one for one in heads if one[1].chain])
    begun = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            told = orjson.loads(line)
            if not begun:
                reading.header(told)
                begun = True
            else:
                reading.line(told)
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
            if not begun:
                raise ValueError("it isn't a ledger exported by fedicert") from error
            reading.report.findings.append(f"line {number} of the file can't be read")
            return reading.report
    if not begun:
        raise ValueError("it isn't a ledger exported by fedicert: it is empty")
    reading.end()
    return reading.report


class _Reading:
    """Where a reader of an export stands: each chain's last row, and the checkpoint whose leaves are being gathered."""

    def __init__(
        self,
        check: CheckSignature,
        signed: Callable[[Any], SignedCheckpoint],
        kept: list[SignedCheckpoint],
        heads: list[tuple[int, chain.Leaf]],
    ) -> None:
        self.report = Report()
        self._check = check
        self._signed = signed
        self._kept = {one.number: one for one in kept}
        self._heads = {(leaf.chain, leaf.seq): leaf.head for _, leaf in heads}
        newest_first = sorted(heads, key=lambda one: one[0], reverse=True)
        self._days = {(leaf.chain, leaf.seq): chain.day_of(at) for at, leaf in newest_first}
        self._keys: dict[str, str] = {one.kid: one.key for one in kept if one.key}
        self._places: dict[str, tuple[int, str]] = {}
        self._broken: set[str] = set()
        self._at: SignedCheckpoint | None = None
        self._leaves: list[str] = []
        self._chain = ""
        self._leaf: Mapping[str, Any] | None = None
        self._latest: SignedCheckpoint | None = None
        self._bound = False
        self._own: dict[int, tuple[str, int | None]] = {}
        self._numbers: dict[str, int] = {}
        self._by_days = False
        self._older: dict[str, int] = {}

    def header(self, told: Mapping[str, Any]) -> None:
        """The first line."""
        if told["ledger"] not in (1, FORM):
            raise ValueError(f"it is of form {told['ledger']}, and this program reads forms 1 and {FORM}")
        self._by_days = told["ledger"] == FORM and bool(told["redacted"])
        report = self.report
        report.server, report.of, report.redacted = str(told["server"]), str(told["of"]), bool(told["redacted"])
        self._latest = None if told["latest"] is None else self._signed(told["latest"])
        report.latest = self._latest.number if self._latest else 0
        if not self._kept:
            report.notes.append(
                "which key is the server's is taken from the file itself, and so is how far it goes: compare both with a"
                " checkpoint kept elsewhere (--checkpoint FILE or URL)"
            )
        for kid, key in dict(told["keys"]).items():
            pinned = self._keys.setdefault(kid, key)
            if pinned != key:
                report.findings.append(f"the key {kid} of the file isn't that of the checkpoint kept elsewhere")
        if report.redacted and not self._by_days:
            report.notes.append("it is of form 1, in which a row by its hash alone doesn't bind the rows before it")
        if self._latest is not None:
            self._check_signed(self._latest)

    def line(self, told: Mapping[str, Any]) -> None:
        """Any other line."""
        if "checkpoint" in told:
            self._close()
            self._open(self._signed(told["checkpoint"]))
        elif "bound" in told:
            self._close_chain()
            self._check_bound(told)
        elif "chain" in told:
            self._close_chain()
            self._begin(told)
        else:
            self._row(told)

    def end(self) -> None:
        """There are no more lines."""
        self._close()
        report, last = self.report, self._at
        report.older = sum(self._older.values())
        if report.of:
            if report.chains > 1:
                report.findings.append("it is one account's ledger, and has more than one chain")
            if not self._bound and self._latest is not None and report.rows:
                report.findings.append("no checkpoint binds this ledger, though there are some")
        elif self._latest is not None and (last is None or last.number < self._latest.number):
            report.findings.append(f"checkpoint {(last.number if last else 0) + 1} is missing")
        for number, one in sorted(self._kept.items()):
            if not report.of and (last is None or number > last.number):
                report.findings.append(f"checkpoint {number} was kept elsewhere and is missing in the file")
            self._check_signed(one)
        for name, seq in sorted(self._heads):
            # A redacted file ends with a day that is over.
            due = not self._by_days or self._days[name, seq] <= report.until
            there = max(self._places[name][0] if name in self._places else 0, self._older.get(name, 0))
            if report.of and name not in self._places:
                continue  # another person's
            if due and seq > there and name not in self._broken:
                self._fault(name, f"row {seq} is missing, as the checkpoint kept elsewhere shows")

    def _open(self, told: SignedCheckpoint) -> None:
        report, before = self.report, self._at
        report.checkpoints += 1
        if told.number != (before.number if before else 0) + 1:
            report.findings.append(f"checkpoint {(before.number if before else 0) + 1} is missing")
        elif told.checkpoint.prev != (before.hash if before else chain.GENESIS):
            report.findings.append(f"checkpoint {told.number} doesn't follow the one before")
        self._check_signed(told)
        kept = self._kept.get(told.number)
        if kept is not None and kept.hash != told.hash:
            report.findings.append(f"checkpoint {told.number} of the file isn't the one that was kept elsewhere")
        if self._by_days and told.checkpoint.day:
            report.until = told.checkpoint.day
        self._at, self._leaves = told, []

    def _check_signed(self, told: SignedCheckpoint) -> None:
        key = self._keys.get(told.kid, "")
        good = chain.checkpoint_hash(told.checkpoint) == told.hash and bool(key)
        if not good or not self._check(key, chain.checkpoint_bytes(told.checkpoint), told.signature):
            self.report.findings.append(f"checkpoint {told.number} was altered, or isn't signed by the server")

    def _begin(self, told: Mapping[str, Any]) -> None:
        self._chain, self._leaf = str(told["chain"]), told
        if self._chain not in self._places:
            self.report.chains += 1
            self._places[self._chain] = (0, chain.GENESIS)
        at = self._at
        if not self.report.of and ("to" not in told or at is None or bool(at.checkpoint.day) != self._by_days):
            self._fault(self._chain, "it stands where no checkpoint binds it")
        if "salt" in told and chain.digest_of_name(str(told["salt"]), str(told["owner"])) != self._chain:
            self._fault(self._chain, "its name isn't that of its owner")

    def _row(self, told: Mapping[str, Any]) -> None:
        name, (seq, head) = self._chain, self._places[self._chain]
        self.report.rows += 1
        number, digest = int(told["seq"]), str(told["hash"])
        if "older" in told and self._by_days and not seq:
            seq = int(told["older"])
            self._older[name] = seq
        self._places[name] = (number, digest)
        if name in self._broken:
            return
        if number != seq + 1:
            self._fault(name, f"row {seq + 1} is missing")
        elif told.get("withheld"):
            self._withheld(name, told, head, first=head == chain.GENESIS and seq > 0)
        elif chain.row_hash(self._as_row(told, head)) != digest:
            self._fault(name, f"row {number} was altered")
        elif self._by_days and self._at is not None and told["day"] > self._at.checkpoint.day:
            self._fault(name, f"row {number} is of a later day than the one under which it stands")
        elif self._heads.get((name, number), digest) != digest:
            self._fault(name, f"row {number} was altered, as the checkpoint kept elsewhere shows")
        self._check_names(name, told)
        if not told.get("withheld"):
            self._numbers[name] = int(told.get("account", 0))
        if self.report.of:
            self._own[number] = (digest, self._numbers.get(name))

    def _withheld(self, name: str, told: Mapping[str, Any], head: str, *, first: bool) -> None:
        """A row that isn't in the file. It still binds those before it; before the `first` are only older ones."""
        self.report.withheld += 1
        if not self.report.redacted:
            self._fault(name, f"row {told['seq']} is withheld, in a file that has everything")
        elif self._by_days and not first and chain.joined(head, told["digest"]) != told["hash"]:
            self._fault(name, f"row {told['seq']} doesn't follow the one before, which was altered")

    def _check_names(self, name: str, told: Mapping[str, Any]) -> None:
        number = told["seq"]
        for field, (salt, value) in told.get("names", {}).items():
            if told["parties"].get(field) != chain.digest_of_name(salt, value):
                self._fault(name, f"the name beside row {number} ({field}) was altered")
            elif field == chain.MOMENT and value != str(told.get("at")):
                self._fault(name, f"the moment of row {number} was altered")
        if "day" in told and "at" in told and chain.day_of(told["at"]) != told["day"]:
            self._fault(name, f"the moment of row {number} was altered")

    def _as_row(self, told: Mapping[str, Any], head: str) -> chain.Row:
        return chain.Row(
            account=int(told.get("account", 0)),
            seq=told["seq"],
            at=told.get("at", 0),
            day=told.get("day", ""),
            form=chain.FORM if "day" in told else 1 if "account" in told else 2,
            rule=told["rule"],
            kind=told["kind"],
            parties=chain.canonical(told["parties"]).decode(),
            body=chain.canonical(told["body"]).decode(),
            prev=head,
            chain="" if "account" in told else self._chain,
        )

    def _close_chain(self) -> None:
        """The rows of a chain under a checkpoint are read: this is its leaf."""
        leaf = self._leaf
        if leaf is None or "to" not in leaf:
            self._leaf = None
            return
        seq, head = self._places[self._chain]
        if "leaf" in leaf and self._by_days and not seq:
            self._older[self._chain] = int(leaf["to"])
            self._leaves.append(str(leaf["leaf"]))
            self._leaf = None
            return
        if seq < leaf["to"]:
            self._fault(self._chain, f"row {seq + 1} is missing")
        self._leaves.append(self._leaf_of(leaf, seq, head, self._numbers.get(self._chain)))
        self._leaf = None

    def _leaf_of(self, told: Mapping[str, Any], seq: int, head: str, number: int | None) -> str:
        """The leaf that the rows come to; else rows that were made anew could stand under a leaf that is true.

        `number`: the account that the last row says (form 1), 0 where it says none, None where no row of it is shown.
        Only then what the file says the leaf is has to do: an account's number is in it that the file hasn't.
        """
        if "leaf" in told and number is None and not self._by_days:
            return str(told["leaf"])
        name = "" if "leaf" in told and number else self._chain
        return chain.leaf_hash(chain.Leaf(number or 0, seq, head, name, str(told.get("blind", ""))))

    def _close(self) -> None:
        self._close_chain()
        if self._at is not None and not self.report.of:
            bound = self._at.checkpoint
            if bool(bound.day) != self._by_days:
                return  # what it binds isn't in this file: the days' closings do, or the others
            if (len(self._leaves), chain.root_of(self._leaves)) != (bound.leaves, bound.root):
                self.report.findings.append(f"checkpoint {bound.number} binds other rows than those of the file")

    def _check_bound(self, told: Mapping[str, Any]) -> None:
        """A person's own: from the leaf of their chain to the root of a signed checkpoint."""
        bound, seq = self._signed(told["bound"]), int(told["to"])
        self.report.checkpoints += 1
        self._check_signed(bound)
        kept = self._kept.get(bound.number)
        if kept is not None and kept.hash != bound.hash:
            self.report.findings.append(f"checkpoint {bound.number} of the file isn't the one that was kept elsewhere")
        head, account = self._own.get(seq, ("", None))
        if not head:
            self._fault(self._chain, f"row {seq} is missing, as checkpoint {bound.number} shows")
            return
        if chain.root_by(self._leaf_of(told, seq, head, account), told["proof"]) != bound.checkpoint.root:
            self.report.findings.append(f"checkpoint {bound.number} doesn't bind row {seq} of the file")
        self._bound = True
        if self._own and max(self._own) > seq:
            self.report.notes.append(f"rows after {seq} aren't bound by a checkpoint yet")

    def _fault(self, name: str, what: str) -> None:
        self._broken.add(name)
        self.report.findings.append(f"chain {name[:16]}: {what}")
