"""What clients of this server's staff get, by Mastodon's names. Pure: rows in, entities out."""

import hashlib

from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.entities import Account, Entity, Role
from fedicert.mastodon.render import account
from fedicert.model.administration import AdminAccountRow
from fedicert.model.domain_blocks import DomainBlock
from fedicert.model.urls import Urls


class AdminAccount(Entity, frozen=True, kw_only=True):
    """Admin::Account. No address that anybody came from is kept here, so `ip` is null and `ips` empty."""

    id: str
    username: str
    domain: str | None
    created_at: str
    email: str
    ip: str | None
    ips: list[str]
    role: Role
    confirmed: bool
    approved: bool
    disabled: bool
    silenced: bool
    suspended: bool
    sensitized: bool
    locale: str | None
    invite_request: str | None
    account: Account


class AdminDomainBlock(Entity, frozen=True, kw_only=True):
    """Admin::DomainBlock."""

    id: str
    domain: str
    digest: str
    created_at: str
    severity: str
    reject_media: bool
    reject_reports: bool
    private_comment: str | None
    public_comment: str | None
    obfuscate: bool


class PublicDomainBlock(Entity, frozen=True, kw_only=True):
    """DomainBlock: what everybody may know of it."""

    domain: str
    digest: str
    severity: str
    comment: str


def admin_account(row: AdminAccountRow, urls: Urls) -> AdminAccount:
    """An account for staff."""
    shown = row.account
    return AdminAccount(
        id=str(shown.id),
        username=shown.username,
        domain=shown.domain or None,
        created_at=timestamp(shown.created_at),
        email=row.email,
        ip=None,
        ips=[],
        role=Role(id=str(row.role_id), name=row.role, color="", permissions="0", highlighted=bool(row.role)),
        confirmed=row.confirmed,
        approved=row.approved,
        disabled=row.disabled,
        silenced=shown.limited,
        suspended=shown.suspended,
        sensitized=False,
        locale=row.locale or None,
        invite_request=row.reason or None,
        account=account(shown, urls),
    )


def admin_domain_block(block: DomainBlock) -> AdminDomainBlock:
    """A domain block for staff."""
    return AdminDomainBlock(
        id=str(block.id),
        domain=block.domain,
        digest=_digest(block.domain),
        created_at=timestamp(block.created_at),
        severity=block.severity,
        reject_media=block.reject_media,
        reject_reports=block.reject_reports,
        private_comment=block.private_comment or None,
        public_comment=block.public_comment or None,
        obfuscate=block.obfuscate,
    )


def public_domain_block(block: DomainBlock) -> PublicDomainBlock:
    """A domain block for everybody."""
    return PublicDomainBlock(
        domain=_obfuscated(block.domain) if block.obfuscate else block.domain,
        digest=_digest(block.domain),
        severity=block.severity,
        comment=block.public_comment,
    )


def _digest(domain: str) -> str:
    return hashlib.sha256(domain.encode()).hexdigest()


def _obfuscated(domain: str) -> str:
    """About the middle half of the letters as stars, dots kept."""
    start, end = len(domain) // 4, len(domain) - len(domain) // 4
    return "".join("*" if start <= at < end and sign != "." else sign for at, sign in enumerate(domain))
