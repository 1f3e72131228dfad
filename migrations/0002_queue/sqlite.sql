-- Who makes ids with which slot (4 bits of every id): leased, so that no two processes make the same.
CREATE TABLE process_slots (
    slot INTEGER PRIMARY KEY,
    token TEXT NOT NULL,
    lease_until BIGINT NOT NULL
);

INSERT INTO process_slots (slot, token, lease_until) VALUES
    (0, '', 0), (1, '', 0), (2, '', 0), (3, '', 0), (4, '', 0), (5, '', 0), (6, '', 0), (7, '', 0),
    (8, '', 0), (9, '', 0), (10, '', 0), (11, '', 0), (12, '', 0), (13, '', 0), (14, '', 0), (15, '', 0);

-- Work that outlives a request, written in the unit of work of the fact it follows from. `payload`: ids only.
-- `due` NULL: buried, a dead letter. `lease_until` 0: nobody has it. `token`: whose claim it is; a late one loses.
-- `again`: asked for once more while it was being done, for then. `lane` '': no order to keep.
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    job_key TEXT,
    lane TEXT NOT NULL,
    payload TEXT NOT NULL,
    due BIGINT,
    attempts BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    token BIGINT NOT NULL,
    again BIGINT,
    errors TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    buried_at BIGINT
);
CREATE UNIQUE INDEX jobs_key ON jobs (kind, job_key);
CREATE INDEX jobs_due ON jobs (kind, due);
CREATE INDEX jobs_lane ON jobs (lane, id) WHERE lane <> '';
CREATE INDEX jobs_buried ON jobs (buried_at) WHERE buried_at IS NOT NULL;

-- One row a kind whose order matters: claims of it take turns on it.
CREATE TABLE job_kinds (
    kind TEXT PRIMARY KEY
);

-- What is sent, once, however many it is sent to. `id` is the activity's.
CREATE TABLE bodies (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- A POST to make. `host` is its lane. Never two in flight about one object or one pair; in the order of `id`.
-- `due` NULL: buried.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host TEXT NOT NULL,
    inbox TEXT NOT NULL,
    body BIGINT NOT NULL REFERENCES bodies (id),
    signer BIGINT NOT NULL,
    object_key TEXT NOT NULL,
    pair_key TEXT NOT NULL,
    due BIGINT,
    attempts BIGINT NOT NULL,
    errors TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    buried_at BIGINT
);
CREATE UNIQUE INDEX deliveries_once ON deliveries (body, inbox);
CREATE INDEX deliveries_order ON deliveries (host, id);
CREATE INDEX deliveries_due ON deliveries (host, due);
CREATE INDEX deliveries_buried ON deliveries (buried_at) WHERE buried_at IS NOT NULL;

-- One host. `due` NULL: nothing to send. `not_before`: the breaker or a Retry-After. `proven_at`: the last success.
CREATE TABLE lanes (
    host TEXT PRIMARY KEY,
    due BIGINT,
    not_before BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    token BIGINT NOT NULL,
    breaker TEXT NOT NULL,
    failures BIGINT NOT NULL,
    failures_since BIGINT NOT NULL,
    failing_since BIGINT,
    proven_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX lanes_due ON lanes (due) WHERE due IS NOT NULL;
