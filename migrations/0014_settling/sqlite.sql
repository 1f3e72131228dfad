-- Law 4, the stages after grace. `grace`: how long it was given (ms). `appeal_since`: an appeal is open. `stopped_at`: no
-- clock runs, the account is suspended. `clock_held`: the clock jumped; no trim without an admin's word.
ALTER TABLE settlings ADD COLUMN grace BIGINT NOT NULL DEFAULT 0;
UPDATE settlings SET grace = until - begun_at;
ALTER TABLE settlings ADD COLUMN appeal_since BIGINT;
ALTER TABLE settlings ADD COLUMN stopped_at BIGINT;
ALTER TABLE settlings ADD COLUMN clock_held INTEGER NOT NULL DEFAULT 0;

-- Paused and admitted again: posts accepted before this place in the order of admissions aren't theirs.
ALTER TABLE follows ADD COLUMN served_from BIGINT NOT NULL DEFAULT 0;

-- Whom an owner wants to keep, in the owner's order.
CREATE TABLE pins (
    account BIGINT NOT NULL,
    follower BIGINT NOT NULL,
    place BIGINT NOT NULL,
    PRIMARY KEY (account, follower)
);

-- The kept set that a settling is bringing about: a whole host (follower 0) or one follower (host '').
CREATE TABLE kept_units (
    account BIGINT NOT NULL,
    host TEXT NOT NULL,
    follower BIGINT NOT NULL,
    PRIMARY KEY (account, host, follower)
);

-- Trimmed rows that aren't confirmed gone. `due`: when Reject is to be said, NULL not yet; `activity`: it was said in;
-- `answered`: its inbox took it.
CREATE TABLE rejections (
    account BIGINT NOT NULL,
    follower BIGINT NOT NULL,
    host TEXT NOT NULL,
    due BIGINT,
    activity BIGINT,
    answered INTEGER NOT NULL,
    PRIMARY KEY (account, follower)
);
CREATE INDEX rejections_host ON rejections (account, host, follower);
CREATE INDEX rejections_due ON rejections (account, due) WHERE activity IS NULL;
CREATE INDEX rejections_activity ON rejections (activity) WHERE activity IS NOT NULL;
CREATE INDEX rejections_of_host ON rejections (host) WHERE answered = 1;

-- How many of them a host has. `cut_off`: it gets no copies of this account's posts.
CREATE TABLE trim_hosts (
    account BIGINT NOT NULL,
    host TEXT NOT NULL,
    unconfirmed BIGINT NOT NULL,
    cut_off INTEGER NOT NULL,
    PRIMARY KEY (account, host)
);

-- FEP-8fcf: XOR of SHA-256 over the ids of the followers counted, per scheme and authority of these ids. `mixed`: some of
-- them are reached at another authority, so it is told to nobody. `digested`: the rows of an account are there.
CREATE TABLE follower_digests (
    account BIGINT NOT NULL,
    origin TEXT NOT NULL,
    digest TEXT NOT NULL,
    members BIGINT NOT NULL,
    mixed INTEGER NOT NULL,
    PRIMARY KEY (account, origin)
);
ALTER TABLE local_accounts ADD COLUMN digested INTEGER NOT NULL DEFAULT 0;

-- What a host says it runs, and whether that is known to drop a follow at Reject.
CREATE TABLE peer_software (
    host TEXT PRIMARY KEY,
    software TEXT NOT NULL,
    honours INTEGER NOT NULL,
    looked_at BIGINT NOT NULL
);
CREATE INDEX peer_software_looked ON peer_software (looked_at);

-- Remote accounts whose list of followers here was asked for, and when.
CREATE TABLE synchronizations (
    account BIGINT PRIMARY KEY,
    looked_at BIGINT NOT NULL
);
CREATE INDEX synchronizations_looked ON synchronizations (looked_at);
