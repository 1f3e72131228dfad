-- Times are milliseconds since 1970-01-01 UTC, JSON is TEXT, flags are 0 or 1.

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What is cached in a process hangs on one of these numbers.
CREATE TABLE generations (
    name TEXT PRIMARY KEY,
    number BIGINT NOT NULL
);

-- The ladder, lowest rung first by position. NULL in a limit: none.
CREATE TABLE tiers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    position INTEGER NOT NULL UNIQUE,
    enter TEXT NOT NULL,
    followers BIGINT,
    following BIGINT,
    strangers BIGINT,
    answers_per_day BIGINT,
    visibility TEXT NOT NULL,
    boosts TEXT NOT NULL,
    kept_permille BIGINT NOT NULL,
    strangers_per_domain_day BIGINT NOT NULL,
    when_full TEXT NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE logins (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    locale TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    approved_at BIGINT,
    disabled_at BIGINT
);

-- Everybody known, local (domain '') and remote. For a local account `locked` is the owner's own setting.
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    domain TEXT NOT NULL,
    type TEXT NOT NULL,
    display_name TEXT NOT NULL,
    note_html TEXT NOT NULL,
    url TEXT NOT NULL,
    avatar_url TEXT NOT NULL,
    header_url TEXT NOT NULL,
    fields TEXT NOT NULL,
    emojis TEXT NOT NULL,
    locked INTEGER NOT NULL,
    discoverable INTEGER NOT NULL,
    indexable INTEGER NOT NULL,
    memorial INTEGER NOT NULL,
    followers_uri TEXT NOT NULL,
    featured_uri TEXT NOT NULL,
    also_known_as TEXT NOT NULL,
    moved_to BIGINT,
    created_at BIGINT NOT NULL,
    fetched_at BIGINT NOT NULL,
    last_status_at BIGINT,
    followers_count BIGINT NOT NULL,
    following_count BIGINT NOT NULL,
    statuses_count BIGINT NOT NULL,
    suspended_at BIGINT,
    deleted_at BIGINT,
    version BIGINT NOT NULL,
    UNIQUE (username_key, domain)
);

-- The row that admission locks: the counts of the law, the tier, and the head of the account's ledger chain.
CREATE TABLE local_accounts (
    id INTEGER PRIMARY KEY REFERENCES accounts (id),
    login BIGINT REFERENCES logins (id),
    role TEXT NOT NULL,
    tier BIGINT NOT NULL REFERENCES tiers (id),
    cap_share BIGINT,
    admitted BIGINT NOT NULL,
    paused BIGINT NOT NULL,
    held BIGINT NOT NULL,
    requested BIGINT NOT NULL,
    kept_used BIGINT NOT NULL,
    admitted_seq BIGINT NOT NULL,
    ledger_seq BIGINT NOT NULL,
    ledger_at BIGINT NOT NULL,
    ledger_head TEXT NOT NULL,
    told_locked INTEGER NOT NULL,
    told_locked_at BIGINT NOT NULL,
    note_text TEXT NOT NULL,
    fields_text TEXT NOT NULL,
    default_visibility TEXT,
    default_sensitive INTEGER NOT NULL,
    default_language TEXT NOT NULL,
    hide_collections INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);
CREATE INDEX local_accounts_login ON local_accounts (login);
CREATE INDEX local_accounts_tier ON local_accounts (tier);

-- Where an actor is reached; written and read by the gate alone.
CREATE TABLE inboxes (
    account BIGINT PRIMARY KEY REFERENCES accounts (id),
    inbox TEXT NOT NULL,
    shared_inbox TEXT NOT NULL,
    host TEXT NOT NULL
);

