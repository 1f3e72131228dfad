-- Law 7: who has a redacted export and all that is public finds nobody by when something happened. A checkpoint that closes a
-- UTC day binds of every chain the last row of that day; an export for an auditor goes by these, and the leaves of the
-- others bear a salt that it doesn't have. `ledger_closed`: the last row of the chain that a closing binds.
ALTER TABLE checkpoints ADD COLUMN day TEXT NOT NULL DEFAULT '';
ALTER TABLE checkpoint_leaves ADD COLUMN salt TEXT NOT NULL DEFAULT '';
ALTER TABLE checkpoint_leaves ADD COLUMN closes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE local_accounts ADD COLUMN ledger_closed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX checkpoints_closing ON checkpoints (number) WHERE day <> '';
