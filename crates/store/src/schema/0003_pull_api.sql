-- By what rows are found without opening them: ids, words of a program and moments, in the clear. Written in the commit
-- that files the row; the name `facets_version` in `meta` says how those of older rows were made.
CREATE TABLE facets (
    connection {integer} NOT NULL REFERENCES connections (id),
    kind {text} NOT NULL,                   -- the kind of part: job, customer, ...
    id {integer} NOT NULL,                  -- ServiceTitan's
    record {integer} NOT NULL REFERENCES records (id),
    part {text} NOT NULL,
    status {text},
    unit {integer},
    customer {integer},
    job {integer},
    dated {integer},
    modified {integer},                     -- when ServiceTitan changed it last
    seen_at {integer} NOT NULL,             -- when it was seen to have changed
    PRIMARY KEY (connection, kind, id)
) {strict};
CREATE INDEX facets_customer ON facets (connection, kind, customer, id);
CREATE INDEX facets_job ON facets (connection, kind, job, id);
CREATE INDEX facets_record ON facets (record);

-- Who may read through the API. A token that was revoked or ran out keeps its row.
CREATE TABLE tokens (
    id {id},
    name {text} NOT NULL,
    hash {bytes} NOT NULL UNIQUE,           -- SHA-256 of the token, which is drawn at random and kept nowhere
    scopes {text} NOT NULL,                 -- JSON list of words
    connection {integer} REFERENCES connections (id), -- null: all of them
    created_at {integer} NOT NULL,
    created_by {text} NOT NULL,
    expires_at {integer},
    revoked_at {integer},
    used_at {integer}                       -- to the hour
) {strict};
CREATE UNIQUE INDEX tokens_name ON tokens (name) WHERE revoked_at IS NULL;
