-- Sealed blocks of observations: all of a dataset whose ids lie between two. An entry of the log holds the root of a tree; its leaves are the
-- series that have observations in the block, and each of them has the root of a tree over these.
CREATE TABLE seal_state (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    next INTEGER NOT NULL -- id of the first observation that is not sealed
) STRICT;
INSERT INTO seal_state (one, next) VALUES (1, 1);
CREATE TABLE sealed_block (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id INTEGER NOT NULL,
    first_id   INTEGER NOT NULL, -- ids from here
    until_id   INTEGER NOT NULL, -- to before here
    idx        INTEGER NOT NULL  -- of the entry in the log of audit
) STRICT;
CREATE INDEX sealed_block_dataset ON sealed_block (dataset_id, first_id);
CREATE TABLE sealed_series (
    block_id      INTEGER NOT NULL REFERENCES sealed_block (id),
    datastream_id INTEGER NOT NULL, -- minus the id of a MultiDatastream
    count         INTEGER NOT NULL,
    root          BLOB    NOT NULL,
    PRIMARY KEY (block_id, datastream_id)
) STRICT, WITHOUT ROWID;
-- What an observation was when it was changed or removed for the first time since it was sealed, or before it was.
CREATE TABLE sealed_leaf (
    observation_id INTEGER PRIMARY KEY,
    datastream_id  INTEGER NOT NULL,
    hash           BLOB    NOT NULL,
    changes        INTEGER NOT NULL
) STRICT;
