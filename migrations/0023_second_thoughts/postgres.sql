-- A moderator's mark that stays on its post and counts no longer among the three that suspend a rung: an appeal against
-- the suspension was granted then.
ALTER TABLE scope_marks ADD COLUMN excused_at BIGINT;

-- A post under a licence is signed as of a rung whose posts anyone may boost and quote (`document`), and as of one whose
-- posts its audience may: which of them is served follows the rung its author stands on. '' of what was signed before.
ALTER TABLE permits ADD COLUMN narrow TEXT NOT NULL DEFAULT '';

-- What the server itself announces is there in several languages: JSON of language → text, '' where somebody wrote it in one.
ALTER TABLE announcements ADD COLUMN texts TEXT NOT NULL DEFAULT '';
