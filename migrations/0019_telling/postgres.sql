-- Law 8: what the limits account said, each once: `once` names the crossing. `status`: the post it was said in.
CREATE TABLE told (
    account BIGINT NOT NULL,
    once TEXT NOT NULL,
    kind TEXT NOT NULL,
    status BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account, once)
);
CREATE INDEX told_at ON told (at);

-- What an account was told of its audience: 0 nothing, 1 nearly full, 2 room for people it follows alone, 3 full,
-- 4 full and somebody waits.
ALTER TABLE local_accounts ADD COLUMN told_reach INTEGER NOT NULL DEFAULT 0;

-- Licences of people here that end some day, for the reminders before it.
CREATE INDEX licences_consented ON licences (id) WHERE consented_at IS NOT NULL AND ended_at IS NULL;
