-- Law 10: the capped accounts of one login divide the cap of their tier. `cap_share` NULL: the whole of it, which nobody
-- else of the login then shares; so the shares never add up to more than the cap, and the database refuses it.
CREATE INDEX local_accounts_login_tier ON local_accounts (login, tier);

-- A waiver that is in force lifts limits of one account until a moment (docs/law.md, Cases). NULL: not this one.
ALTER TABLE local_accounts ADD COLUMN waived_until BIGINT;
ALTER TABLE local_accounts ADD COLUMN waived_followers BIGINT;
ALTER TABLE local_accounts ADD COLUMN waived_following BIGINT;
ALTER TABLE local_accounts ADD COLUMN waived_strangers BIGINT;
ALTER TABLE local_accounts ADD COLUMN waived_answers BIGINT;

-- The version of the code of responsibility that the person agreed to, 0 none; and what profiles show of it, above the
-- lowest rung: version and digest.
ALTER TABLE local_accounts ADD COLUMN code_agreed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE local_accounts ADD COLUMN code_shown TEXT NOT NULL DEFAULT '';

-- The code of responsibility, every version of it; `digest`: SHA-256 of its text, hex. `by_account`: 0 for the text that
-- came with the program.
CREATE TABLE codes (
    version BIGINT PRIMARY KEY,
    text TEXT NOT NULL,
    digest TEXT NOT NULL,
    by_account BIGINT NOT NULL,
    published_at BIGINT NOT NULL
);

-- Waivers asked for, given, refused and ended. `alone`: the server had nobody else to give it, which is public.
CREATE TABLE waivers (
    id BIGINT PRIMARY KEY,
    account BIGINT NOT NULL REFERENCES local_accounts (id),
    state TEXT NOT NULL CHECK (state IN ('asked', 'given', 'refused', 'ended')),
    followers BIGINT,
    following BIGINT,
    strangers BIGINT,
    answers BIGINT,
    days BIGINT NOT NULL,
    reason TEXT NOT NULL,
    asked_by BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    decided_by BIGINT,
    decided_at BIGINT,
    until BIGINT,
    alone INTEGER NOT NULL DEFAULT 0,
    ended_at BIGINT,
    ended_why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX waivers_account ON waivers (account, id);
CREATE UNIQUE INDEX waivers_in_force ON waivers (account) WHERE state = 'given';
CREATE INDEX waivers_state ON waivers (state, id);
CREATE INDEX waivers_alone ON waivers (id) WHERE alone = 1;

-- Appeals against decisions, each a row of the ledger of whom it concerns. `decider`: who took it, NULL where a command or
-- the server did. `settling`: whose trim waits for it. `outcome`: '' while open.
CREATE TABLE appeals (
    id BIGINT PRIMARY KEY,
    account BIGINT NOT NULL REFERENCES local_accounts (id),
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    decider BIGINT,
    settling BIGINT,
    opened_at BIGINT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('', 'granted', 'dismissed', 'withdrawn')),
    decided_by BIGINT,
    decided_at BIGINT,
    alone INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, seq)
);
CREATE INDEX appeals_outcome ON appeals (outcome, id);
CREATE INDEX appeals_settling ON appeals (settling) WHERE settling IS NOT NULL;

-- What was said in them, the appeal's own words first and those of the outcome last.
CREATE TABLE appeal_words (
    id BIGINT PRIMARY KEY,
    appeal BIGINT NOT NULL REFERENCES appeals (id),
    author BIGINT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('appellant', 'staff', 'outcome')),
    text TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX appeal_words_appeal ON appeal_words (appeal, id);

-- A decision of staff that somebody is told of as Mastodon's clients know it: its place on the person's ledger.
ALTER TABLE notifications ADD COLUMN decision BIGINT;
DROP INDEX notifications_once;
CREATE UNIQUE INDEX notifications_once
    ON notifications (account, type, from_account, COALESCE(status, 0), COALESCE(decision, 0));

-- Where decisions that concern somebody are found: rows that name who took them, and those that follow from one.
CREATE INDEX ledger_names_by ON ledger_names (account, seq) WHERE field = 'by';
CREATE INDEX ledger_falls ON ledger (account, seq) WHERE kind IN ('grace_begun', 'licence_ended', 'rung_changed', 'rung_suspended');

-- The cap that binds: the lower of the tier's and the share of it, or what a waiver raises it to.
DROP TRIGGER follows_cap_insert;
CREATE TRIGGER follows_cap_insert BEFORE INSERT ON follows
WHEN NEW.state IN ('admitted', 'paused')
BEGIN
    SELECT RAISE(ABORT, 'cap_exceeded') FROM local_accounts a JOIN tiers t ON t.id = a.tier
    WHERE a.id = NEW.followed AND (a.admitted + a.paused >= t.followers OR a.admitted + a.paused >= a.cap_share)
        AND NOT (COALESCE(a.waived_until, 0) > NEW.state_at AND a.admitted + a.paused < COALESCE(a.waived_followers, 0));
END;

DROP TRIGGER follows_cap_update;
CREATE TRIGGER follows_cap_update BEFORE UPDATE OF state ON follows
WHEN NEW.state IN ('admitted', 'paused') AND OLD.state NOT IN ('admitted', 'paused')
BEGIN
    SELECT RAISE(ABORT, 'cap_exceeded') FROM local_accounts a JOIN tiers t ON t.id = a.tier
    WHERE a.id = NEW.followed AND (a.admitted + a.paused >= t.followers OR a.admitted + a.paused >= a.cap_share)
        AND NOT (COALESCE(a.waived_until, 0) > NEW.state_at AND a.admitted + a.paused < COALESCE(a.waived_followers, 0));
END;

CREATE TRIGGER shares_fit_insert BEFORE INSERT ON local_accounts
WHEN NEW.login IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'cap_exceeded: shares') FROM tiers t
    WHERE t.id = NEW.tier AND COALESCE(NEW.cap_share, t.followers) + (
        SELECT SUM(MIN(COALESCE(o.cap_share, t.followers), t.followers)) FROM local_accounts o
        WHERE o.login = NEW.login AND o.tier = NEW.tier
    ) > t.followers;
END;

-- A share that falls always fits.
CREATE TRIGGER shares_fit_update BEFORE UPDATE OF cap_share, tier ON local_accounts
WHEN NEW.login IS NOT NULL
    AND (NEW.tier <> OLD.tier OR (NEW.cap_share IS NULL AND OLD.cap_share IS NOT NULL) OR NEW.cap_share > OLD.cap_share)
BEGIN
    SELECT RAISE(ABORT, 'cap_exceeded: shares') FROM tiers t
    WHERE t.id = NEW.tier AND COALESCE(NEW.cap_share, t.followers) + (
        SELECT SUM(MIN(COALESCE(o.cap_share, t.followers), t.followers)) FROM local_accounts o
        WHERE o.login = NEW.login AND o.tier = NEW.tier AND o.id <> NEW.id
    ) > t.followers;
END;
