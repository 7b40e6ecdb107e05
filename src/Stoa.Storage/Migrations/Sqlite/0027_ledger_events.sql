-- What a change of a governed record is committed to with in the log: 32 random bytes. Null: made before there was a log, or deleted with what
-- the change said.
ALTER TABLE governed_event ADD COLUMN salt BLOB;

-- A batch of recorded accesses that stands in the log as one entry: its tree can be made again from the rows.
CREATE TABLE exchange_batch (
    idx      INTEGER PRIMARY KEY, -- of the entry in the log of audit
    first_id INTEGER NOT NULL,    -- of the accesses, the first and the last
    last_id  INTEGER NOT NULL,
    accesses INTEGER NOT NULL,    -- how many: the leaves of the tree
    salt     BLOB    NOT NULL, -- from which each leaf has one of its own
    row_ids  BLOB    NOT NULL     -- of exchange, each as the difference to the one before, in numbers of seven bits a byte
) STRICT;
CREATE INDEX exchange_batch_last ON exchange_batch (last_id);
