"""The server as clients see it when they start. Pure: facts in, entities out."""

from fedicert.mastodon.instance_entities import (
    AccountsConfiguration,
    ApiVersions,
    Configuration,
    ConfigurationUrls,
    ConfigurationV1,
    Contact,
    Feed,
    Icon,
    Instance,
    InstanceV1,
    MediaConfiguration,
    PollsConfiguration,
    ReachConfiguration,
    Registrations,
    Stats,
    StatusesConfiguration,
    StreamingUrl,
    Thumbnail,
    TimelinesAccess,
    Translation,
    Usage,
    UsageUsers,
    Vapid,
)
from fedicert.mastodon.render_account import account
from fedicert.mastodon.staff_entities import Rule
from fedicert.model.accounts import LIMITS
from fedicert.model.instance import InstanceFacts, LimitFacts, RuleRow
from fedicert.model.urls import Urls

# The API that is served here: clients switch functions on by this, so it must not promise more. From 4.3 on
# they ask for grouped notifications and for the policy that sets some aside.
COMPATIBLE = "4.3.0"
API_VERSION = 2


def version_string(version: str) -> str:
    """`4.3.0 (compatible; Fedicert 0.1.0)`: clients read the three numbers at its start."""
    return f"{COMPATIBLE} (compatible; Fedicert {version})"


def instance(facts: InstanceFacts, urls: Urls) -> Instance:
    """The server, version 2."""
    picture = facts.thumbnail_url or urls.missing_header
    shared = _configuration(facts.limits)
    access = Feed(
        local="public" if facts.public_timelines else "authenticated",
        remote="public" if facts.public_timelines else "authenticated",
    )
    return Instance(
        domain=urls.domain,
        title=facts.title,
        version=version_string(facts.version),
        source_url=facts.source_url,
        description=facts.description,
        usage=Usage(users=UsageUsers(active_month=facts.active_month)),
        thumbnail=Thumbnail(url=picture, blurhash=None, versions={"@1x": picture, "@2x": picture}),
        icon=[Icon(src=urls.missing_avatar, size="400x400")],
        languages=list(facts.languages),
        configuration=Configuration(
            urls=ConfigurationUrls(
                streaming=urls.streaming,
                status=None,
                about=f"{urls.base}/about",
                privacy_policy=None,
                terms_of_service=None,
            ),
            vapid=Vapid(public_key=facts.vapid_public_key),
            accounts=shared.accounts,
            statuses=shared.statuses,
            media_attachments=shared.media_attachments,
            polls=shared.polls,
            translation=Translation(enabled=False),
            timelines_access=TimelinesAccess(
                live_feeds=access, hashtag_feeds=access, trending_link_feeds=Feed(local="disabled", remote="disabled")
            ),
            limited_federation=False,
            reach=ReachConfiguration(
                own=f"{urls.base}/api/fedicert/v1/reach", page=f"{urls.base}/settings/reach", limits_account=LIMITS
            ),
        ),
        registrations=Registrations(
            enabled=facts.registrations,
            approval_required=facts.approval_required,
            reason_required=facts.reason_required,
            message=facts.registration_message or None,
            min_age=None,
            url=None,
        ),
        api_versions=ApiVersions(mastodon=API_VERSION),
        contact=Contact(email=facts.email, account=None if facts.contact is None else account(facts.contact, urls)),
        rules=rules(facts.rules),
    )


def instance_v1(facts: InstanceFacts, urls: Urls) -> InstanceV1:
    """The server, version 1."""
    return InstanceV1(
        uri=urls.domain,
        title=facts.title,
        short_description=facts.description,
        description=facts.description,
        email=facts.email,
        version=version_string(facts.version),
        urls=StreamingUrl(streaming_api=urls.streaming),
        stats=Stats(user_count=facts.users, status_count=facts.statuses, domain_count=facts.domains),
        thumbnail=facts.thumbnail_url or urls.missing_header,
        languages=list(facts.languages),
        registrations=facts.registrations,
        approval_required=facts.approval_required,
        invites_enabled=False,
        configuration=_configuration(facts.limits),
        contact_account=None if facts.contact is None else account(facts.contact, urls),
        rules=rules(facts.rules),
        max_toot_chars=facts.limits.max_characters,
    )


def rules(rows: tuple[RuleRow, ...]) -> list[Rule]:
    """The rules of the house."""
    return [Rule(id=str(row.id), text=row.text, hint=row.hint, translations={}) for row in rows]


def _configuration(limits: LimitFacts) -> ConfigurationV1:
    return ConfigurationV1(
        accounts=AccountsConfiguration(
            max_featured_tags=limits.max_featured_tags,
            max_pinned_statuses=limits.max_pinned_statuses,
            max_profile_fields=limits.max_profile_fields,
            profile_field_name_limit=limits.profile_field_name_limit,
            profile_field_value_limit=limits.profile_field_value_limit,
            max_display_name_length=limits.max_display_name_length,
            max_note_length=limits.max_note_length,
        ),
        statuses=StatusesConfiguration(
            max_characters=limits.max_characters,
            max_media_attachments=limits.max_media_attachments,
            characters_reserved_per_url=limits.characters_reserved_per_url,
            supported_mime_types=["text/plain"],
        ),
        media_attachments=MediaConfiguration(
            supported_mime_types=list(limits.supported_mime_types),
            description_limit=limits.description_limit,
            image_size_limit=limits.image_size_limit,
            image_matrix_limit=limits.image_matrix_limit,
            video_size_limit=limits.video_size_limit,
            video_frame_rate_limit=limits.video_frame_rate_limit,
            video_matrix_limit=limits.video_matrix_limit,
        ),
        polls=PollsConfiguration(
            max_options=limits.max_options,
            max_characters_per_option=limits.max_characters_per_option,
            min_expiration=limits.min_expiration,
            max_expiration=limits.max_expiration,
        ),
    )
