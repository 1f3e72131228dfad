-- What somebody here wrote down about an account, for nobody else to see.
CREATE TABLE account_notes (
    account BIGINT NOT NULL,
    target BIGINT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (account, target)
);
CREATE INDEX account_notes_target ON account_notes (target);
