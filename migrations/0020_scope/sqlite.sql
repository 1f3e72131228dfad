-- Law 5 and 6. What a tier says besides: is a short visible line put under posts that carry a permit, and do posts that it
-- keeps unlisted stand in the local timeline of signed-in members?
ALTER TABLE tiers ADD COLUMN permit_line INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tiers ADD COLUMN members_timeline INTEGER NOT NULL DEFAULT 1;

-- Of a post: `scope` '' within its author's licence (or without one), 'off_duty' by its author, 'marked' by a moderator.
-- `kept_only`: of the audience only those in `scope_units` got it. `permit`: JSON of what is shown of the permit it
-- carries, '' none. `answers_by`: who may answer, '' anyone, 'audience', 'mentioned'; of a local post by its author's
-- setting when it was written, of one from elsewhere as its server says.
ALTER TABLE statuses ADD COLUMN scope TEXT NOT NULL DEFAULT '';
ALTER TABLE statuses ADD COLUMN kept_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE statuses ADD COLUMN permit TEXT NOT NULL DEFAULT '';
ALTER TABLE statuses ADD COLUMN answers_by TEXT NOT NULL DEFAULT '';
ALTER TABLE local_accounts ADD COLUMN answers_by TEXT NOT NULL DEFAULT '';
CREATE INDEX statuses_permit ON statuses (author, id) WHERE permit <> '';

-- To whom a post outside the scope went where that isn't the whole audience: a whole host (follower 0) or one follower
-- (host ''), as it was when the post was accepted.
CREATE TABLE scope_units (
    status BIGINT NOT NULL,
    host TEXT NOT NULL,
    follower BIGINT NOT NULL,
    PRIMARY KEY (status, host, follower)
);

-- The document of a post that carries a permit, as it was signed. `licence`: the row of the licence it names.
CREATE TABLE permits (
    status BIGINT PRIMARY KEY,
    account BIGINT NOT NULL,
    licence BIGINT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX permits_licence ON permits (licence, status);

-- A moderator's mark on a post. `was_visible`, `was_listed`: what the post was before. Three in 90 days that stand
-- suspend the author's rung.
CREATE TABLE scope_marks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    status BIGINT NOT NULL,
    account BIGINT NOT NULL,
    by_account BIGINT NOT NULL,
    reason TEXT NOT NULL,
    was_visible TEXT NOT NULL,
    was_listed INTEGER NOT NULL,
    at BIGINT NOT NULL,
    undone_at BIGINT,
    undone_by BIGINT
);
CREATE UNIQUE INDEX scope_marks_status ON scope_marks (status) WHERE undone_at IS NULL;
CREATE INDEX scope_marks_account ON scope_marks (account, at) WHERE undone_at IS NULL;

-- An account whose rung is suspended stands on the lowest, whatever it is granted.
CREATE TABLE rung_suspensions (
    account BIGINT PRIMARY KEY,
    since BIGINT NOT NULL
);

-- What many people said publicly of late, counted anew from time to time. `kind`: 'tag', 'status' or 'link'; `thing`: the
-- hashtag, the post's id or the address; `history`: JSON of uses and people a day, the latest first.
CREATE TABLE trends (
    kind TEXT NOT NULL,
    place BIGINT NOT NULL,
    thing TEXT NOT NULL,
    title TEXT NOT NULL,
    history TEXT NOT NULL,
    PRIMARY KEY (kind, place)
);

-- Relays this server subscribed to, by their actor's account. `style`: 'mastodon' (the Follow is of everything public) or
-- 'litepub' (of the relay's actor). `state`: 'pending' or 'accepted'. `follow`: the id of our Follow.
CREATE TABLE relays (
    account BIGINT PRIMARY KEY,
    style TEXT NOT NULL,
    state TEXT NOT NULL,
    follow TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Posts from elsewhere that are here because a relay spoke of them, and when they came.
CREATE TABLE relayed (
    status BIGINT PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX relayed_at ON relayed (at);
