-- Law 1 with law 10: what was used of turning over goes along with the slots when accounts of one login divide a cap.
-- `account`: whom it counts for now; 0 for slots that nobody of the login has. `origin`: the row it was first, where it came
-- along with slots. `tier`: on which it happened.
ALTER TABLE refills ADD COLUMN login BIGINT;
ALTER TABLE refills ADD COLUMN tier BIGINT;
ALTER TABLE refills ADD COLUMN origin BIGINT;
UPDATE refills SET login = (SELECT l.login FROM local_accounts l WHERE l.id = refills.account),
    tier = (SELECT l.tier FROM local_accounts l WHERE l.id = refills.account);
CREATE INDEX refills_login ON refills (login, tier, at);

-- Slots that their owner freed and that nobody of the login has; `account`: who left them there by going to another tier, and
-- takes them along when it comes back; else 0.
CREATE TABLE unheld (
    login BIGINT NOT NULL,
    tier BIGINT NOT NULL,
    account BIGINT NOT NULL,
    freed BIGINT NOT NULL,
    PRIMARY KEY (login, tier, account)
);
