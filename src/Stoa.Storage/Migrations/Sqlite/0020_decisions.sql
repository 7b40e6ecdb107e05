-- The last decisions, and the states of the world by which they were made: what replays and what-if questions are asked of.
CREATE TABLE policy_snapshot (
    digest  TEXT    PRIMARY KEY NOT NULL, -- SHA-256 of the content
    version INTEGER NOT NULL,             -- of governance; read again after a start it has another digest
    content BLOB    NOT NULL              -- PolicyContent as JSON, gzip
) STRICT;
CREATE INDEX policy_snapshot_version ON policy_snapshot (version);
CREATE TABLE decision (
    id         INTEGER PRIMARY KEY, -- as an exchange's: holds the time
    name       TEXT    NOT NULL,    -- Decision-Id
    party_id   INTEGER,
    dataset_id INTEGER NOT NULL,
    outcome    INTEGER NOT NULL,
    gate       INTEGER,
    version    INTEGER NOT NULL,
    content    TEXT    NOT NULL     -- DecisionRecord, canonical JSON
) STRICT;
CREATE INDEX decision_name ON decision (name);
CREATE INDEX decision_party ON decision (party_id, id) WHERE party_id IS NOT NULL;
CREATE INDEX decision_dataset ON decision (dataset_id, id);
CREATE INDEX decision_version ON decision (version);
