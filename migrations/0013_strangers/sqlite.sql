-- Law 2: people outside the audience whom posts of people here address, each once a post. `holder`: the login, or the
-- account's number below zero where it has none. `cost`: how many strangers it counts as, 0 where this person was counted
-- already within 30 days; an answer costs 1. Rows are counted by `at`, and stay when the post goes.
CREATE TABLE addressed (
    post BIGINT NOT NULL,
    person BIGINT NOT NULL,
    account BIGINT NOT NULL,
    holder BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('stranger', 'answer')),
    cost BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (post, person)
);
CREATE INDEX addressed_strangers ON addressed (holder, at) WHERE kind = 'stranger';
CREATE INDEX addressed_answers ON addressed (account, at) WHERE kind = 'answer';
CREATE INDEX addressed_person ON addressed (person, holder);
CREATE INDEX addressed_at ON addressed (at);

-- Law 5. Of a post from elsewhere: who may boost it, as its server says ('' anyone, 'audience', 'nobody'). Of a boost:
-- 'outside' where its booster isn't among those who may; it is counted and shown, and enters nobody's home.
ALTER TABLE statuses ADD COLUMN boosts TEXT NOT NULL DEFAULT '';

-- Quotes elsewhere of posts of people here that were allowed (FEP-044f): the stamp is served by its id, and goes with the post.
CREATE TABLE quotes (
    id INTEGER PRIMARY KEY,
    status BIGINT NOT NULL,
    quote_uri TEXT NOT NULL,
    quoter BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (status, quote_uri)
);
