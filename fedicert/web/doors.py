"""The list of every door: which modules answer HTTP, for a server and for an issuer without an instance."""

from fedicert.web.admin import appeals as admin_appeals
from fedicert.web.admin import domains as domain_pages
from fedicert.web.admin import ladder as ladder_pages
from fedicert.web.admin import ledger as admin_ledger
from fedicert.web.admin import listings as staff_pages
from fedicert.web.admin import marks as mark_pages
from fedicert.web.admin import tiers as admin_tiers
from fedicert.web.admin import waivers as admin_waivers
from fedicert.web.client_api import (
    accounts,
    admin_accounts,
    admin_domain_blocks,
    admin_listings,
    announcements,
    answer_policy,
    appeals,
    conversations,
    credentials,
    domain_blocks,
    exports,
    filters,
    filters_v1,
    follow_requests,
    hashtags,
    imports,
    instance,
    ledger,
    licences,
    line,
    lists,
    markers,
    marks,
    media,
    moves,
    nothing_yet,
    notification_groups,
    notification_policy,
    notifications,
    own_accounts,
    polls,
    quotes,
    reach,
    relationships,
    reports,
    responsibility,
    scheduled_statuses,
    search,
    sign_up,
    statuses,
    timelines,
    trends,
    verification,
    waivers,
)
from fedicert.web.federation import activities, actors, collections, honesty, inbox, nodeinfo, posts, webfinger
from fedicert.web.federation import credentials as issued
from fedicert.web.federation import licences as mirrors
from fedicert.web.media import files, proxy
from fedicert.web.oauth import apps, authorize, login, tokens
from fedicert.web.pages import answers as answer_pages
from fedicert.web.pages import appeals as appeal_pages
from fedicert.web.pages import entrances, feeds, law, move, public
from fedicert.web.pages import exports as export_pages
from fedicert.web.pages import health as health_pages
from fedicert.web.pages import imports as import_pages
from fedicert.web.pages import ledger as ledger_pages
from fedicert.web.pages import licences as licence_pages
from fedicert.web.pages import own_accounts as account_pages
from fedicert.web.pages import reach as reach_pages
from fedicert.web.pages import responsibility as code_pages
from fedicert.web.pages import waivers as waiver_pages
from fedicert.web.plumbing.endpoint import Route, routes_of


def routes() -> list[Route]:
    """Every route of every door."""
    federation = routes_of(inbox, actors, collections, posts, activities, mirrors, webfinger, nodeinfo, honesty, issued)
    posting = routes_of(statuses, polls, quotes, scheduled_statuses, reports, media, timelines, trends, search)
    people = routes_of(accounts, credentials, relationships, follow_requests, notifications, markers, sign_up)
    told = routes_of(notification_groups, notification_policy, conversations, announcements)
    staff = routes_of(admin_accounts, admin_domain_blocks, admin_listings)
    wishes = (
        told + staff + routes_of(line, lists, filters, filters_v1, hashtags, domain_blocks, moves, imports, exports)
    )
    client_api = posting + people + wishes + routes_of(instance, licences, ledger, verification, reach, nothing_yet)
    client_api += routes_of(answer_policy, marks, own_accounts, responsibility, appeals, waivers)
    pages = routes_of(apps, authorize, login, tokens, public, entrances, licence_pages, health_pages, staff_pages)
    pages += routes_of(account_pages, code_pages, appeal_pages, waiver_pages, admin_appeals, admin_waivers)
    pages += routes_of(law, ledger_pages, admin_ledger, ladder_pages, admin_tiers, feeds, answer_pages, mark_pages)
    pages += routes_of(move, import_pages, export_pages, reach_pages, domain_pages)
    return federation + client_api + routes_of(files, proxy) + pages


def authority_routes() -> list[Route]:
    """The routes of an issuer without an instance: its documents, and whether it is well."""
    return routes_of(issued, health_pages)
