"""What the server says about itself to clients: counts, limits, rules. Frozen values."""

import msgspec

from fedicert.model import pictures
from fedicert.model.accounts import AccountRow


class RuleRow(msgspec.Struct, frozen=True):
    """A rule of the house."""

    id: int
    text: str
    hint: str = ""


class LimitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The limits that clients obey before they ask. Bytes, pixels and seconds."""

    max_characters: int = 500
    max_media_attachments: int = pictures.MAX_ATTACHMENTS
    characters_reserved_per_url: int = 23
    max_pinned_statuses: int = 5
    max_featured_tags: int = 10
    max_profile_fields: int = 4
    profile_field_name_limit: int = 255
    profile_field_value_limit: int = 255
    max_display_name_length: int = 30
    max_note_length: int = 500
    supported_mime_types: tuple[str, ...] = pictures.MIME_TYPES
    description_limit: int = pictures.MAX_DESCRIPTION
    image_size_limit: int = pictures.MAX_BYTES
    image_matrix_limit: int = pictures.MAX_PIXELS
    video_size_limit: int = 0
    video_frame_rate_limit: int = 0
    video_matrix_limit: int = 0
    max_options: int = 4
    max_characters_per_option: int = 50
    min_expiration: int = 300
    max_expiration: int = 2_629_746


class InstanceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The server as clients see it. `version` is the program's own."""

    title: str
    version: str
    description: str = ""
    source_url: str = ""
    email: str = ""
    languages: tuple[str, ...] = ("en",)
    rules: tuple[RuleRow, ...] = ()
    contact: AccountRow | None = None
    thumbnail_url: str = ""
    registrations: bool = False
    approval_required: bool = True
    reason_required: bool = True
    registration_message: str = ""
    vapid_public_key: str = ""
    users: int = 0
    active_month: int = 0
    statuses: int = 0
    domains: int = 0
    public_timelines: bool = True
    limits: LimitFacts = LimitFacts()
