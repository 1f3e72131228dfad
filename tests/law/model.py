"""Ada's audience as the law has it, in as few words as it can be said: what `test_machine.py` holds the house against.

It knows plain names and nothing of the code. Outside settling it says what happens; inside, the house is asked what it
did, and bounds are checked. The owner's division of a cap among accounts is taken from the house, and its sum is checked.
"""

from __future__ import annotations

import msgspec

from fedicert.base.clock import DAY

ELSEWHERE = {
    "a1": "a.example.com", "a2": "a.example.com", "b1": "b.example.com", "c1": "one.example.org",
    "c2": "one.example.org", "d1": "two.example.net", "relay": "two.example.net",
}  # fmt: skip
"""Who may follow, and where they are; `relay` is a Service."""
HERE = ("l1", "l2")
PEOPLE = (*ELSEWHERE, *HERE)
COUNTED = ("admitted", "paused")
RUNGS = ("low", "high")


def domain_of(name: str) -> str:
    """What a domain's day is counted by; people here have one as well."""
    return ".".join(ELSEWHERE[name].split(".")[-2:]) if name in ELSEWHERE else "home.example"


class Place(msgspec.Struct):
    """Somebody's follow; `order`: who is older. `trimmed`: was trimmed once and follows again."""

    state: str
    order: int
    trimmed: bool = False


class Window(msgspec.Struct):
    """A rung's cap lowered for a time. Once begun it holds to its end, wherever the clock goes."""

    rung: str
    cap: int
    starts: int
    ends: int
    begun: bool = False


