-- A batch of kept decisions that stands in the log as one entry, with the hashes of the leaves of its tree.
CREATE TABLE decision_batch (
    idx     bigint PRIMARY KEY, -- of the entry in the log of audit
    last_id bigint NOT NULL,    -- of the decisions
    hashes  bytea  NOT NULL     -- 32 bytes for each, by their ids
);
CREATE INDEX decision_batch_last ON decision_batch (last_id);

-- Null: kept before decisions entered the log.
ALTER TABLE decision ADD COLUMN batch_idx bigint;
ALTER TABLE decision ADD COLUMN place bigint; -- among the leaves of its batch, from 0
ALTER TABLE decision ADD COLUMN salt bytea;   -- of its leaf alone
