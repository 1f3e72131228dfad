-- Who issues licences here: the instance as registrar, or an authority without an instance. One, or none.
CREATE TABLE issuers (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    did TEXT NOT NULL UNIQUE,
    base TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('authority', 'registrar')),
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    country TEXT NOT NULL,
    region TEXT NOT NULL,
    keys_made INTEGER NOT NULL,
    created_at BIGINT NOT NULL
);

-- The kinds of licence it grants, each as JSON (model/issuing.py).
CREATE TABLE achievements (
    slug TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- `revision` rises with each revocation; `signed_revision` is the one that `document` shows.
CREATE TABLE status_lists (
    number INTEGER PRIMARY KEY,
    revision BIGINT NOT NULL,
    signed_revision BIGINT NOT NULL,
    document TEXT NOT NULL,
    signed_at BIGINT NOT NULL,
    valid_until BIGINT NOT NULL
);

-- `document` without a proof; `proofs`: suite -> proof; `method`: the key they are by; `control`: how it was made sure
-- that the applicant holds the actor.
CREATE TABLE issued_credentials (
    id BIGINT PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    list INTEGER NOT NULL REFERENCES status_lists (number),
    list_index INTEGER NOT NULL CHECK (list_index BETWEEN 0 AND 131071),
    achievement TEXT NOT NULL REFERENCES achievements (slug),
    subject TEXT NOT NULL,
    number TEXT NOT NULL,
    holder TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    document TEXT NOT NULL,
    proofs TEXT NOT NULL,
    method TEXT NOT NULL,
    control TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_why TEXT NOT NULL DEFAULT '',
    CHECK (valid_until > valid_from),
    UNIQUE (list, list_index)
);
CREATE INDEX issued_credentials_subject ON issued_credentials (subject);
CREATE INDEX issued_credentials_method ON issued_credentials (method, valid_until);
CREATE INDEX issued_credentials_revoked ON issued_credentials (list, list_index) WHERE revoked_at IS NOT NULL;

-- A revocation is for good, and what others stored about an entry stays true.
CREATE FUNCTION issued_credentials_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at)
        OR NEW.list <> OLD.list OR NEW.list_index <> OLD.list_index OR NEW.uuid <> OLD.uuid
        OR NEW.document <> OLD.document THEN
        RAISE EXCEPTION 'a revocation and an entry are for good';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER issued_credentials_stay BEFORE UPDATE OR DELETE ON issued_credentials
FOR EACH ROW EXECUTE FUNCTION issued_credentials_stay();
