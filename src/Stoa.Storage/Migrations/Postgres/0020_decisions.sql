-- The last decisions, and the states of the world by which they were made: what replays and what-if questions are asked of.
CREATE TABLE policy_snapshot (
    digest  text COLLATE "C" PRIMARY KEY, -- SHA-256 of the content
    version bigint NOT NULL,              -- of governance; read again after a start it has another digest
    content bytea  NOT NULL               -- PolicyContent as JSON, gzip
);
CREATE INDEX policy_snapshot_version ON policy_snapshot (version);
CREATE TABLE decision (
    id         bigint PRIMARY KEY, -- as an exchange's: holds the time
    name       text COLLATE "C" NOT NULL, -- Decision-Id
    party_id   bigint,
    dataset_id bigint NOT NULL,
    outcome    bigint NOT NULL,
    gate       bigint,
    version    bigint NOT NULL,
    content    text COLLATE "C" NOT NULL -- DecisionRecord, canonical JSON
);
CREATE INDEX decision_name ON decision (name);
CREATE INDEX decision_party ON decision (party_id, id) WHERE party_id IS NOT NULL;
CREATE INDEX decision_dataset ON decision (dataset_id, id);
CREATE INDEX decision_version ON decision (version);
