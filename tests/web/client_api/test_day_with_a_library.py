"""The rest of a day with an ordinary client library: lists, filters, hashtags, mutes, what was told, what is shown."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError, MastodonNotFoundError

from fedicert.base.clock import SystemClock
from fedicert.base.ids import Entropy
from fedicert.web.plumbing.app import App
from tests.web import site
from tests.web.client_api.people import person
from tests.web.client_api.test_day import serving, soon


async def _widen(tx: object) -> None:
    await tx.run("UPDATE tiers SET visibility = 'listed'")  # type: ignore[attr-defined]


def lists(ada: Mastodon, bob: Mastodon, bob_id: str) -> None:
    made = ada.list_create("Friends", replies_policy="followed", exclusive=True)
    assert (made.title, made.replies_policy, made.exclusive) == ("Friends", "followed", True)
    ada.list_accounts_add(made, [bob_id])
    assert [one.id for one in ada.list_accounts(made)] == [bob_id]
    assert [one.id for one in ada.account_lists(bob_id)] == [made.id]
    post = bob.status_post("For a list")
    assert [one.id for one in soon(lambda: ada.timeline_list(made))] == [post.id]
    assert post.id not in [one.id for one in ada.timeline_home()]
    assert ada.list_update(made, "Best friends", exclusive=False).exclusive is False
    assert post.id in [one.id for one in ada.timeline_home()]
    assert [one.title for one in ada.lists()] == ["Best friends"] and ada.list(made).title == "Best friends"
    ada.list_accounts_delete(made, [bob_id])
    ada.list_delete(made)
    assert ada.lists() == []


def filters(ada: Mastodon, bob: Mastodon) -> None:
    post = bob.status_post("How the film ends", visibility="public")
    made = ada.create_filter_v2(
        "Films", ["home", "public"], "hide", 3_600, [{"keyword": "ends", "whole_word": True}, {"keyword": "butler"}]
    )
    assert made.expires_at is not None and [one.keyword for one in made.keywords] == ["ends", "butler"]
    shown = ada.status(post)
    assert [(one.filter.title, one.filter.filter_action, one.keyword_matches) for one in shown.filtered] == [
        ("Films", "hide", ["ends"])
    ]
    assert ada.update_filter_v2(made, title="Cinema", filter_action="warn").title == "Cinema"
    added = ada.add_filter_keyword_v2(made, "film", whole_word=True)
    assert len(ada.filter_keywords_v2(made)) == 3
    assert ada.status(post).filtered[0].keyword_matches == ["film", "ends"]
    ada.delete_filter_keyword_v2(added)
    held = ada.add_filter_status_v2(made, post)
    assert [one.status_id for one in ada.filter_statuses_v2(made)] == [post.id]
    assert ada.status(post).filtered[0].status_matches == [post.id]
    ada.delete_filter_status_v2(held)
    assert [one.phrase for one in ada.filters()] == ["ends", "butler"]
    one = ada.filter_create("spoiler", ["home"], irreversible=False, whole_word=True, expires_in=60)
    assert ada.filter(one.id).whole_word is True
    assert ada.filter_update(one.id, phrase="spoilers", context=["home", "thread"]).context == ["home", "thread"]
    ada.filter_delete(one.id)
    ada.delete_filter_v2(made)
    assert ada.filters_v2() == [] and ada.status(post).filtered == []


def hashtags(ada: Mastodon, bob: Mastodon, bob_id: str) -> None:
    assert ada.tag("Pumps").following is False
    assert ada.tag_follow("Pumps").following is True
    assert [one.name for one in ada.followed_tags()] == ["pumps"]
    ada.account_unfollow(bob_id)
    post = bob.status_post("Of #pumps", visibility="public")
    assert soon(lambda: [one.id for one in ada.timeline_home() if one.id == post.id]) == [post.id]
    assert [one.id for one in ada.timeline_hashtag("pumps")] == [post.id]
    assert ada.tag_unfollow("pumps").following is False
    assert post.id not in [one.id for one in ada.timeline_home()]
    assert [one.name for one in bob.featured_tag_suggestions()] == ["pumps"]
    shown = bob.featured_tag_create("pumps")
    assert shown.statuses_count == "1" or int(shown.statuses_count) == 1
    assert [one.name for one in ada.account_featured_tags(bob_id)] == ["pumps"]
    bob.featured_tag_delete(shown)
    assert bob.tag_feature("pumps").featuring is True and bob.tag_unfeature("pumps").featuring is False
    ada.account_follow(bob_id)


def people(ada: Mastodon, bob: Mastodon, bob_id: str) -> None:
    now = ada.account_mute(bob_id, notifications=False, duration=3_600)
    assert (now.muting, now.muting_notifications) == (True, False) and now.muting_expires_at is not None
    assert [one.id for one in ada.mutes()] == [bob_id]
    assert ada.account_unmute(bob_id).muting is False and ada.mutes() == []
    ada.domain_block("far.example")
    assert ada.domain_blocks() == ["far.example"]
    ada.domain_unblock("far.example")
    assert ada.domain_blocks() == []
    assert ada.account_endorse(bob_id).endorsed is True
    assert [one.id for one in ada.endorsements()] == [bob_id]
    assert ada.account_unendorse(bob_id).endorsed is False
    assert [(one.id, one.accounts) for one in ada.account_familiar_followers(bob_id)] == [(bob_id, [])]
    post = ada.status_post("Mine")
    assert ada.status_pin(post).pinned is True
    assert [one.id for one in bob.account_statuses(ada.me().id, pinned=True)] == [post.id]
    assert ada.status_unpin(post).pinned is False
    assert ada.status_mute(post).muted is True and ada.status_unmute(post).muted is False
    with pytest.raises(MastodonAPIError, match="Someone else's post"):
        bob.status_pin(post)


def notifications(ada: Mastodon, bob: Mastodon, bob_id: str) -> None:
    ada.notifications_clear()
    post = ada.status_post("Likeable")
    bob.status_favourite(post)
    found = ada.grouped_notifications()
    (group,) = found.notification_groups
    assert (group.type, group.notifications_count, group.sample_account_ids) == ("favourite", 1, [bob_id])
    assert [one.id for one in ada.grouped_notification_accounts(group.group_key)] == [bob_id]
    assert ada.grouped_notification(group.group_key).notification_groups[0].group_key == group.group_key
    assert ada.unread_grouped_notifications_count() in (1, {"count": 1})
    ada.dismiss_grouped_notification(group.group_key)
    with pytest.raises(MastodonNotFoundError):
        ada.grouped_notification(group.group_key)
    assert ada.notifications_policy().for_not_followers == "accept"
    assert ada.update_notifications_policy(for_not_followers="filter").for_not_followers == "filter"
    bob.status_post("@ada a word")
    assert ada.notifications() == [] and ada.notifications_policy().summary.pending_requests_count == 1
    (request,) = ada.notification_requests()
    assert request.account.id == bob_id and ada.notification_request(request).notifications_count in (1, "1")
    ada.accept_notification_request(request)
    assert ada.notifications_merged() is True
    assert [one.type for one in ada.notifications()] == ["mention"]


def conversations(ada: Mastodon, bob: Mastodon) -> None:
    post = ada.status_post("@bob between us", visibility="direct")
    (found,) = bob.conversations()
    assert (found.unread, found.last_status.id, [one.acct for one in found.accounts]) == (True, post.id, ["ada"])
    bob.conversations_read(found)
    assert bob.conversations()[0].unread is False


def a_day(base: str, tokens: tuple[str, str], bob_id: str) -> None:
    ada, bob = [Mastodon(access_token=token, api_base_url=base) for token in tokens]
    assert ada.account_follow(bob_id).following is True
    lists(ada, bob, bob_id)
    filters(ada, bob)
    hashtags(ada, bob, bob_id)
    people(ada, bob, bob_id)
    notifications(ada, bob, bob_id)
    conversations(ada, bob)


async def test_the_rest_of_a_day(database_url: str, tmp_path: Path, entropy: Entropy) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        domain = f"localhost:{listener.getsockname()[1]}"
        settings = {"DOMAIN": domain, "SIGNUPS": "open", "COURIER": "off", "RATE_LIMITS": "off"}
        async with site.running(database_url, tmp_path, SystemClock(), entropy, **settings) as app:
            tokens, bob = await _two(app)
            async with serving(app, listener):
                await asyncio.to_thread(a_day, f"http://{domain}", tokens, str(bob))


async def _two(app: App) -> tuple[tuple[str, str], int]:
    await app.deps.db.write(_widen)
    found = [await person(app, name) for name in ("ada", "bob")]
    ada, bob = [one.http.headers["authorization"].removeprefix("Bearer ") for one in found]
    for one in found:
        await one.http.aclose()
    return (ada, bob), found[1].id
