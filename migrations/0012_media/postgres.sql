-- Pictures of people here. What a client sees of one stands in `entity` (JSON), as it is copied into its post.
CREATE TABLE media (
    id BIGINT PRIMARY KEY,
    owner BIGINT NOT NULL REFERENCES accounts (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('attachment', 'avatar', 'header')),
    state TEXT NOT NULL CHECK (state IN ('new', 'free', 'used', 'discarded')),
    status BIGINT,
    file TEXT NOT NULL UNIQUE,
    preview_file TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    entity TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX media_owner ON media (owner, purpose);
CREATE INDEX media_status ON media (status) WHERE status IS NOT NULL;
CREATE INDEX media_loose ON media (changed_at) WHERE state IN ('new', 'free');
CREATE INDEX media_discarded ON media (id) WHERE state = 'discarded';
