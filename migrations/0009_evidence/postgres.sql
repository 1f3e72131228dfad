-- What was had of issuers of licences: their documents and status lists, and each change of their keys.
CREATE TABLE met_issuers (
    did TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    pin TEXT NOT NULL,
    first_met BIGINT NOT NULL,
    fetched_at BIGINT NOT NULL
);
CREATE INDEX met_issuers_fetched ON met_issuers (fetched_at);

CREATE TABLE issuer_key_changes (
    id BIGINT PRIMARY KEY,
    did TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    old_pin TEXT NOT NULL,
    new_pin TEXT NOT NULL
);
CREATE INDEX issuer_key_changes_did ON issuer_key_changes (did, id);

-- `valid_from`: of the newest list ever had from this address; an older one is refused. `pin`: the keys it was proven by.
CREATE TABLE met_status_lists (
    url TEXT PRIMARY KEY,
    issuer TEXT NOT NULL,
    document TEXT NOT NULL,
    pin TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    fetched_at BIGINT NOT NULL
);
CREATE INDEX met_status_lists_fetched ON met_status_lists (fetched_at);
