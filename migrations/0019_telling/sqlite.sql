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

-- How far up its audience an account was told of: 0 nothing, 1 near, 2 room for people it follows alone, 3 full; and how
-- often it was told.
ALTER TABLE local_accounts ADD COLUMN told_reach INTEGER NOT NULL DEFAULT 0;
ALTER TABLE local_accounts ADD COLUMN told_reach_times BIGINT NOT NULL DEFAULT 0;
