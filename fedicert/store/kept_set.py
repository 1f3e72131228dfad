"""Whether a settling keeps a follower, as SQL: of `follows f` and `inboxes i`. Nothing else."""

KEPT = (
    "EXISTS (SELECT 1 FROM kept_units k WHERE k.account = f.followed"
    " AND ((k.follower = f.follower AND k.host = '') OR (k.follower = 0 AND k.host = COALESCE(i.host, '')"
    " AND k.host <> '')))"
)
