-- A batch of kept decisions that stands in the log as one entry, with the hashes of the leaves of its tree.
CREATE TABLE decision_batch (
    idx     INTEGER PRIMARY KEY, -- of the entry in the log of audit
    last_id INTEGER NOT NULL,    -- of the decisions
    hashes  BLOB    NOT NULL     -- 32 bytes for each, by their ids
) STRICT;
CREATE INDEX decision_batch_last ON decision_batch (last_id);

-- Null: kept before decisions entered the log.
ALTER TABLE decision ADD COLUMN batch_idx INTEGER;
ALTER TABLE decision ADD COLUMN place INTEGER; -- among the leaves of its batch, from 0
ALTER TABLE decision ADD COLUMN salt BLOB;     -- of its leaf alone
