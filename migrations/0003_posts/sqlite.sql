-- `statuses.listed`: 1 for public and tag timelines, 2 for the local timeline of signed-in members alone (law 5).
CREATE INDEX statuses_members ON statuses (id) WHERE listed > 0 AND local = 1;

-- Lists of what somebody kept or liked, in the order in which they did.
CREATE INDEX favourites_account ON favourites (account, id);
CREATE INDEX bookmarks_account ON bookmarks (account, id);
