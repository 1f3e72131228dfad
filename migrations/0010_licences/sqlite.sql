-- Why an account may stand on a rung: its tier is the highest among those not ended, else the lowest of the ladder.
-- `licence`: the row it rests on, where `ground` is a licence. `cause`: why it ended, '' while it stands.
CREATE TABLE tier_grants (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account BIGINT NOT NULL REFERENCES local_accounts (id),
    tier BIGINT NOT NULL REFERENCES tiers (id),
    ground TEXT NOT NULL CHECK (ground IN ('signup', 'admin', 'examination', 'licence', 'registration')),
    licence BIGINT,
    begun_at BIGINT NOT NULL,
    ended_at BIGINT,
    cause TEXT NOT NULL
);
CREATE INDEX tier_grants_account ON tier_grants (account) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX tier_grants_licence ON tier_grants (licence) WHERE ended_at IS NULL AND licence IS NOT NULL;

INSERT INTO tier_grants (account, tier, ground, begun_at, cause)
SELECT l.id, l.tier, CASE WHEN t.position = (SELECT MIN(position) FROM tiers) THEN 'signup' ELSE 'admin' END, l.created_at, ''
FROM local_accounts l JOIN tiers t ON t.id = l.tier;

-- Licences that people here imported, and that remote actors' documents link to. `number`: of the page, per account.
-- `said`: what the credential says, `entry`: the line of the trust list that spoke, both JSON, '' for none. `outcome`: of
-- the last look that was answered, `tried_at`: the last look; `unanswered`: it had no answer. `good_since`: trusted
-- without a break since. `shows`: which of name and number its holder lets profiles show. `claim`: what one actor of this
-- server holds at a time.
CREATE TABLE licences (
    id BIGINT PRIMARY KEY,
    account BIGINT NOT NULL REFERENCES accounts (id),
    number BIGINT NOT NULL,
    href TEXT NOT NULL,
    mirror TEXT NOT NULL,
    digest TEXT NOT NULL,
    document TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('trusted', 'unlisted', 'out_of_scope', 'unverifiable', 'invalid')),
    reason TEXT NOT NULL,
    checks TEXT NOT NULL,
    said TEXT NOT NULL,
    entry TEXT NOT NULL,
    checked_at BIGINT NOT NULL,
    tried_at BIGINT NOT NULL,
    unanswered INTEGER NOT NULL,
    check_again_at BIGINT NOT NULL,
    rests_on BIGINT,
    good_since BIGINT,
    consented_at BIGINT,
    shows TEXT NOT NULL CHECK (shows IN ('name', 'number', 'both')),
    claim TEXT UNIQUE,
    ended_at BIGINT,
    cause TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (account, number)
);
CREATE UNIQUE INDEX licences_href ON licences (account, href) WHERE ended_at IS NULL;
CREATE INDEX licences_due ON licences (check_again_at) WHERE ended_at IS NULL;

-- Law 4: counts that are larger than their cap, and how far each is brought back under it. `until`: of this stage.
CREATE TABLE settlings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account BIGINT NOT NULL REFERENCES local_accounts (id),
    stage TEXT NOT NULL CHECK (stage IN ('grace', 'throttle', 'trim')),
    cause TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    until BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX settlings_open ON settlings (account) WHERE ended_at IS NULL;
CREATE INDEX settlings_account ON settlings (account, begun_at);

-- What of an account's licences is shown with it: JSON, rendered with the account.
ALTER TABLE accounts ADD COLUMN licences TEXT NOT NULL DEFAULT '[]';
