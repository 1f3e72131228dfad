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
CREATE OR REPLACE FUNCTION follows_keep_counts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was INTEGER := 0;
    is_in INTEGER := 0;
    party BIGINT;
    other BIGINT;
    cap BIGINT;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.follower <> OLD.follower OR NEW.followed <> OLD.followed) THEN
        RAISE EXCEPTION 'a follow never changes its parties';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.state = OLD.state AND NEW.kept = OLD.kept THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        was := (OLD.state IN ('admitted', 'paused'))::int;
        party := OLD.followed;
        other := OLD.follower;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        is_in := (NEW.state IN ('admitted', 'paused'))::int;
        party := NEW.followed;
        other := NEW.follower;
    END IF;
    IF is_in > was THEN
        SELECT CASE WHEN t.followers IS NULL AND a.cap_share IS NULL THEN NULL ELSE GREATEST(
            LEAST(t.followers, a.cap_share), CASE WHEN a.waived_until > NEW.state_at THEN a.waived_followers END
        ) END INTO cap
        FROM local_accounts a JOIN tiers t ON t.id = a.tier WHERE a.id = party FOR SHARE OF t;
    END IF;
    UPDATE local_accounts SET
        admitted = admitted + CASE WHEN TG_OP <> 'DELETE' AND NEW.state = 'admitted' THEN 1 ELSE 0 END
            - CASE WHEN TG_OP <> 'INSERT' AND OLD.state = 'admitted' THEN 1 ELSE 0 END,
        paused = paused + CASE WHEN TG_OP <> 'DELETE' AND NEW.state = 'paused' THEN 1 ELSE 0 END
            - CASE WHEN TG_OP <> 'INSERT' AND OLD.state = 'paused' THEN 1 ELSE 0 END,
        held = held + CASE WHEN TG_OP <> 'DELETE' AND NEW.state = 'held' THEN 1 ELSE 0 END
            - CASE WHEN TG_OP <> 'INSERT' AND OLD.state = 'held' THEN 1 ELSE 0 END,
        requested = requested + CASE WHEN TG_OP <> 'DELETE' AND NEW.state = 'requested' THEN 1 ELSE 0 END
            - CASE WHEN TG_OP <> 'INSERT' AND OLD.state = 'requested' THEN 1 ELSE 0 END,
        kept_used = kept_used + CASE WHEN TG_OP <> 'DELETE' AND is_in = 1 AND NEW.kept = 1 THEN 1 ELSE 0 END
            - CASE WHEN TG_OP <> 'INSERT' AND was = 1 AND OLD.kept = 1 THEN 1 ELSE 0 END
    WHERE id = party AND (is_in <= was OR cap IS NULL OR admitted + paused < cap);
    IF NOT FOUND AND is_in > was AND EXISTS (SELECT 1 FROM local_accounts WHERE id = party) THEN
        RAISE EXCEPTION 'cap_exceeded';
    END IF;
    IF is_in <> was THEN
        UPDATE accounts SET followers_count = followers_count + is_in - was, version = version + 1
        WHERE id = party AND domain = '';
        UPDATE accounts SET following_count = following_count + is_in - was, version = version + 1
        WHERE id = other AND domain = '';
    END IF;
    RETURN NULL;
END
$$;


CREATE FUNCTION shares_fit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whole BIGINT;
    others BIGINT;
BEGIN
    -- A share that falls always fits.
    IF NEW.login IS NULL OR (TG_OP = 'UPDATE' AND NEW.tier = OLD.tier AND NEW.cap_share IS NOT NULL
        AND NEW.cap_share <= COALESCE(OLD.cap_share, NEW.cap_share)) THEN
        RETURN NEW;
    END IF;
    SELECT followers INTO whole FROM tiers WHERE id = NEW.tier;
    SELECT SUM(LEAST(cap_share, whole)) INTO others FROM local_accounts
    WHERE login = NEW.login AND tier = NEW.tier AND id <> NEW.id;
    IF whole IS NOT NULL AND others + COALESCE(NEW.cap_share, whole) > whole THEN
        RAISE EXCEPTION 'cap_exceeded: shares';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER shares_fit BEFORE INSERT OR UPDATE OF cap_share, tier ON local_accounts
FOR EACH ROW EXECUTE FUNCTION shares_fit();