-- Our own keys, sealed with the master key; the row id is the associated data.
CREATE TABLE keys (
    id INTEGER PRIMARY KEY,
    owner BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    alg TEXT NOT NULL,
    public TEXT NOT NULL,
    sealed BLOB NOT NULL,
    kid TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE INDEX keys_owner ON keys (owner, purpose);

-- Keys of others, as first met by their id.
CREATE TABLE remote_keys (
    key_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    public_key TEXT NOT NULL,
    fetched_at BIGINT NOT NULL
);
CREATE INDEX remote_keys_owner ON remote_keys (owner);

-- States: requested, held, admitted, paused, trimmed (docs/law.md, Words). `uri` is the latest Follow's id.
CREATE TABLE follows (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    follower BIGINT NOT NULL REFERENCES accounts (id),
    followed BIGINT NOT NULL REFERENCES accounts (id),
    state TEXT NOT NULL CHECK (state IN ('requested', 'held', 'admitted', 'paused', 'trimmed')),
    uri TEXT NOT NULL,
    domain TEXT NOT NULL,
    kept INTEGER NOT NULL,
    was_trimmed INTEGER NOT NULL,
    reblogs INTEGER NOT NULL,
    notify INTEGER NOT NULL,
    languages TEXT NOT NULL,
    admitted_seq BIGINT,
    created_at BIGINT NOT NULL,
    state_at BIGINT NOT NULL,
    UNIQUE (follower, followed)
);
CREATE INDEX follows_followed ON follows (followed, state, id);
CREATE INDEX follows_follower ON follows (follower, state, id);
CREATE INDEX follows_line ON follows (followed, state, was_trimmed, kept, id);
CREATE INDEX follows_waiting_domain ON follows (followed, state, domain, id);
CREATE INDEX follows_uri ON follows (uri);

-- Law 3: how many of one registrable domain were admitted on a UTC day without the owner's word.
CREATE TABLE domain_days (
    account BIGINT NOT NULL,
    domain TEXT NOT NULL,
    day BIGINT NOT NULL,
    admitted BIGINT NOT NULL,
    PRIMARY KEY (account, domain, day)
);

CREATE TABLE blocks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account BIGINT NOT NULL REFERENCES accounts (id),
    target BIGINT NOT NULL REFERENCES accounts (id),
    uri TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (account, target)
);
CREATE INDEX blocks_target ON blocks (target, account);

-- A boost is a row with `reblog_of`. `listed`: may enter public and tag timelines (law 5).
-- `admitted_through`: the audience a fan-out reads is admitted_seq ≤ this. `standing`: the author's limits at that moment.
CREATE TABLE statuses (
    id INTEGER PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    author BIGINT NOT NULL REFERENCES accounts (id),
    local INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'scheduled', 'awaiting_sign_off', 'published')),
    text TEXT NOT NULL,
    content_html TEXT NOT NULL,
    spoiler_text TEXT NOT NULL,
    sensitive INTEGER NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'unlisted', 'private', 'direct')),
    listed INTEGER NOT NULL,
    language TEXT,
    in_reply_to_id BIGINT,
    in_reply_to_account BIGINT,
    in_reply_to_uri TEXT,
    conversation TEXT NOT NULL,
    reblog_of BIGINT REFERENCES statuses (id),
    application BIGINT,
    mentions TEXT NOT NULL,
    tags TEXT NOT NULL,
    emojis TEXT NOT NULL,
    attachments TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    edited_at BIGINT,
    replies_count BIGINT NOT NULL,
    reblogs_count BIGINT NOT NULL,
    favourites_count BIGINT NOT NULL,
    admitted_through BIGINT NOT NULL,
    standing TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX statuses_author ON statuses (author, id);
CREATE INDEX statuses_reply ON statuses (in_reply_to_id, id) WHERE in_reply_to_id IS NOT NULL;
CREATE INDEX statuses_reply_uri ON statuses (in_reply_to_uri) WHERE in_reply_to_uri IS NOT NULL AND in_reply_to_id IS NULL;
CREATE UNIQUE INDEX statuses_boost ON statuses (reblog_of, author) WHERE reblog_of IS NOT NULL;
CREATE INDEX statuses_public ON statuses (id) WHERE listed = 1;
CREATE INDEX statuses_public_local ON statuses (id) WHERE listed = 1 AND local = 1;

