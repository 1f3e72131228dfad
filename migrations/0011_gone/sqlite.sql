-- What answered 410 and nothing else since: an inbox, or an actor's document, and the moment of the first (law 3).
-- What is taken at `inbox` forgets it: the inbox itself, or the one that the document's actor has for itself alone.
CREATE TABLE gone (
    url TEXT PRIMARY KEY,
    inbox TEXT NOT NULL,
    since INTEGER NOT NULL
);
CREATE INDEX gone_inbox ON gone (inbox) WHERE inbox <> '';
CREATE INDEX gone_since ON gone (since);
CREATE INDEX inboxes_inbox ON inboxes (inbox);
CREATE INDEX inboxes_shared ON inboxes (shared_inbox) WHERE shared_inbox <> '';
