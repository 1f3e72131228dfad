-- Law 9. A tier's row says what holds now. `lowered`: what its rule says where a window lowers it now (JSON), '' outside.
ALTER TABLE tiers ADD COLUMN lowered TEXT NOT NULL DEFAULT '';

-- The share of the rule's cap, while a window lowers it and `cap_share` with it.
ALTER TABLE local_accounts ADD COLUMN rule_share BIGINT;

-- What a window pauses stands beside a settling that goes on, and leaves its clock alone.
DROP INDEX settlings_open;
CREATE UNIQUE INDEX settlings_open ON settlings (account) WHERE ended_at IS NULL AND cause <> 'window';
CREATE UNIQUE INDEX settlings_window ON settlings (account) WHERE ended_at IS NULL AND cause = 'window';

-- Every ladder that held: when, by whom (NULL: the first start), by what act, why, the whole of it as JSON, its digest.
CREATE TABLE ladder_versions (
    number BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    decider BIGINT,
    act TEXT NOT NULL,
    why TEXT NOT NULL,
    ladder TEXT NOT NULL,
    digest TEXT NOT NULL
);

-- A rule that is lowered for a time. `limits`: JSON. `announced_at`: at least 14 days before `starts_at`.
CREATE TABLE tier_windows (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tier BIGINT NOT NULL,
    tier_name TEXT NOT NULL,
    limits TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    decider BIGINT NOT NULL,
    why TEXT NOT NULL,
    announced_at BIGINT NOT NULL,
    begun_at BIGINT,
    ended_at BIGINT,
    cancelled_at BIGINT
);
CREATE INDEX tier_windows_open ON tier_windows (starts_at) WHERE ended_at IS NULL;

-- What the server says to everybody here. `once`: a key under which it is said at most once.
CREATE TABLE announcements (
    id BIGINT PRIMARY KEY,
    once TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL,
    starts_at BIGINT,
    ends_at BIGINT,
    published_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE announcement_reads (
    account BIGINT NOT NULL,
    announcement BIGINT NOT NULL,
    PRIMARY KEY (account, announcement)
);

CREATE TABLE announcement_reactions (
    announcement BIGINT NOT NULL,
    name TEXT NOT NULL,
    account BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (announcement, name, account)
);
