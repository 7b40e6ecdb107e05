-- Sealed blocks of observations: all of a dataset whose ids lie between two, in the order of their series and ids. An entry of the log holds the root of
-- a Merkle tree over them.
CREATE TABLE seal_state (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    next INTEGER NOT NULL -- id of the first observation that is not sealed
) STRICT;
INSERT INTO seal_state (one, next) VALUES (1, 1);
CREATE TABLE sealed_block (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id INTEGER NOT NULL,
    first_id   INTEGER NOT NULL, -- ids from here
    until_id   INTEGER NOT NULL, -- to before here, 65,536 further at most
    count      INTEGER NOT NULL, -- leaves
    secret     BLOB    NOT NULL, -- of which the salts of its leaves are made
    idx        INTEGER NOT NULL  -- of the entry in the log of audit
) STRICT;
CREATE INDEX sealed_block_dataset ON sealed_block (dataset_id, first_id);
-- What is kept of the tree, so that a proof reads few observations: 32 leaves a row.
CREATE TABLE sealed_group (
    block_id INTEGER NOT NULL REFERENCES sealed_block (id),
    number   INTEGER NOT NULL, -- from the left
    ids      BLOB    NOT NULL, -- of its leaves: how far from first_id, two bytes each, the higher one first
    hash     BLOB    NOT NULL, -- of the subtree; of the last group, when it has fewer leaves, the hashes of these
    PRIMARY KEY (block_id, number)
) STRICT, WITHOUT ROWID;
-- What an observation was when it was changed or removed for the first time since it was sealed, or before it was.
CREATE TABLE sealed_leaf (
    observation_id INTEGER PRIMARY KEY,
    datastream_id  INTEGER NOT NULL,
    hash           BLOB    NOT NULL,
    changes        INTEGER NOT NULL
) STRICT;
