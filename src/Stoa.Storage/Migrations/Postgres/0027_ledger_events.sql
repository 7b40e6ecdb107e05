-- What a change of a governed record is committed to with in the log: 32 random bytes. Null: made before there was a log, or deleted with what
-- the change said.
ALTER TABLE governed_event ADD COLUMN salt bytea;

-- A batch of recorded accesses that stands in the log as one entry: its tree can be made again from the rows.
CREATE TABLE exchange_batch (
    idx      bigint PRIMARY KEY, -- of the entry in the log of audit
    first_id bigint NOT NULL,    -- of the accesses, the first and the last
    last_id  bigint NOT NULL,
    accesses bigint NOT NULL,    -- how many: the leaves of the tree
    salt     bytea  NOT NULL, -- from which each leaf has one of its own
    row_ids  bytea  NOT NULL     -- of exchange, each as the difference to the one before, in numbers of seven bits a byte
);
CREATE INDEX exchange_batch_last ON exchange_batch (last_id);
