-- What grows by what others send is swept: by these.
CREATE INDEX activities_object ON activities (object);
CREATE INDEX remote_keys_fetched ON remote_keys (fetched_at);
CREATE INDEX tombstones_deleted ON tombstones (deleted_at);
CREATE INDEX domain_days_day ON domain_days (day);
CREATE INDEX ledger_repeats_told ON ledger_repeats (told_at);
CREATE INDEX follows_waiting_since ON follows (state_at) WHERE state IN ('requested', 'held');
CREATE INDEX accounts_remote_fetched ON accounts (fetched_at, id) WHERE domain <> '';

CREATE TRIGGER checkpoints_no_truncate BEFORE TRUNCATE ON checkpoints
FOR EACH STATEMENT EXECUTE FUNCTION append_only();
