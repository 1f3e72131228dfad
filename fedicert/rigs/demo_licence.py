"""The second half of the demo's story: a licence lifts the cap, is judged by strangers, and is taken back.

As in the first half everything told was seen from outside; a chapter that goes another way raises NotAsTold.
"""

import json
from dataclasses import dataclass, field
from functools import partial

from fedicert.rigs.demo_board import NAME, PLACE, TITLE
from fedicert.rigs.demo_people import ByFedify, ByMastodon, Follower, Profile
from fedicert.rigs.demo_stage import BOARD_AS_LISTED, LICENSED, RAISED, TIER, Stage
from fedicert.rigs.demo_story import Ada, Cast
from fedicert.rigs.story import must, until

NUMBER = "ME-104422"
HOLDER = "Ada Example"
WHAT = f"{TITLE}, {PLACE}"
BADGE = f"{WHAT} ({BOARD_AS_LISTED})"
CHECKED = "Licence, as checked here"
SHOWN = f"Licence: {WHAT}"
UNLISTED = "valid, issuer not on our list"
FOLLOWERS = ("who came later", "lives on", "the follow", "post 3")
WITNESSES = ("who looks at Ada", "trusts the board", "while it stood", "once taken back", "knew it by")


@dataclass
class Licensed:
    """Who takes part, and what was found of each; every word of the tables is from something that was seen."""

    cast: Cast
    bea: ByMastodon
    kim: ByMastodon
    emil: ByFedify
    late: list[Follower] = field(default_factory=list)
    states: dict[str, list[str]] = field(default_factory=dict)
    third_post: list[str] = field(default_factory=list)
    while_it_stood: dict[str, str] = field(default_factory=dict)
    once_taken_back: dict[str, str] = field(default_factory=dict)
    credential: str = ""

    @property
    def ada(self) -> Ada:
        """Whose licence it is."""
        return self.cast.ada

    @property
    def everybody(self) -> list[Follower]:
        """The five of the first half and those who came later."""
        return [*(one.follower for one in self.cast.found), *self.late]

    def note(self, follower: Follower) -> None:
        """How a follow stands now, if that is something new."""
        seen = self.states.setdefault(follower.handle, [])
        state = follower.state()
        if state not in seen:
            seen.append(state)


def tell_of_the_licence(stage: Stage, cast: Cast) -> Licensed:
    """Chapters 8 to the end."""
    bea, emil = cast.found[0].follower, cast.found[1].follower
    assert isinstance(bea, ByMastodon) and isinstance(emil, ByFedify)
    two = two_more_wait(stage, cast)
    kim = ByMastodon("kim", stage.third, stage.person(stage.third, "kim"), "the third instance")
    licensed = Licensed(cast, bea, kim, emil, late=two)
    for one in two:
        licensed.note(one)
    a_board_issues(stage, licensed)
    she_takes_it_up(stage, licensed)
    others_judge(stage, licensed)
    the_board_revokes(stage, licensed)
    one_more_waits(stage, licensed)
    tables(stage, licensed)
    return licensed


def two_more_wait(stage: Stage, cast: Cast) -> list[Follower]:
    """Chapter: the raised cap is full as well."""
    story = stage.story
    story.chapter(f"Two more follow Ada, and the room for {RAISED} is full")
    two: list[Follower] = [
        ByMastodon("gus", stage.away, stage.person(stage.away, "gus")),
        ByFedify("hana", stage.peer),
    ]
    for one in two:
        _follows_and_waits(stage, cast.ada, one)
    story.say(f"A third instance joins as well, where kim will look at Ada without following her: {stage.third.base}.")
    return two


def _follows_and_waits(stage: Stage, ada: Ada, one: Follower) -> None:
    one.follow(ada.handle)
    until(f"{one.handle} in Ada's follow requests", ada.waiting, lambda those: one.handle in those)
    must(f"{one.handle} waits", one.state(), one.state() == "requested")
    stage.story.seen(f"{one.handle} follows and waits")


def a_board_issues(stage: Stage, licensed: Licensed) -> None:
    """Chapter: an authority of its own makes sure who applies, and issues."""
    story, board, ada = stage.story, stage.board, licensed.ada
    story.chapter("A licensing board issues Ada a licence")
    story.say("The board is no instance: a folder, a key and a small server that shows what it issued.")
    board.begin()
    board.serve()
    word = board.challenge(ada.uri, NUMBER)
    ada.fill_field("Application", word)
    story.seen("Ada puts that into a field of her profile: so the board sees that whoever applies holds the account")
    licensed.credential = board.issue(ada.uri, NUMBER, HOLDER)
    ada.fill_field("Application", "")