CREATE TABLE status_mentions (
    status BIGINT NOT NULL,
    account BIGINT NOT NULL,
    PRIMARY KEY (status, account)
);
CREATE INDEX status_mentions_account ON status_mentions (account, status);

CREATE TABLE tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE status_tags (
    tag BIGINT NOT NULL,
    status BIGINT NOT NULL,
    PRIMARY KEY (tag, status)
);
CREATE INDEX status_tags_status ON status_tags (status);

CREATE TABLE status_edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    status BIGINT NOT NULL,
    text TEXT NOT NULL,
    content_html TEXT NOT NULL,
    spoiler_text TEXT NOT NULL,
    sensitive INTEGER NOT NULL,
    attachments TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX status_edits_status ON status_edits (status, id);

CREATE TABLE tombstones (
    uri TEXT PRIMARY KEY,
    author BIGINT NOT NULL,
    deleted_at BIGINT NOT NULL
);

-- A reader's flags on a status: 1 favourited, 2 reblogged, 4 bookmarked, 8 muted, 16 pinned.
CREATE TABLE marks (
    account BIGINT NOT NULL,
    status BIGINT NOT NULL,
    bits BIGINT NOT NULL,
    PRIMARY KEY (account, status)
);
CREATE INDEX marks_status ON marks (status);

CREATE TABLE favourites (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account BIGINT NOT NULL,
    status BIGINT NOT NULL,
    uri TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (account, status)
);
CREATE INDEX favourites_status ON favourites (status, id);
CREATE INDEX favourites_uri ON favourites (uri);

CREATE TABLE bookmarks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account BIGINT NOT NULL,
    status BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (account, status)
);
CREATE INDEX bookmarks_status ON bookmarks (status);

CREATE TABLE notifications (
    id INTEGER PRIMARY KEY,
    account BIGINT NOT NULL,
    type TEXT NOT NULL,
    from_account BIGINT NOT NULL,
    status BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX notifications_account ON notifications (account, id);
CREATE UNIQUE INDEX notifications_once ON notifications (account, type, from_account, COALESCE(status, 0));
CREATE INDEX notifications_status ON notifications (status) WHERE status IS NOT NULL;

-- Home: at most 800 rows a reader. `shown`: the boosted status, or the post itself.
CREATE TABLE feed (
    reader BIGINT NOT NULL,
    post BIGINT NOT NULL,
    shown BIGINT NOT NULL,
    PRIMARY KEY (reader, post)
);
CREATE INDEX feed_post ON feed (post);

-- Law 2, taking back: which inboxes were ever sent an object (a post, or an account's actor).
CREATE TABLE sent_to (
    object BIGINT NOT NULL,
    inbox TEXT NOT NULL,
    host TEXT NOT NULL,
    sent_at BIGINT NOT NULL,
    PRIMARY KEY (object, inbox)
);

-- Incoming activities: taken in once per id. The body goes when the effect is there; the id stays 30 days.
CREATE TABLE arrivals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    activity TEXT NOT NULL UNIQUE,
    actor TEXT NOT NULL,
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    outcome TEXT NOT NULL,
    received_at BIGINT NOT NULL
);
CREATE INDEX arrivals_received ON arrivals (received_at);

CREATE TABLE signatures_seen (
    digest TEXT PRIMARY KEY,
    seen_at BIGINT NOT NULL
);
CREATE INDEX signatures_seen_at ON signatures_seen (seen_at);

-- Activities of ours: served by id, and what a fan-out needs to go on after a crash. `object`: the status or account
-- it speaks of; `act`: say, edit, take_back, answer, tell; `addressees`: accounts named; `done`: every delivery is planned.
CREATE TABLE activities (
    id INTEGER PRIMARY KEY,
    uri TEXT NOT NULL,
    actor BIGINT NOT NULL,
    type TEXT NOT NULL,
    act TEXT NOT NULL,
    object BIGINT NOT NULL,
    visibility TEXT NOT NULL,
    standing TEXT NOT NULL,
    admitted_through BIGINT NOT NULL,
    addressees TEXT NOT NULL,
    body TEXT NOT NULL,
    done INTEGER NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX activities_uri ON activities (uri);
CREATE INDEX activities_waiting ON activities (object, id) WHERE done = 0;
CREATE INDEX activities_created ON activities (created_at);

CREATE TABLE apps (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    client_id TEXT NOT NULL UNIQUE,
    secret_hash TEXT NOT NULL,
    name TEXT NOT NULL,
    website TEXT,
    redirect_uris TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);

CREATE TABLE grants (
    code_hash TEXT PRIMARY KEY,
    app BIGINT NOT NULL,
    account BIGINT NOT NULL,
    redirect_uri TEXT NOT NULL,
    scopes TEXT NOT NULL,
    challenge TEXT,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    token BIGINT
);
CREATE INDEX grants_created ON grants (created_at);

CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL UNIQUE,
    app BIGINT NOT NULL,
    account BIGINT,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX tokens_account ON tokens (account);
CREATE INDEX tokens_app ON tokens (app);

CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    login BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL
);
CREATE INDEX sessions_login ON sessions (login);

-- Counters of tries (log in, sign up) by key and window.
CREATE TABLE attempts (
    key TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (key, window_start)
);

CREATE TABLE markers (
    account BIGINT NOT NULL,
    timeline TEXT NOT NULL,
    last_read_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account, timeline)
);

