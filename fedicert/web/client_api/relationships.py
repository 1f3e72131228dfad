"""How one stands to others: followed, blocked, muted, endorsed, noted.

Every act answers with the relationship as it is after it.
"""

from collections.abc import Awaitable, Callable

from fedicert.mastodon.day_forms import MuteForm
from fedicert.mastodon.forms import FollowForm, NoteForm, RelationshipsQuery
from fedicert.mastodon.render import relationship
from fedicert.model.accounts import RelationshipRow
from fedicert.model.urls import Urls
from fedicert.operations import account_notes, blocks, endorsements, follows, mutes
from fedicert.operations.follows import Options
from fedicert.store.unit import Tx
from fedicert.store.views import people, relations
from fedicert.web.client_api.account_lists import familiar_answer, muted_answer, people_answer
from fedicert.web.client_api.ids import asked_ids, readable
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint

Act = Callable[[Tx, int, int], Awaitable[None]]
"""Something done as an account to another."""
Verb = Callable[[Tx, Urls, int, int], Awaitable[None]]


@endpoint("GET", "/api/v1/accounts/relationships", scope="read:follows", hop=True)
async def several(call: Call) -> Answer:
    """How one stands to these accounts, in their order; unknown ones are left out."""
    return Answer([relationship(row) for row in await call.read(relations.several, asked_ids(call))])


@endpoint("POST", "/api/v1/accounts/{id}/follow", scope="write:follows", hop=True, form=FollowForm)
async def follow(call: Call) -> Answer:
    """Follow, or change what one wants of a follow. `requested` while the other side hasn't let one in."""
    form: FollowForm = call.form
    options = Options(reblogs=form.reblogs, notify=form.notify, languages=form.languages)

    async def act(tx: Tx, account: int, target: int) -> None:
        await people.present(tx, target)
        await follows.follow(tx, call.deps.urls, account, target, options)

    return await acted(call, act)


@endpoint("POST", "/api/v1/accounts/{id}/unfollow", scope="write:follows", hop=True)
async def unfollow(call: Call) -> Answer:
    """Stop following, or stop waiting."""
    return await _acted_on(call, follows.unfollow)


@endpoint("POST", "/api/v1/accounts/{id}/remove_from_followers", scope="write:follows", hop=True)
async def remove_from_followers(call: Call) -> Answer:
    """Remove a follower; the slot is free for who waits."""
    return await _acted_on(call, follows.remove_follower)


@endpoint("POST", "/api/v1/accounts/{id}/block", scope="write:blocks", hop=True)
async def block(call: Call) -> Answer:
    """Block; follows end both ways."""
    return await _acted_on(call, blocks.block)


@endpoint("POST", "/api/v1/accounts/{id}/unblock", scope="write:blocks", hop=True)
async def unblock(call: Call) -> Answer:
    """Block no longer; the follows stay ended."""
    return await _acted_on(call, blocks.unblock)


@endpoint("POST", "/api/v1/accounts/{id}/note", scope="write:accounts", hop=True, form=NoteForm)
async def note(call: Call) -> Answer:
    """Write down something about an account that nobody else sees."""
    form: NoteForm = call.form

    async def act(tx: Tx, account: int, target: int) -> None:
        await account_notes.write_note(tx, account, target, form.comment)

    return await acted(call, act)


@endpoint("POST", "/api/v1/accounts/{id}/mute", scope="write:mutes", hop=True, form=MuteForm)
async def mute(call: Call) -> Answer:
    """Hear of somebody no longer, for a time or for ever. They learn nothing of it."""
    form: MuteForm = call.form

    async def act(tx: Tx, account: int, target: int) -> None:
        await mutes.mute(tx, account, target, notifications=form.notifications, seconds=form.duration)

    return await acted(call, act)


@endpoint("POST", "/api/v1/accounts/{id}/unmute", scope="write:mutes", hop=True)
async def unmute(call: Call) -> Answer:
    """Hear of them again."""
    return await acted(call, mutes.unmute)


@endpoint("GET", "/api/v1/mutes", scope="read:mutes", hop=True)
async def muted(call: Call) -> Answer:
    """Whom one muted, and until when."""
    return muted_answer(call, await call.read(people.muted, call.page(40, 80)))


@endpoint("POST", "/api/v1/accounts/{id}/pin", scope="write:accounts", hop=True)
@endpoint("POST", "/api/v1/accounts/{id}/endorse", scope="write:accounts", hop=True)
async def endorse(call: Call) -> Answer:
    """Show somebody one follows on one's profile."""
    return await acted(call, endorsements.endorse)


@endpoint("POST", "/api/v1/accounts/{id}/unpin", scope="write:accounts", hop=True)
@endpoint("POST", "/api/v1/accounts/{id}/unendorse", scope="write:accounts", hop=True)
async def unendorse(call: Call) -> Answer:
    """Show them no longer."""
    return await acted(call, endorsements.unendorse)


@endpoint("GET", "/api/v1/endorsements", scope="read:accounts", hop=True)
async def own_endorsed(call: Call) -> Answer:
    """Whom one's own profile shows."""
    return people_answer(call, await call.read(people.own_endorsed, call.page(40, 80)))


@endpoint("GET", "/api/v1/accounts/{id}/endorsements", who="public", scope="read:accounts", hop=True)
async def endorsed(call: Call) -> Answer:
    """Whom a profile shows."""
    return people_answer(call, await call.read_public(people.endorsed, call.page(40, 80), call.id()))


@endpoint("GET", "/api/v1/accounts/familiar_followers", scope="read:follows", hop=True, form=RelationshipsQuery)
async def familiar(call: Call) -> Answer:
    """Whom one follows among the followers of these accounts."""
    query: RelationshipsQuery = call.form
    return familiar_answer(call, await call.read(people.familiar, readable(list(query.id))))


@endpoint("GET", "/api/v1/blocks", scope="read:blocks", hop=True)
async def blocked(call: Call) -> Answer:
    """Whom one blocks."""
    return people_answer(call, await call.read(people.blocked, call.page(40, 80)))


async def acted(call: Call, act: Act, name: str = "id") -> Answer:
    """Act on the account of the path and read how one stands to it, in one unit of work."""
    return Answer(relationship(await call.write(_act_and_show, call.id(name), act)))


async def _act_and_show(tx: Tx, account: int, target: int, act: Act) -> RelationshipRow:
    await relations.one(tx, account, target)
    await act(tx, account, target)
    return await relations.one(tx, account, target)


async def _acted_on(call: Call, verb: Verb) -> Answer:
    async def act(tx: Tx, account: int, target: int) -> None:
        await verb(tx, call.deps.urls, account, target)

    return await acted(call, act)
