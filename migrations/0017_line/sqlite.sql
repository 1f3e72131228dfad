-- Law 1, turning an audience over. `freed`: slots that stand open because their owner freed them. `refills`: how such slots
-- were filled again, a row each, counted over 30 days.
ALTER TABLE local_accounts ADD COLUMN freed BIGINT NOT NULL DEFAULT 0;
CREATE TABLE refills (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX refills_account ON refills (account, at);
CREATE INDEX refills_at ON refills (at);

-- Law 3, the owner's turn after a removal: so many slots wait until then for whom the owner picks.
ALTER TABLE local_accounts ADD COLUMN picks BIGINT NOT NULL DEFAULT 0;
ALTER TABLE local_accounts ADD COLUMN picks_until BIGINT NOT NULL DEFAULT 0;

-- Law 3: accounts that pass on what they get, and that an admin has listed.
CREATE TABLE listings (
    account BIGINT PRIMARY KEY,
    listed_by BIGINT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- A follower who is paused with the slot since then, because their domain is blocked, they are suspended, or they pass on
-- what they get and aren't listed. NULL: nothing of that.
ALTER TABLE follows ADD COLUMN barred_at BIGINT;
CREATE INDEX follows_barred ON follows (barred_at) WHERE barred_at IS NOT NULL;

-- Of an account elsewhere: 1 its domain is blocked here, 2 it is suspended here itself, 3 both. `suspended_at` is set beside it.
ALTER TABLE accounts ADD COLUMN barred INTEGER NOT NULL DEFAULT 0;
-- `silenced`: its domain is silenced here, so its posts stand in no public or hashtag timeline.
ALTER TABLE accounts ADD COLUMN silenced INTEGER NOT NULL DEFAULT 0;
CREATE INDEX accounts_barred ON accounts (id) WHERE barred > 0;

CREATE TABLE domain_blocks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain TEXT NOT NULL UNIQUE,
    severity TEXT NOT NULL CHECK (severity IN ('noop', 'silence', 'suspend')),
    reject_media INTEGER NOT NULL,
    reject_reports INTEGER NOT NULL,
    obfuscate INTEGER NOT NULL,
    private_comment TEXT NOT NULL,
    public_comment TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
