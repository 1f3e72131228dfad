-- Whom to tell next is read in this very order, page by page: without the follower in it each page sorted all that were due.
DROP INDEX rejections_due;
CREATE INDEX rejections_due ON rejections (account, due, follower) WHERE activity IS NULL;
