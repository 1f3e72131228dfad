"""What a client wants to post, from its form: the same for posting now, later, and for keeping it as a draft."""

import datetime
import re

from fedicert.base.errors import NotFound, Unprocessable
from fedicert.mastodon.forms import PollForm, StatusForm
from fedicert.model.scheduled import Kept, KeptPoll
from fedicert.model.statuses import MentionRow
from fedicert.operations.polls import Asked
from fedicert.operations.posts import NO_PARENT, Draft
from fedicert.operations.quoting import NOT_THERE
from fedicert.operations.scheduling import draft_of
from fedicert.web.client_api.pictures import media_ids
from fedicert.web.plumbing.call import read_id

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


def draft(form: StatusForm, mentions: dict[str, MentionRow]) -> Draft:
    """A post for now."""
    return draft_of(kept(form), mentions)


def kept(form: StatusForm, application: int | None = None) -> Kept:
    """What is asked for, as it was asked. Raises `NotFound`, `Unprocessable` for ids that are none."""
    poll = form.poll
    return Kept(
        text=form.status,
        media_ids=tuple(media_ids(form.media_ids)),
        sensitive=form.sensitive,
        spoiler_text=form.spoiler_text,
        visibility=form.visibility,
        language=language(form.language),
        in_reply_to_id=_id(form.in_reply_to_id, NO_PARENT),
        poll=None
        if poll is None
        else KeptPoll(
            options=poll.options,
            expires_in=poll.expires_in,
            multiple=poll.multiple,
            hide_totals=poll.hide_totals,
        ),
        quoted_status_id=_id(form.quoted_status_id, NOT_THERE),
        quote_policy=form.quote_approval_policy,
        allowed_mentions=form.allowed_mentions,
        application=application,
        off_duty=form.off_duty,
    )


def asked(poll: PollForm | None) -> Asked | None:
    """A poll."""
    if poll is None:
        return None
    return Asked(options=poll.options, expires_in=poll.expires_in, multiple=poll.multiple, hide_totals=poll.hide_totals)


def language(code: str | None) -> str | None:
    """The language tag; None, which is the person's own, for what is none: it would travel as a key of `contentMap`."""
    return code if code and _LANGUAGE.fullmatch(code) else None


def moment(text: str | None) -> int:
    """A date in ISO 8601 as ms; without a zone it is UTC. Raises `Unprocessable` in the words that clients know."""
    try:
        found = datetime.datetime.fromisoformat(text or "")
    except ValueError:
        raise Unprocessable("Record invalid") from None
    zoned = found if found.tzinfo is not None else found.replace(tzinfo=datetime.UTC)
    return int(zoned.timestamp() * 1000)


def _id(text: str | None, missing: str) -> int | None:
    if text is None:
        return None
    try:
        return read_id(text)
    except NotFound:
        raise NotFound(missing) from None
