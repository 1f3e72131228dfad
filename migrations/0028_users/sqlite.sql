-- Whose use of a freed slot it was, however often it went along with slots since: what comes back to who did it isn't told as
-- another account's. NULL: it went along before this was kept.
ALTER TABLE refills ADD COLUMN used_by BIGINT;
UPDATE refills SET used_by = account WHERE origin IS NULL;
