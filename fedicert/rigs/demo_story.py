"""The first half of the demo's story, chapter by chapter: each does something, looks at what came of it, and tells it.

Everything told was seen from outside, by the people's clients or by the peer; a chapter that goes another way raises
NotAsTold. Nothing here starts or ends a process.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import httpx

from fedicert.rigs.demo_people import ByFedify, ByMastodon, Follower, Profile, client, profile
from fedicert.rigs.demo_stage import ADMIN, CAP, RAISED, TIER, Stage
from fedicert.rigs.story import must, until

HEADING = ("who follows Ada", "lives on", "the follow", "post 1", "post 2", "post 1 once deleted")


class Post(NamedTuple):
    """What Ada's client calls it, and what all servers call it."""

    id: str
    uri: str


@dataclass
class Findings:
    """What became of one follower; each word is from something that was seen."""

    follower: Follower
    at_first: str = ""
    after_raise: str = ""
    first: bool = False
    first_later: bool = False
    second: bool = False
    first_ended: bool = False

    def row(self) -> list[str]:
        """As the table shows it."""
        first = "got it" if self.first else "–"
        return [
            self.follower.handle,
            self.follower.server,
            " → ".join(dict.fromkeys((self.at_first, self.after_raise))),
            f"{first}, later a copy" if self.first_later else first,
            "got it" if self.second else "–",
            "gone" if self.first_ended else "–",
        ]


class Ada:
    """Whose audience has a cap, at her own client."""

    def __init__(self, stage: Stage, token: str) -> None:
        self.name = "ada"
        self.handle = f"@ada@{stage.home.authority}"
        self.uri = f"{stage.home.base}/users/ada"
        self._client = client(stage.home.base, token)

    def audience(self) -> list[str]:
        """The handles of her followers, as her client shows them."""
        me = self._client.account_verify_credentials()
        return sorted(f"@{one.acct}" for one in self._client.account_followers(me.id))

    def count(self) -> int:
        """How many followers her profile says she has."""
        return int(self._client.account_verify_credentials().followers_count)

    def profile(self) -> Profile:
        """Her profile as her client shows it."""
        return profile(self._client.account(self._client.account_verify_credentials().id))

    def fill_field(self, name: str, text: str) -> None:
        """Make this the one field of her profile that she writes herself; without a text, none."""
        self._client.account_update_credentials(fields=[(name, text)] if text else [("", "")])

    def waiting(self) -> list[str]:
        """The handles in her list of follow requests."""
        return sorted(f"@{one.acct}" for one in self._client.follow_requests())

    def told(self) -> int:
        """How many notifications she has of somebody asking to follow."""
        return sum(note.type == "follow_request" for note in self._client.notifications())

    def post(self, text: str) -> Post:
        """Post in public."""
        status = self._client.status_post(text)
        return Post(str(status.id), str(status.uri))

    def delete(self, identifier: str) -> None:
        """Delete a post."""
        self._client.status_delete(identifier)


@dataclass
class Cast:
    """Everybody, and what became of each."""

    ada: Ada
    found: list[Findings]

    @property
    def admitted(self) -> list[Findings]:
        """Those for whom there was room."""
        return self.found[:CAP]

    @property
    def waiting(self) -> list[Findings]:
        """Those who came when it was full."""
        return self.found[CAP:]


def tell(stage: Stage) -> Cast:
    """The first half: what a cap does. Raises NotAsTold where something goes another way."""
    cast = people(stage)
    five_follow(stage, cast)
    first = post_to_three(stage, cast)
    raise_the_cap(stage, cast)
    post_to_five(stage, cast, first.uri)
    delete_the_first(stage, cast, first)
    stage.story.chapter("What each of the five has seen")
    stage.story.table([HEADING, *(one.row() for one in cast.found)])
    return cast


def people(stage: Stage) -> Cast:
    """Chapter: who is here."""
    story = stage.story
    story.chapter("Three servers, six people")
    story.say(
        f"Two whole instances of fedicert, each a process with a database of its own: {stage.home.base} and "
        f"{stage.away.base}. A third server, {stage.peer.base}, is other people's software: Fedify, from npm. "
        "Ada lives on the first, her followers on the two others."
    )
    story.say(
        f"On the first instance whoever signs up stands on a tier with room for {CAP} followers. Above it stands one "
        "for whoever has a licence; Ada has none yet."
    )
    stage.command(stage.home, "tier", "list")
    ada = Ada(stage, stage.person(stage.home, "ada"))
    away = {name: ByMastodon(name, stage.away, stage.person(stage.away, name)) for name in ("bea", "carl", "dora")}
    there = {name: ByFedify(name, stage.peer) for name in ("emil", "fay")}
    story.seen(f"emil and fay live on the Fedify peer: {there['emil'].handle}, {there['fay'].handle}")
    order: list[Follower] = [away["bea"], there["emil"], away["carl"], away["dora"], there["fay"]]
    return Cast(ada, [Findings(one) for one in order])


