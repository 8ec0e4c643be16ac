-- What ml-connector knows. Moments are milliseconds since 1970 in UTC; words in braces are words of the dialect module.

-- Facts of the whole database: which master key it was made with; `woken_to`, the last observation whose wakes are in
-- the table of wakes. A row named `pruning` exists only inside a transaction that prunes, and lets that transaction
-- delete what is append-only otherwise.
CREATE TABLE meta (
    name {text} PRIMARY KEY,
    value {text} NOT NULL
) {strict};
INSERT INTO meta (name, value) VALUES ('woken_to', '0');

-- One ServiceTitan tenant joined to one company of one Odoo database. A removed connection keeps its row, without
-- credentials and data key, so that its audit chain has an owner and its id is never given to another.
CREATE TABLE connections (
    id {id},
    name {text} NOT NULL,
    tenant {integer} NOT NULL,
    odoo {text} NOT NULL,
    settings {text} NOT NULL,               -- JSON, in the clear
    secrets {bytes} NOT NULL,               -- sealed JSON: name -> credential
    data_key {bytes} NOT NULL,              -- wrapped by the master key
    state {text} NOT NULL,                  -- active, paused
    paused {bytes},                         -- sealed JSON of a reason: it may quote a vendor
    created_at {integer} NOT NULL,
    version {integer} NOT NULL,
    links_version {integer} NOT NULL,       -- counts commits that changed the target of a link
    removed_at {integer}
) {strict};
CREATE UNIQUE INDEX connections_name ON connections (name) WHERE removed_at IS NULL;
-- External ids in Odoo carry the tenant: two connections of one pair would write over each other.
CREATE UNIQUE INDEX connections_pair ON connections (tenant, odoo) WHERE removed_at IS NULL;

-- What the sources told us. Webhooks carry an occurrence, rows of feeds and polls a flow and a part. A delivery is
-- this one row and nothing else, because that is what its sender waits for: the records that it wakes stand in it, and
-- are spread into the table of wakes when the engine next asks for them.
CREATE TABLE observations (
    id {id},
    connection {integer} NOT NULL REFERENCES connections (id),
    source {text} NOT NULL,                 -- webhook, feed, poll, fetch
    flow {text},
    part {text},
    occurrence {text},
    event_type {text},
    wakes {text},                           -- JSON list of [flow, source]
    observed_at {integer} NOT NULL,
    payload {bytes} NOT NULL                -- sealed
) {strict};
-- Partial, so that a delivery costs one index entry and a row of a feed the other.
CREATE UNIQUE INDEX observations_occurrence ON observations (connection, occurrence) WHERE occurrence IS NOT NULL;
CREATE INDEX observations_flow ON observations (connection, flow, id) WHERE flow IS NOT NULL;
{append_only observations}

-- Where each source record stands.
CREATE TABLE records (
    id {id},
    connection {integer} NOT NULL REFERENCES connections (id),
    flow {text} NOT NULL,
    source {text} NOT NULL,
    state {text} NOT NULL,                  -- pending, waiting, synced, failed, ignored
    state_since {integer} NOT NULL,
    input_version {integer} NOT NULL,       -- bumps with whatever the plan depends on
    input_at {integer} NOT NULL,            -- when it bumped last
    planned_version {integer} NOT NULL,     -- the input of the last outcome
    observed_at {integer} NOT NULL,         -- when the oldest input came that is not planned
    due_at {integer},                       -- of pending records, and of no others
    tries {integer} NOT NULL,
    doubt_until {integer},                  -- until then a call about it may end in the target that nobody heard of
    doubted {text},                         -- JSON list of the links that such a call may make
    triggered_by {text} NOT NULL,
    cause {text},                           -- the three of a reason, or none
    what {bytes},                           -- sealed: vendors' sentences quote what stands in the record
    advice {text},
    warnings {bytes},                       -- sealed JSON list of texts, or none
    warned {integer} NOT NULL,              -- their number
    decision {text},
    UNIQUE (connection, flow, source),
    CHECK ((state = 'pending') = (due_at IS NOT NULL))
) {strict};
CREATE INDEX records_due ON records (connection, flow, state, due_at);
CREATE INDEX records_warned ON records (connection, flow) WHERE warned > 0;

-- The parts of records, each with what was last seen of it.
CREATE TABLE parts (
    connection {integer} NOT NULL REFERENCES connections (id),
    flow {text} NOT NULL,
    part {text} NOT NULL,
    record {integer} NOT NULL REFERENCES records (id),
    observation {integer} NOT NULL REFERENCES observations (id),
    content_hash {bytes} NOT NULL,          -- keyed, so that small contents cannot be guessed from it
    PRIMARY KEY (connection, flow, part)
) {strict};
CREATE INDEX parts_record ON parts (record);
CREATE INDEX parts_observation ON parts (observation);

