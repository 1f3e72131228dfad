-- A poll is part of its post: `poll` is its JSON ('' for none), counted from `poll_votes` where the post is from here, and as
-- the other server says where it isn't.
ALTER TABLE statuses ADD COLUMN poll TEXT NOT NULL DEFAULT '';
ALTER TABLE status_edits ADD COLUMN poll TEXT NOT NULL DEFAULT '';

-- What a post quotes: `quote_of` the post, where it is here; `quote_uri` its address, '' for none; how it stands
-- (`quote_state`: pending, accepted, rejected, revoked, deleted, unauthorized); `quote_stamp` the address of the stamp that
-- allows it; `quote_request` our QuoteRequest. `quoting`: who may quote the post itself.
ALTER TABLE statuses ADD COLUMN quote_of BIGINT;
ALTER TABLE statuses ADD COLUMN quote_uri TEXT NOT NULL DEFAULT '';
ALTER TABLE statuses ADD COLUMN quote_state TEXT NOT NULL DEFAULT '';
ALTER TABLE statuses ADD COLUMN quote_stamp TEXT NOT NULL DEFAULT '';
ALTER TABLE statuses ADD COLUMN quote_request TEXT NOT NULL DEFAULT '';
ALTER TABLE statuses ADD COLUMN quoting TEXT NOT NULL DEFAULT '';
ALTER TABLE statuses ADD COLUMN quotes_count BIGINT NOT NULL DEFAULT 0;
CREATE INDEX statuses_quotes ON statuses (quote_of, id) WHERE quote_of IS NOT NULL;
CREATE INDEX statuses_quote_request ON statuses (quote_request) WHERE quote_request <> '';
CREATE INDEX statuses_quote_stamp ON statuses (quote_stamp) WHERE quote_stamp <> '';

-- Who may quote what somebody posts without saying ('': as the tier has it).
ALTER TABLE local_accounts ADD COLUMN default_quoting TEXT NOT NULL DEFAULT '';

-- An allowed quote that its author took back stays, so that asking again doesn't bring it back.
ALTER TABLE quotes ADD COLUMN revoked_at BIGINT;

-- Votes: one a person and choice. `place`: the choice, or -1 where only one may be chosen: the database refuses a second.
CREATE TABLE poll_votes (
    status BIGINT NOT NULL,
    account BIGINT NOT NULL,
    choice BIGINT NOT NULL,
    place BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (status, account, choice),
    UNIQUE (status, account, place)
);

-- Posts that wait for their time, and drafts (`due` NULL). `draft`: what is asked for, as JSON; `refused`: why it wasn't
-- posted when its time came. Judged when sent.
CREATE TABLE scheduled (
    id INTEGER PRIMARY KEY,
    account BIGINT NOT NULL,
    due BIGINT,
    draft TEXT NOT NULL,
    refused TEXT NOT NULL,
    token BIGINT NOT NULL,
    idempotency TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX scheduled_account ON scheduled (account, id);
CREATE UNIQUE INDEX scheduled_once ON scheduled (token, idempotency) WHERE idempotency <> '';

-- Reports, from here and from elsewhere (Flag). `uri`: of the Flag.
CREATE TABLE reports (
    id INTEGER PRIMARY KEY,
    reporter BIGINT NOT NULL,
    target BIGINT NOT NULL,
    statuses TEXT NOT NULL,
    rules TEXT NOT NULL,
    category TEXT NOT NULL,
    comment TEXT NOT NULL,
    forwarded INTEGER NOT NULL,
    uri TEXT NOT NULL,
    assigned BIGINT,
    acted_by BIGINT,
    acted_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX reports_target ON reports (target, id);
CREATE INDEX reports_reporter ON reports (reporter, id);
CREATE UNIQUE INDEX reports_uri ON reports (uri) WHERE uri <> '';

-- Law 2: how much answered single actors, by author, UTC day and kind ('' all together).
CREATE TABLE answer_days (
    account BIGINT NOT NULL,
    day BIGINT NOT NULL,
    kind TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (account, day, kind)
);
CREATE INDEX answer_days_day ON answer_days (day);
