"""The server itself, as clients ask when they start. Says what is served, and no more."""

import msgspec

from fedicert import __version__
from fedicert.mastodon.render import instance, instance_v1, rules
from fedicert.model.instance import InstanceFacts, LimitFacts
from fedicert.operations import hashtags, pins, polls
from fedicert.store.views import federation
from fedicert.store.views import instance as views
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint

LIMITS = LimitFacts(
    max_options=polls.MAX_OPTIONS,
    max_characters_per_option=polls.MAX_OPTION,
    min_expiration=polls.SHORTEST,
    max_expiration=polls.LONGEST,
    max_featured_tags=hashtags.MOST_FEATURED,
    max_pinned_statuses=pins.MOST,
)


@endpoint("GET", "/api/v2/instance")
async def show(call: Call) -> Answer:
    """Version 2."""
    return Answer(instance(await _facts(call), call.deps.urls))


@endpoint("GET", "/api/v1/instance")
async def show_v1(call: Call) -> Answer:
    """Version 1, which also counts the servers that were met."""
    met = await call.deps.db.read(views.peers)
    return Answer(instance_v1(msgspec.structs.replace(await _facts(call), domains=len(met)), call.deps.urls))


@endpoint("GET", "/api/v1/instance/rules")
async def show_rules(call: Call) -> Answer:
    """The rules of the house."""
    return Answer(rules((await _facts(call)).rules))


@endpoint("GET", "/api/v1/instance/peers")
async def peers(call: Call) -> list[str]:
    """The other servers that were met."""
    return await call.deps.db.read(views.peers)


@endpoint("GET", "/api/v1/instance/translation_languages")
async def translation_languages(_: Call) -> dict[str, list[str]]:
    """From which language into which posts are translated: none."""
    return {}


async def _facts(call: Call) -> InstanceFacts:
    config, db = call.deps.config, call.deps.db
    known, usage = await db.read(views.known), await db.read(federation.usage)
    return InstanceFacts(
        title=config.name,
        version=__version__,
        description=config.description,
        source_url=f"{config.base}/about",
        email=config.contact,
        languages=config.languages,
        contact=known.contact,
        registrations=known.signups != "closed",
        approval_required=known.signups == "approval",
        reason_required=False,
        users=usage.users,
        active_month=usage.active_month,
        statuses=usage.posts,
        limits=LIMITS,
    )