class Model:
    """One owner, Ada, and whoever follows her. `now` and `day` are set by whoever lets time pass, with `turn` after it."""

    def __init__(self, rules: dict[str, int | None], kept: int, per_day: int, now: int) -> None:
        self.rules = dict(rules)
        self.kept_permille, self.per_day = kept, per_day
        self.rung = "low"
        self.windows: list[Window] = []
        self.share: int | None = None
        self.rule_share: int | None = None
        self.waived: tuple[int, int] | None = None
        self.locked = self.restored = self.moved_out = False
        self.followed: set[str] = set()
        self.blocked: set[str] = set()
        self.blocked_by: set[str] = set()
        self.moved: dict[str, tuple[str, int]] = {}
        self.places: dict[str, Place] = {}
        self.days: dict[tuple[str, int], int] = {}
        self.freed = 0
        self.refills: list[int] = []
        self.order = 0
        self.turn(now)

    # The cap

    @property
    def cap(self) -> int | None:
        """The lowest of rung, windows and share; a waiver raises it."""
        return self._raised(self.lowered, self.share)

    @property
    def rule_cap(self) -> int | None:
        """The same without windows."""
        return self._raised(self.rules[self.rung], self.rule_share)

    @property
    def lowered(self) -> int | None:
        """The rung's cap with its windows."""
        caps = [self.rules[self.rung], *(w.cap for w in self.windows if w.begun and w.rung == self.rung)]
        return min((cap for cap in caps if cap is not None), default=None)

    def _raised(self, cap: int | None, share: int | None) -> int | None:
        lowest = min((one for one in (cap, share) if one is not None), default=None)
        return lowest if lowest is None or self.waived is None else max(lowest, self.waived[0])

    def turn(self, now: int) -> None:
        """It is so late now: windows begin and end, waivers end."""
        self.now, self.day = now, now // DAY
        self.windows = [window for window in self.windows if now < window.ends]
        for window in self.windows:
            window.begun |= now >= window.starts
        if self.waived is not None and now >= self.waived[1]:
            self.waived = None

    # Who may have a slot

    def count(self) -> int:
        """Admitted and paused."""
        return sum(place.state in COUNTED for place in self.places.values())

    def states(self) -> dict[str, str]:
        """Who follows, and how."""
        return {name: place.state for name, place in self.places.items()}

    def why_not(self, name: str, *, word: bool = False) -> str:
        """Why this person has no slot now; '' where there is one. `word`: the owner picked them."""
        cap = self.cap
        if self.restored:
            return "restored from a backup"
        if cap is None:
            return ""
        if self.count() >= cap:
            return "full"
        if name == "relay":
            return "a relay"
        if self.refilling() and len(self.recent()) >= cap:
            return "turned over as often as 30 days allow"
        if name in self.followed:
            return ""
        others = sum(p.state in COUNTED and one not in self.followed for one, p in self.places.items())
        if others >= cap - cap * self.kept_permille // 1000:
            return "the rest is kept"
        domain = domain_of(name)
        today = sum(n for (one, day), n in self.days.items() if one == domain and day >= self.day)
        if self.per_day and not word and today >= self.per_day:
            return "the domain had its day"
        return ""

    def refilling(self) -> bool:
        """Would the next admission fill a slot that the owner freed? The others are filled first."""
        return self.cap is not None and 0 < self.cap - self.count() <= self.freed

    def recent(self) -> list[int]:
        """When slots that the owner freed were filled again, within 30 days."""
        return [at for at in self.refills if at > self.now - 30 * DAY]

    def frees(self, name: str) -> None:
        """The owner ends somebody's follow: a slot of the owner's doing, also where it comes only with a higher cap."""
        place = self.places.get(name)
        if place is not None and place.state in COUNTED and self.cap is not None:
            self.freed += 1

    # Who asks, who leaves

    def asks(self, name: str) -> None:
        """A Follow arrives."""
        if name in self.blocked:
            return
        self.blocked_by.discard(name)
        self.inherits(name)
        place = self.places.get(name)
        if (place is not None and place.state != "trimmed") or self.moved_out or self.cap == 0:
            return  # with cap 0 there is no line, and a Reject is all there is
        behind = any(one.state == "held" and not self.why_not(other) for other, one in self.places.items())
        state = "requested" if self.locked else "held" if behind or self.why_not(name) else "admitted"
        self.order += 1
        self.places[name] = Place("held", self.order, trimmed=place is not None)
        if state == "admitted":
            self.admit(name)
        else:
            self.places[name].state = state

    def admit(self, name: str, *, word: bool = False) -> None:
        """A slot is given; it counts toward the domain's day, unless the owner's word was given."""
        if self.refilling():
            self.freed -= 1
            self.refills.append(self.now)
        self.places[name].state = "admitted"
        domain = domain_of(name)
        if name not in self.followed and not word:
            self.days[domain, self.day] = self.days.get((domain, self.day), 0) + 1

    def leaves(self, name: str) -> None:
        """A follow or a place in the line ends. What remains of somebody trimmed isn't theirs to end."""
        if name in self.places and self.places[name].state != "trimmed":
            del self.places[name]

    def blocks(self, name: str) -> None:
        """Ada blocks somebody: both follows end, and a slot is free by her doing."""
        self.frees(name)
        self.places.pop(name, None)
        self.followed.discard(name)
        self.blocked.add(name)

    # Moving

    def moves(self, former: str, name: str) -> bool:
        """`former` is `name` now, as both say. It counts once in seven days, and not within or behind another move."""
        week = self.now - 7 * DAY
        if self.moved.get(former, ("", 0))[0] != name:
            late = former in self.moved and self.moved[former][1] > week
            between = any(target == former and at > week for target, at in self.moved.values())
            if late or between or name in self.moved:
                return False
            self.moved[former] = (name, self.now)
        if former in self.followed and not self.moved_out and name not in self.blocked | self.blocked_by:
            self.followed.discard(former)
            self.followed.add(name)
        if {former, name} <= {one for one, place in self.places.items() if place.state != "trimmed"}:
            self.asks(name)
        if former in self.blocked:
            self.blocks(name)
        return True

    def inherits(self, name: str) -> None:
        """The slot, or the place in the line, of who moved here is theirs; one person has one slot."""
        if name == "relay" and self.cap is not None:
            return
        ranks = {"admitted": 0, "paused": 1, "held": 2, "requested": 2}
        mine = [one for one, (target, _) in self.moved.items() if target == name and one in self.places]
        formers = [one for one in mine if self.places[one].state != "trimmed"]
        for former in sorted(formers, key=lambda one: (ranks[self.places[one].state], self.places[one].order)):
            given = self.places.pop(former)
            if name not in self.places or self.places[name].state not in COUNTED:
                self.places[name] = given

    # The line

    def release(self) -> None:
        """Who waits is let in, in the order of the line. A cap of 0 has none, unless it is a window's."""
        if self.moved_out:
            return
        if self.rule_cap == 0 and not self.count():
            self.places = {name: place for name, place in self.places.items() if place.state == "trimmed"}
        if self.locked:
            return
        for name, place in list(self.places.items()):
            if place.state == "requested":
                place.state = "held"
                if self.cap == 0:
                    del self.places[name]
        while True:
            waiting = [name for name, place in self.places.items() if place.state == "held" and not self.why_not(name)]
            if not waiting:
                return
            self.admit(min(waiting, key=self._rank))

    def _rank(self, name: str) -> tuple[bool, bool, int]:
        place = self.places[name]
        return (not place.trimmed, name not in self.followed, place.order)