def five_follow(stage: Stage, cast: Cast) -> None:
    """Chapter: three find room, two wait, and nobody tells them anything."""
    story, ada = stage.story, cast.ada
    story.chapter("Five people follow Ada; there is room for three")
    for one in cast.admitted:
        one.follower.follow(ada.handle)
        until(f"an Accept for {one.follower.handle}", one.follower.state, lambda state: state == "following")
        story.seen(f"{one.follower.handle} follows and is accepted")
    for one in cast.waiting:
        one.follower.follow(ada.handle)
        until(f"{one.follower.handle} in Ada's follow requests", ada.waiting, partial(_holds, one.follower.handle))
        story.seen(f"{one.follower.handle} follows and waits: Ada's client lists the request")
    for one in cast.found:
        one.at_first = one.follower.state()
    nobody_was_told(cast)
    audience, count = ada.audience(), ada.count()
    must(
        f"an audience of {CAP}: the first three", (count, audience), (count, audience) == (CAP, handles(cast.admitted))
    )
    must("the two others in the line", ada.waiting(), ada.waiting() == handles(cast.waiting))
    story.seen(f"Ada's profile says {count} followers: {', '.join(audience)}")
    story.seen('the two who wait see "requested" at home: no Accept, no Reject, no notification came to them')


def _holds(handle: str, those: list[str]) -> bool:
    return handle in those


def nobody_was_told(cast: Cast) -> None:
    """Those who wait are where they were: asked, and unanswered."""
    for one in cast.waiting:
        seen = (one.follower.state(), one.follower.answers())
        must(f"{one.follower.handle} still waits and has heard nothing", seen, seen == ("requested", []))


def post_to_three(stage: Stage, cast: Cast) -> Post:
    """Chapter: the first post reaches the audience, and nobody else."""
    story = stage.story
    story.chapter("Ada posts, from Mastodon.py")
    post = cast.ada.post("First: only those who follow me get this.")
    story.say(f"{post.uri}")
    for one in cast.admitted:
        one.first = until(f"post 1 at {one.follower.handle}", partial(one.follower.has, post.uri))
        story.seen(f"{one.follower.handle} has it")
    for one in cast.waiting:
        must(f"{one.follower.handle} doesn't have post 1", one.follower.has(post.uri), not one.follower.has(post.uri))
    # What is said to one server arrives there in order: had something been said to those who wait, it would be there.
    nobody_was_told(cast)
    story.seen("the two who wait have nothing, though both live on servers that were sent it")
    return post


def raise_the_cap(stage: Stage, cast: Cast) -> None:
    """Chapter: an admin makes room, and the line moves."""
    story = stage.story
    story.chapter(f"An admin raises the cap to {RAISED}; nothing is restarted")
    reason = "two more chairs"
    stage.command(stage.home, "tier", "set", TIER, f"followers={RAISED}", "--by", ADMIN, "--reason", reason, "--yes")
    for one in cast.waiting:
        until(f"an Accept for {one.follower.handle}", one.follower.state, lambda state: state == "following")
        story.seen(f"{one.follower.handle} is accepted now, without asking again")
    for one in cast.found:
        one.after_raise = one.follower.state()
        must(f"{one.follower.handle} follows", one.after_raise, one.after_raise == "following")
    audience, waiting = cast.ada.audience(), cast.ada.waiting()
    must(
        "all five in the audience, none in the line",
        (audience, waiting),
        (audience, waiting) == (handles(cast.found), []),
    )
    story.seen(f"Ada's profile says {cast.ada.count()} followers, and nobody waits")


def post_to_five(stage: Stage, cast: Cast, first: str) -> None:
    """Chapter: the next post reaches all, and the first still only those who were there."""
    story = stage.story
    story.chapter("Ada posts again")
    post = cast.ada.post("Second: the room is larger now.")
    story.say(f"{post.uri}")
    for one in cast.found:
        one.second = until(f"post 2 at {one.follower.handle}", partial(one.follower.has, post.uri))
        story.seen(f"{one.follower.handle} has it")
    for one in cast.waiting:
        one.first_later = one.follower.has(first)
        if one.first_later:
            story.say(
                f"({one.follower.handle} now sees the first post as well: nothing was sent again, but "
                f"{one.follower.server} held a copy for the others, and shows a newcomer what it holds.)"
            )
        else:
            story.seen(f"{one.follower.handle} still doesn't have the first post")


def delete_the_first(stage: Stage, cast: Cast, first: Post) -> None:
    """Chapter: taking back reaches everyone who was told."""
    story = stage.story
    story.chapter("Ada deletes the first post")
    cast.ada.delete(first.id)
    for one in (each for each in cast.found if each.first or each.first_later):
        one.first_ended = until(f"post 1 gone at {one.follower.handle}", partial(one.follower.saw_end, first.uri))
        story.seen(f"{one.follower.handle} doesn't have it any more")
    with httpx.Client(trust_env=False, headers={"accept": "application/activity+json"}) as anybody:
        answer = anybody.get(first.uri)
    must("410 Gone for whoever asks for post 1", answer.status_code, answer.status_code == httpx.codes.GONE)
    story.seen("and whoever asks Ada's server for it is told that it is gone (410)")


def handles(found: list[Findings]) -> list[str]:
    """Sorted as Ada's client is asked for them."""
    return sorted(one.follower.handle for one in found)