-- Source id <-> target id, with what the target was last given.
CREATE TABLE links (
    connection {integer} NOT NULL REFERENCES connections (id),
    name {text} NOT NULL,
    record {integer} NOT NULL REFERENCES records (id),
    part {text},                            -- the part it stands for, and moves with
    model {text} NOT NULL,
    target {integer} NOT NULL,
    base {bytes} NOT NULL,                  -- sealed
    links_version {integer} NOT NULL,       -- of the connection, when the target last changed
    PRIMARY KEY (connection, name)
) {strict};
CREATE INDEX links_record ON links (record);
CREATE INDEX links_target ON links (connection, model, target);

-- Which links of other records a record looked at when it was last planned, found or not.
CREATE TABLE dependencies (
    record {integer} NOT NULL REFERENCES records (id),
    connection {integer} NOT NULL,
    name {text} NOT NULL,
    PRIMARY KEY (record, name)
) {strict};
CREATE INDEX dependencies_name ON dependencies (connection, name);

-- Records that webhooks ask to fetch, up to the observation `woken_to`. The stamp is the id of the last delivery.
CREATE TABLE wakes (
    connection {integer} NOT NULL REFERENCES connections (id),
    flow {text} NOT NULL,
    source {text} NOT NULL,
    stamp {integer} NOT NULL,
    event_type {text} NOT NULL,
    since {integer} NOT NULL,
    PRIMARY KEY (connection, flow, source)
) {strict};

-- Each try at bringing a record to the target.
CREATE TABLE attempts (
    id {id},
    connection {integer} NOT NULL REFERENCES connections (id),
    record {integer} NOT NULL REFERENCES records (id),
    triggered_by {text} NOT NULL,
    sent {bytes} NOT NULL,                  -- sealed JSON
    received {bytes} NOT NULL,              -- sealed JSON
    started_at {integer} NOT NULL,
    finished_at {integer} NOT NULL,
    outcome {text} NOT NULL,
    message {bytes} NOT NULL                -- sealed: it may quote a vendor; empty when there is none
) {strict};
CREATE INDEX attempts_record ON attempts (record, id);
CREATE INDEX attempts_finished ON attempts (connection, finished_at);
{append_only attempts}

-- Who did what: a hash chain per connection. Payloads are there as salted hashes only, so that they can be forgotten.
CREATE TABLE audit (
    connection {integer} NOT NULL REFERENCES connections (id),
    seq {integer} NOT NULL,                 -- from 1, without gaps
    at {integer} NOT NULL,
    actor {text} NOT NULL,
    action {text} NOT NULL,
    subject {text} NOT NULL,
    detail {text} NOT NULL,                 -- in the clear: causes and sentences of ours, no vendor's text
    salt {bytes} NOT NULL,
    payload_hash {bytes},
    hash {bytes} NOT NULL,
    PRIMARY KEY (connection, seq)
) {strict};
CREATE INDEX audit_subject ON audit (connection, subject, seq);
{unchangeable audit}

-- How far each feed or poll was read.
CREATE TABLE cursors (
    connection {integer} NOT NULL REFERENCES connections (id),
    name {text} NOT NULL,
    value {text} NOT NULL,                  -- in the clear
    saved_at {integer} NOT NULL,
    PRIMARY KEY (connection, name)
) {strict};

-- Runs of `sync`: asked for by any process, done by the owner of the engine.
CREATE TABLE passes (
    id {id},
    connection {integer} NOT NULL REFERENCES connections (id),
    flows {text} NOT NULL,                  -- JSON list of names
    since {integer},
    actor {text} NOT NULL,
    requested_at {integer} NOT NULL,
    started_at {integer},
    finished_at {integer},
    settled {integer},                      -- 0, 1
    note {bytes}                            -- sealed: it may quote a vendor
) {strict};
CREATE INDEX passes_open ON passes (connection, id) WHERE finished_at IS NULL;

-- What a pass did, counted with each outcome in its commit.
CREATE TABLE pass_effects (
    pass {integer} NOT NULL REFERENCES passes (id),
    flow {text} NOT NULL,
    created {integer} NOT NULL,
    updated {integer} NOT NULL,
    unchanged {integer} NOT NULL,
    PRIMARY KEY (pass, flow)
) {strict};
