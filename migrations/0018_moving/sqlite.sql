-- Moving. The only way in which a follow changes its follower: to the account that this one moved to, proven both ways.
DROP TRIGGER follows_parties_fixed;
CREATE TRIGGER follows_parties_fixed BEFORE UPDATE OF follower, followed ON follows
WHEN NEW.followed <> OLD.followed OR (NEW.follower <> OLD.follower
    AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = OLD.follower AND a.moved_to = NEW.follower))
BEGIN
    SELECT RAISE(ABORT, 'a follow never changes its parties, but to where the follower moved');
END;
CREATE TRIGGER follows_moved AFTER UPDATE OF follower ON follows
WHEN NEW.follower <> OLD.follower AND NEW.state IN ('admitted', 'paused')
BEGIN
    UPDATE accounts SET following_count = following_count - 1, version = version + 1
    WHERE id = OLD.follower AND domain = '';
    UPDATE accounts SET following_count = following_count + 1, version = version + 1
    WHERE id = NEW.follower AND domain = '';
END;
CREATE INDEX accounts_moved ON accounts (moved_to) WHERE moved_to IS NOT NULL;

-- The latest move of an account, here or elsewhere: for a while it is the last one that counts.
CREATE TABLE moves (
    account BIGINT PRIMARY KEY,
    target BIGINT NOT NULL,
    moved_at BIGINT NOT NULL
);
CREATE INDEX moves_target ON moves (target, moved_at);
CREATE INDEX moves_moved ON moves (moved_at);

-- Lists that somebody brought along, and each line of them with what came of it.
CREATE TABLE imports (
    id INTEGER PRIMARY KEY,
    account BIGINT NOT NULL REFERENCES accounts (id),
    kind TEXT NOT NULL CHECK (kind IN ('following', 'blocks', 'mutes', 'domain_blocks', 'lists', 'bookmarks')),
    state TEXT NOT NULL CHECK (state IN ('running', 'done')),
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX imports_account ON imports (account, id);
CREATE TABLE import_rows (
    import BIGINT NOT NULL REFERENCES imports (id),
    place BIGINT NOT NULL,
    line TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'over', 'failed')),
    said TEXT NOT NULL,
    tries BIGINT NOT NULL,
    due BIGINT NOT NULL,
    PRIMARY KEY (import, place)
);
CREATE INDEX import_rows_waiting ON import_rows (import, due, place) WHERE state = 'waiting';

-- Archives that people asked for. `file` is '' until it is made.
CREATE TABLE archives (
    id INTEGER PRIMARY KEY,
    account BIGINT NOT NULL REFERENCES accounts (id),
    state TEXT NOT NULL CHECK (state IN ('asked', 'ready', 'failed', 'gone')),
    file TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    ready_at BIGINT
);
CREATE INDEX archives_account ON archives (account, id);
CREATE INDEX archives_state ON archives (state, asked_at);

-- This database was restored from a backup: while a row is open nobody is admitted.
CREATE TABLE restorations (
    id INTEGER PRIMARY KEY,
    begun_at BIGINT NOT NULL,
    backup_at BIGINT NOT NULL,
    until BIGINT NOT NULL,
    ended_at BIGINT
);
-- The hosts known then. `told_at`: every account of ours that was known there was told of, with its list of followers.
CREATE TABLE restored_hosts (
    host TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'told', 'in_step')),
    told_at BIGINT
);
CREATE INDEX restored_hosts_state ON restored_hosts (state);
