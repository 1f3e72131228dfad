"""Filters, lists and hashtags as clients get them. Pure."""

from fedicert.mastodon.dates import date, timestamp
from fedicert.mastodon.entities import (
    FeaturedTag,
    Filter,
    FilterKeyword,
    FilterStatus,
    FilterV1,
    ListEntity,
)
from fedicert.model.lists import FeaturedTagRow, FilterRow, FilterStatusRow, KeywordRow, ListRow
from fedicert.model.urls import Urls


def filter_summary(row: FilterRow) -> Filter:
    """A filter beside a post that it concerns: without its words and posts."""
    return Filter(
        id=str(row.id),
        title=row.title,
        context=list(row.contexts),
        expires_at=_moment(row.expires_at),
        filter_action=row.action,
    )


def filter_whole(row: FilterRow) -> Filter:
    """A filter."""
    return Filter(
        id=str(row.id),
        title=row.title,
        context=list(row.contexts),
        expires_at=_moment(row.expires_at),
        filter_action=row.action,
        keywords=[filter_keyword(keyword) for keyword in row.keywords],
        statuses=[filter_status(post) for post in row.statuses],
    )


def filters_v1(row: FilterRow) -> list[FilterV1]:
    """A filter in version 1: one for each word, known by the word's id. `irreversible`: its posts are hidden."""
    return [filter_v1(row, keyword) for keyword in row.keywords]


def filter_v1(row: FilterRow, keyword: KeywordRow) -> FilterV1:
    """One word of a filter in version 1."""
    return FilterV1(
        id=str(keyword.id),
        phrase=keyword.keyword,
        context=list(row.contexts),
        whole_word=keyword.whole_word,
        expires_at=_moment(row.expires_at),
        irreversible=row.action == "hide",
    )


def filter_keyword(row: KeywordRow) -> FilterKeyword:
    """A word of a filter."""
    return FilterKeyword(id=str(row.id), keyword=row.keyword, whole_word=row.whole_word)


def filter_status(row: FilterStatusRow) -> FilterStatus:
    """A post of a filter."""
    return FilterStatus(id=str(row.id), status_id=str(row.status))


def list_entity(row: ListRow) -> ListEntity:
    """A list of accounts."""
    return ListEntity(id=str(row.id), title=row.title, replies_policy=row.replies_policy, exclusive=row.exclusive)


def featured_tag(row: FeaturedTagRow, urls: Urls) -> FeaturedTag:
    """A hashtag on a profile."""
    return FeaturedTag(
        id=str(row.id),
        name=row.name,
        url=urls.tag(row.name),
        statuses_count=str(row.statuses_count),
        last_status_at=None if row.last_status_at is None else date(row.last_status_at),
    )


def _moment(at: int | None) -> str | None:
    return None if at is None else timestamp(at)
