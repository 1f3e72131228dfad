-- A moderator's mark that stays on its post and counts no longer among the three that suspend a rung: an appeal against
-- the suspension was granted then.
ALTER TABLE scope_marks ADD COLUMN excused_at BIGINT;