def she_takes_it_up(stage: Stage, licensed: Licensed) -> None:
    """Chapter: imported, the code agreed to, consented to; the tier rises by itself, and the line moves."""
    story, ada = stage.story, licensed.ada
    story.chapter("Ada takes it up: nobody touches the cap, and those who wait are let in")
    story.say(f"The first instance has the board on its trust list, as {BOARD_AS_LISTED}, for its electricians.")
    said = stage.command(stage.home, "licence", "import", ada.name, licensed.credential)
    must("every check holds", said, "ok   proof" in said and "FAIL" not in said)
    must("nothing is shown before she consents", ada.profile(), BADGE not in ada.profile().badges)
    must("the two still wait", ada.waiting(), ada.waiting() == sorted(one.handle for one in licensed.late))
    story.say("Whoever leaves the lowest tier agrees to this server's code of responsibility first.")
    said = stage.command(stage.home, "code", "agree", ada.name, "--version", "1")
    must("she has agreed, and that alone lifts nobody", said, "agreed to version 1" in said and "waits" not in said)
    said = stage.command(stage.home, "licence", "consent", ada.name, "1")
    must(f"she stands on {LICENSED}", said, f"tier {LICENSED}" in said)
    for one in licensed.late:
        until(f"an Accept for {one.handle}", one.state, lambda state: state == "following")
        licensed.note(one)
        story.seen(f"{one.handle} is accepted now, without asking again")
    everybody = sorted(one.handle for one in licensed.everybody)
    seen = (ada.audience(), ada.waiting())
    must("all seven in the audience, none in the line", seen, seen == (everybody, []))
    mine = until("the badge in Ada's own client", ada.profile, lambda seen: BADGE in seen.badges)
    licensed.while_it_stood["ada"] = f"tier {LICENSED}, {ada.count()} followers"
    story.seen(f"Ada's own client shows {_words(mine)}")
    story.seen(f"Ada's profile says {ada.count()} followers, and nobody waits; {TIER} still has room for {RAISED}")


def others_judge(stage: Stage, licensed: Licensed) -> None:
    """Chapter: the same credential, judged by lists of their own; and read by other people's software."""
    story, ada, bea, kim = stage.story, licensed.ada, licensed.bea, licensed.kim
    story.chapter("Others look, each by a trust list of their own")
    there = until(f"the badge at {bea.handle}", bea.sees, lambda seen: BADGE in seen.badges)
    licensed.while_it_stood["bea"] = "the badge, and the field in green"
    must("the field painted green", there, CHECKED in there.green)
    story.seen(f"the second instance trusts the board as well: {bea.handle}'s client shows {_words(there)}")
    stage.command(stage.away, "verify", ada.handle)
    kim.find(ada.handle)
    third = until(f"the verdict at {kim.handle}", kim.sees, lambda seen: UNLISTED in seen.fields.get(CHECKED, ""))
    must("no badge, nothing green, and the board by its own name", third, _only_told(third))
    licensed.while_it_stood["kim"] = UNLISTED
    story.seen(f"the third has never heard of it: {kim.handle}'s client shows {_words(third)}")
    said = stage.command(stage.third, "verify", ada.handle)
    must(f"the verdict {UNLISTED!r}", said, f"Verdict: {UNLISTED}" in said)
    document = stage.peer.document(licensed.emil.name, ada.handle)
    links = document.get("hasCredential", [])
    must(
        "a link to the credential, with its digest, in the actor document",
        links,
        any(link["href"] == licensed.credential and link.get("digestMultibase", "") for link in links),
    )
    licensed.while_it_stood["emil"] = f"hasCredential, {len(links)} links"
    story.seen("the Fedify peer knows nothing of licences, and reads this in the actor document, as plain JSON:")
    shown = {key: document[key] for key in ("hasCredential", "certificationTier")}
    story.quoted(json.dumps(shown, indent=2))


def _only_told(seen: Profile) -> bool:
    """A genuine licence of an issuer who isn't listed: told in words, with no mark of ours."""
    return not seen.badges and not seen.green and NAME in seen.fields[CHECKED]


