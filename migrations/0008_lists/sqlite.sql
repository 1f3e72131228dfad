-- Lists of accounts, and what their timelines show: at most 800 rows a list, written by the gate like `feed`.
-- `replies_policy`: list, followed, none. `exclusive`: what its members write stays out of the owner's home.
CREATE TABLE lists (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner BIGINT NOT NULL,
    title TEXT NOT NULL,
    replies_policy TEXT NOT NULL,
    exclusive INTEGER NOT NULL
);
CREATE INDEX lists_owner ON lists (owner, id);

CREATE TABLE list_members (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    list BIGINT NOT NULL REFERENCES lists (id),
    account BIGINT NOT NULL,
    UNIQUE (list, account)
);
CREATE INDEX list_members_account ON list_members (account, list);
CREATE INDEX list_members_order ON list_members (list, id);

CREATE TABLE list_feed (
    list BIGINT NOT NULL REFERENCES lists (id),
    post BIGINT NOT NULL,
    shown BIGINT NOT NULL,
    PRIMARY KEY (list, post)
);
CREATE INDEX list_feed_post ON list_feed (post);

-- What somebody wants to be warned of. `contexts`: a JSON list; `action`: warn, hide, blur.
-- `local_accounts.filters`: 0 without filters, otherwise another number after every change of theirs.
CREATE TABLE filters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner BIGINT NOT NULL,
    title TEXT NOT NULL,
    contexts TEXT NOT NULL,
    action TEXT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX filters_owner ON filters (owner, id);

CREATE TABLE filter_keywords (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    filter BIGINT NOT NULL REFERENCES filters (id),
    keyword TEXT NOT NULL,
    whole_word INTEGER NOT NULL
);
CREATE INDEX filter_keywords_filter ON filter_keywords (filter, id);

CREATE TABLE filter_statuses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    filter BIGINT NOT NULL REFERENCES filters (id),
    status BIGINT NOT NULL,
    UNIQUE (filter, status)
);
CREATE INDEX filter_statuses_status ON filter_statuses (status);

ALTER TABLE local_accounts ADD COLUMN filters BIGINT NOT NULL DEFAULT 0;

CREATE TABLE followed_tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account BIGINT NOT NULL,
    tag BIGINT NOT NULL,
    UNIQUE (account, tag)
);
CREATE INDEX followed_tags_tag ON followed_tags (tag, account);

-- Hashtags that somebody shows on their profile; `name`: as they typed it.
CREATE TABLE featured_tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account BIGINT NOT NULL,
    tag BIGINT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (account, tag)
);

-- Whom somebody doesn't want to hear. `notifications`: nor be told of. The muted learn nothing of it.
CREATE TABLE mutes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account BIGINT NOT NULL,
    target BIGINT NOT NULL,
    notifications INTEGER NOT NULL,
    expires_at BIGINT,
    UNIQUE (account, target)
);
CREATE INDEX mutes_target ON mutes (target);

CREATE TABLE thread_mutes (
    account BIGINT NOT NULL,
    conversation TEXT NOT NULL,
    PRIMARY KEY (account, conversation)
);
CREATE INDEX thread_mutes_conversation ON thread_mutes (conversation);

-- Domains that somebody, not the server, wants nothing to do with.
CREATE TABLE hidden_domains (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account BIGINT NOT NULL,
    domain TEXT NOT NULL,
    UNIQUE (account, domain)
);
CREATE INDEX hidden_domains_domain ON hidden_domains (domain);

-- Whom somebody shows on their profile.
CREATE TABLE endorsements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account BIGINT NOT NULL,
    target BIGINT NOT NULL,
    UNIQUE (account, target)
);
CREATE INDEX endorsements_target ON endorsements (target);

-- `filtered`: set aside by the person's policy, until they say otherwise. `group_key`: '' stands alone.
ALTER TABLE notifications ADD COLUMN filtered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN group_key TEXT NOT NULL DEFAULT '';

-- What is done with notifications of people of a kind: accept, filter, drop.
CREATE TABLE notification_policies (
    account BIGINT PRIMARY KEY,
    not_following TEXT NOT NULL,
    not_followers TEXT NOT NULL,
    new_accounts TEXT NOT NULL,
    private_mentions TEXT NOT NULL,
    limited_accounts TEXT NOT NULL
);

-- Whose notifications somebody wants whatever the policy says.
CREATE TABLE notification_permissions (
    account BIGINT NOT NULL,
    from_account BIGINT NOT NULL,
    PRIMARY KEY (account, from_account)
);
CREATE INDEX notification_permissions_from ON notification_permissions (from_account);

-- Direct posts of one thread among the same people, as one of them sees it. `people`: a JSON list of the others' ids.
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account BIGINT NOT NULL,
    thread TEXT NOT NULL,
    people TEXT NOT NULL,
    last_status BIGINT NOT NULL,
    unread INTEGER NOT NULL,
    UNIQUE (account, thread, people)
);
CREATE INDEX conversations_account ON conversations (account, last_status);
CREATE INDEX conversations_last ON conversations (last_status);

CREATE TABLE conversation_statuses (
    conversation BIGINT NOT NULL REFERENCES conversations (id),
    status BIGINT NOT NULL,
    PRIMARY KEY (conversation, status)
);
CREATE INDEX conversation_statuses_status ON conversation_statuses (status);