CREATE TABLE idempotency (
    token BIGINT NOT NULL,
    key TEXT NOT NULL,
    status BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (token, key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);

-- Law 7: a chain per account. `parties` and `body` hold digests where a person could be named.
CREATE TABLE ledger (
    account BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    rule TEXT NOT NULL,
    kind TEXT NOT NULL,
    parties TEXT NOT NULL,
    body TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (account, seq)
);

-- The salts and the personal values, beside the chain; they go when the person is erased.
CREATE TABLE ledger_names (
    account BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    field TEXT NOT NULL,
    salt TEXT NOT NULL,
    value TEXT NOT NULL,
    person BIGINT,
    PRIMARY KEY (account, seq, field)
);
CREATE INDEX ledger_names_person ON ledger_names (person);

-- A decision repeated with the same outcome within a day is counted here and told in the next row.
CREATE TABLE ledger_repeats (
    account BIGINT NOT NULL,
    person BIGINT NOT NULL,
    kind TEXT NOT NULL,
    told_at BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (account, person, kind)
);

CREATE TABLE checkpoints (
    number INTEGER PRIMARY KEY,
    at BIGINT NOT NULL,
    leaves BIGINT NOT NULL,
    root TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL,
    kid TEXT NOT NULL,
    signature TEXT NOT NULL
);

CREATE TABLE checkpoint_leaves (
    checkpoint BIGINT NOT NULL,
    account BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    head TEXT NOT NULL,
    PRIMARY KEY (checkpoint, account)
);
CREATE INDEX checkpoint_leaves_account ON checkpoint_leaves (account, checkpoint);

-- Accounts whose chain grew since the last checkpoint.
CREATE TABLE ledger_dirty (
    account BIGINT PRIMARY KEY
);

-- Law 1: the database itself refuses an admission while count ≥ cap, and keeps the counts.
CREATE TRIGGER follows_cap_insert BEFORE INSERT ON follows
WHEN NEW.state IN ('admitted', 'paused')
BEGIN
    SELECT RAISE(ABORT, 'cap_exceeded') FROM local_accounts a JOIN tiers t ON t.id = a.tier
    WHERE a.id = NEW.followed AND (a.admitted + a.paused >= t.followers OR a.admitted + a.paused >= a.cap_share);
END;

CREATE TRIGGER follows_cap_update BEFORE UPDATE OF state ON follows
WHEN NEW.state IN ('admitted', 'paused') AND OLD.state NOT IN ('admitted', 'paused')
BEGIN
    SELECT RAISE(ABORT, 'cap_exceeded') FROM local_accounts a JOIN tiers t ON t.id = a.tier
    WHERE a.id = NEW.followed AND (a.admitted + a.paused >= t.followers OR a.admitted + a.paused >= a.cap_share);
END;

CREATE TRIGGER follows_parties_fixed BEFORE UPDATE OF follower, followed ON follows
WHEN NEW.follower <> OLD.follower OR NEW.followed <> OLD.followed
BEGIN
    SELECT RAISE(ABORT, 'a follow never changes its parties');
END;

CREATE TRIGGER follows_count_insert AFTER INSERT ON follows
BEGIN
    UPDATE local_accounts SET
        admitted = admitted + (NEW.state = 'admitted'), paused = paused + (NEW.state = 'paused'),
        held = held + (NEW.state = 'held'), requested = requested + (NEW.state = 'requested'),
        kept_used = kept_used + (NEW.kept = 1 AND NEW.state IN ('admitted', 'paused'))
    WHERE id = NEW.followed;
    UPDATE accounts SET followers_count = followers_count + 1, version = version + 1
    WHERE id = NEW.followed AND domain = '' AND NEW.state IN ('admitted', 'paused');
    UPDATE accounts SET following_count = following_count + 1, version = version + 1
    WHERE id = NEW.follower AND domain = '' AND NEW.state IN ('admitted', 'paused');
END;

CREATE TRIGGER follows_count_update AFTER UPDATE OF state, kept ON follows
WHEN NEW.state <> OLD.state OR NEW.kept <> OLD.kept
BEGIN
    UPDATE local_accounts SET
        admitted = admitted + (NEW.state = 'admitted') - (OLD.state = 'admitted'),
        paused = paused + (NEW.state = 'paused') - (OLD.state = 'paused'),
        held = held + (NEW.state = 'held') - (OLD.state = 'held'),
        requested = requested + (NEW.state = 'requested') - (OLD.state = 'requested'),
        kept_used = kept_used + (NEW.kept = 1 AND NEW.state IN ('admitted', 'paused'))
            - (OLD.kept = 1 AND OLD.state IN ('admitted', 'paused'))
    WHERE id = NEW.followed;
    UPDATE accounts SET version = version + 1, followers_count = followers_count
        + (NEW.state IN ('admitted', 'paused')) - (OLD.state IN ('admitted', 'paused'))
    WHERE id = NEW.followed AND domain = ''
        AND (NEW.state IN ('admitted', 'paused')) <> (OLD.state IN ('admitted', 'paused'));
    UPDATE accounts SET version = version + 1, following_count = following_count
        + (NEW.state IN ('admitted', 'paused')) - (OLD.state IN ('admitted', 'paused'))
    WHERE id = NEW.follower AND domain = ''
        AND (NEW.state IN ('admitted', 'paused')) <> (OLD.state IN ('admitted', 'paused'));
END;

CREATE TRIGGER follows_count_delete AFTER DELETE ON follows
BEGIN
    UPDATE local_accounts SET
        admitted = admitted - (OLD.state = 'admitted'), paused = paused - (OLD.state = 'paused'),
        held = held - (OLD.state = 'held'), requested = requested - (OLD.state = 'requested'),
        kept_used = kept_used - (OLD.kept = 1 AND OLD.state IN ('admitted', 'paused'))
    WHERE id = OLD.followed;
    UPDATE accounts SET followers_count = followers_count - 1, version = version + 1
    WHERE id = OLD.followed AND domain = '' AND OLD.state IN ('admitted', 'paused');
    UPDATE accounts SET following_count = following_count - 1, version = version + 1
    WHERE id = OLD.follower AND domain = '' AND OLD.state IN ('admitted', 'paused');
END;

-- Law 7: the ledger is append-only.
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints
BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only');
END;

CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints
BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only');
END;