def the_board_revokes(stage: Stage, licensed: Licensed) -> None:
    """Chapter: revoked; one learns it by looking again, the others because Ada's server tells them."""
    story, ada, bea, kim = stage.story, licensed.ada, licensed.bea, licensed.kim
    story.chapter("The board takes the licence back")
    stage.board.revoke(licensed.credential, "no insurance")
    until(f"no verdict at {kim.handle}", kim.sees, lambda seen: CHECKED not in seen.fields)
    told = [line for line in stage.third.log.read_text(errors="replace").splitlines() if _is_delivery(line)]
    must("nobody ever sent the third instance anything", told, not told)
    story.seen(
        f"{kim.handle} sees no verdict any more. Nobody told the third instance: it looks again by itself "
        "(licence_check_minutes: six hours unless an admin says otherwise, three seconds here)"
    )
    before = bea.sees()
    must("the second instance, told nothing yet, goes by what it saw", before, BADGE in before.badges)
    story.seen("the second instance looks every six hours and was told nothing yet: the badge is still there")
    said = stage.command(stage.home, "licence", "check", ada.name)
    must("found revoked", said, "ended (revoked)" in said and f"tier {TIER}" in said)
    story.say("(It looks every hour by itself; the command is only for the impatient.)")
    until("nothing of a licence in Ada's own client", ada.profile, _bare)
    licensed.once_taken_back["ada"] = f"tier {TIER}"
    story.seen("Ada's own profile shows neither badge nor field")
    there = until(f"nothing of a licence at {bea.handle}", bea.sees, _bare)
    licensed.once_taken_back["bea"] = _left(there)
    story.seen(f"{bea.handle} sees no licence any more: Ada's server sent its Update, and nobody waited for a list")
    gone = until(f"nothing of a licence at {kim.handle}", kim.sees, _bare)
    licensed.once_taken_back["kim"] = _left(gone)
    story.seen(f"{kim.handle} doesn't even see the field that Ada's server wrote: her profile was read again")
    document = until(
        "an actor document without a licence at the Fedify peer",
        partial(stage.peer.document, licensed.emil.name, ada.handle),
        lambda seen: not seen.get("hasCredential"),
    )
    must(f"the tier {TIER}", document["certificationTier"], document["certificationTier"] == TIER)
    licensed.once_taken_back["emil"] = "no hasCredential"
    story.seen(f"the Fedify peer finds no hasCredential; certificationTier is {TIER} again")
    said = stage.command(stage.away, "verify", licensed.credential, code=1)
    must("the verdict", said, "NOT VALID (revoked)" in said)


def _is_delivery(line: str) -> bool:
    """Is it the line of a server's log about something posted to an inbox?"""
    try:
        told = json.loads(line)
    except ValueError:
        return False
    return told.get("method") == "POST" and str(told.get("route", told.get("path", ""))).endswith("inbox")


def _bare(seen: Profile) -> bool:
    """Nothing of a licence is left."""
    return not any(WHAT in badge for badge in seen.badges) and CHECKED not in seen.fields and SHOWN not in seen.fields


def _left(seen: Profile) -> str:
    return "nothing" if _bare(seen) else _words(seen)


def _words(seen: Profile) -> str:
    """A profile in a sentence."""
    badges = "".join(f'the badge "{badge}", ' for badge in seen.badges) or "no badge, "
    fields = [f'"{name}: {text}"' for name, text in seen.fields.items()]
    return f"{badges}and the fields {' and '.join(fields)}" if fields else f"{badges}and no field"


def one_more_waits(stage: Stage, licensed: Licensed) -> None:
    """Chapter: the audience stays as it is, and nobody is added."""
    story, ada = stage.story, licensed.ada
    story.chapter("Grace: the audience stays, and nobody is added")
    before = ada.audience()
    iris = ByFedify("iris", stage.peer)
    _follows_and_waits(stage, ada, iris)
    must("the seven are still there", ada.audience(), ada.audience() == before and len(before) == RAISED + 2)
    post = ada.post("Third: I am putting things right with the board.")
    for one in licensed.everybody:
        until(f"post 3 at {one.handle}", partial(one.has, post.uri))
        licensed.third_post.append(one.handle)
    must(f"{iris.handle} doesn't have post 3", iris.has(post.uri), not iris.has(post.uri))
    story.seen(f"Ada's next post reaches all {len(before)}, and not {iris.handle}")
    must("the line is only the newcomer", ada.waiting(), ada.waiting() == [iris.handle])
    licensed.once_taken_back["ada"] += f", {ada.count()} followers"
    licensed.late.append(iris)
    licensed.note(iris)


def tables(stage: Stage, licensed: Licensed) -> None:
    """The end: who saw what, and what became of those who came later."""
    story, stood, back = stage.story, licensed.while_it_stood, licensed.once_taken_back
    story.chapter("What a licence did")
    story.table(
        [
            WITNESSES,
            ["she herself", "yes", stood["ada"], back["ada"], "looking again"],
            [licensed.bea.server, "yes", stood["bea"], back["bea"], "an Update"],
            [licensed.kim.server, "no", stood["kim"], back["kim"], "looking again"],
            [licensed.emil.server, "–", stood["emil"], back["emil"], "an Update"],
        ]
    )
    rows = []
    for one in licensed.late:
        states = " → ".join(licensed.states[one.handle])
        rows.append([one.handle, one.server, states, "got it" if one.handle in licensed.third_post else "–"])
    story.table([FOLLOWERS, *rows])


def issue_another(stage: Stage, licensed: Licensed) -> str:
    """So that there is something to look at: the board issues another, and Ada takes it up. Its address."""
    ada, number = licensed.ada, "ME-104423"
    stage.story.chapter("The board issues another, so that there is something to look at")
    ada.fill_field("Application", stage.board.challenge(ada.uri, number))
    credential = stage.board.issue(ada.uri, number, HOLDER)
    ada.fill_field("Application", "")
    stage.command(stage.home, "licence", "import", ada.name, credential)
    stage.command(stage.home, "licence", "consent", ada.name, "2")
    return credential
