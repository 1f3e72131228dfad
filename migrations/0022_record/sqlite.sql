-- Law 7. A chain bears a name of its own in what is hashed: SHA-256(salt ‖ the owner's actor id). The salt goes when the
-- owner is erased. Before, the account's number stood there (form 1), by which anybody could look the owner up.
ALTER TABLE local_accounts ADD COLUMN ledger_chain TEXT NOT NULL DEFAULT '';
ALTER TABLE local_accounts ADD COLUMN ledger_salt TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger ADD COLUMN form INTEGER NOT NULL DEFAULT 1;
ALTER TABLE checkpoint_leaves ADD COLUMN chain TEXT NOT NULL DEFAULT '';

-- All of the ledger, newest first, for those who may see it.
CREATE INDEX ledger_at ON ledger (at, account, seq);

-- A row goes on from the head of its chain, and from nowhere else; the ledger's clock never steps back.
CREATE TRIGGER ledger_goes_on BEFORE INSERT ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: a row goes on from the head of its chain')
    WHERE NOT EXISTS (
        SELECT 1 FROM local_accounts l WHERE l.id = NEW.account AND l.ledger_seq + 1 = NEW.seq AND l.ledger_at <= NEW.at
        AND CASE l.ledger_head WHEN '' THEN '0000000000000000000000000000000000000000000000000000000000000000'
            ELSE l.ledger_head END = NEW.prev
    );
END;

CREATE TRIGGER ledger_head_goes_on BEFORE UPDATE OF ledger_seq, ledger_at, ledger_head, ledger_chain ON local_accounts
WHEN NEW.ledger_seq < OLD.ledger_seq OR NEW.ledger_at < OLD.ledger_at
    OR (NEW.ledger_seq = OLD.ledger_seq AND NEW.ledger_head <> OLD.ledger_head)
    OR (OLD.ledger_chain <> '' AND NEW.ledger_chain <> OLD.ledger_chain)
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: its head and its clock never step back');
END;

-- Beside the chain nothing changes either; it can only go.
CREATE TRIGGER ledger_names_no_update BEFORE UPDATE ON ledger_names
BEGIN
    SELECT RAISE(ABORT, 'ledger_names is append-only, but for erasing');
END;

CREATE TRIGGER ledger_names_belong BEFORE INSERT ON ledger_names
BEGIN
    SELECT RAISE(ABORT, 'ledger_names is append-only: a name stands beside a new row')
    WHERE NOT EXISTS (SELECT 1 FROM local_accounts l WHERE l.id = NEW.account AND l.ledger_seq + 1 = NEW.seq);
END;

CREATE TRIGGER checkpoint_leaves_no_update BEFORE UPDATE ON checkpoint_leaves
BEGIN
    SELECT RAISE(ABORT, 'checkpoint_leaves is append-only');
END;

CREATE TRIGGER checkpoint_leaves_no_delete BEFORE DELETE ON checkpoint_leaves
BEGIN
    SELECT RAISE(ABORT, 'checkpoint_leaves is append-only');
END;

-- `INSERT OR REPLACE` deletes without asking the triggers above.
CREATE TRIGGER checkpoints_go_on BEFORE INSERT ON checkpoints
BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only: one follows the last')
    WHERE NEW.number <> (SELECT COALESCE(MAX(number), 0) + 1 FROM checkpoints);
END;

CREATE TRIGGER checkpoint_leaves_go_on BEFORE INSERT ON checkpoint_leaves
BEGIN
    SELECT RAISE(ABORT, 'checkpoint_leaves is append-only: leaves belong to the last checkpoint')
    WHERE NEW.checkpoint <> (SELECT COALESCE(MAX(number), 0) FROM checkpoints)
    OR EXISTS (SELECT 1 FROM checkpoint_leaves WHERE checkpoint = NEW.checkpoint AND account = NEW.account);
END;

-- How many were trimmed is published.
CREATE INDEX follows_trimmed ON follows (followed) WHERE state = 'trimmed';

-- Where an inbox is now that something may have been sent to under an address of before: what is taken back goes there, too.
CREATE TABLE moved_inboxes (
    old_inbox TEXT PRIMARY KEY,
    account BIGINT NOT NULL,
    inbox TEXT NOT NULL,
    host TEXT NOT NULL,
    moved_at BIGINT NOT NULL
);
CREATE INDEX moved_inboxes_account ON moved_inboxes (account, moved_at);
CREATE INDEX moved_inboxes_moved ON moved_inboxes (moved_at);
