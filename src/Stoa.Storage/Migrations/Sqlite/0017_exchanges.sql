-- Every access to data that are not open: who, under which agreement and purpose, what was asked and what left. Written in batches and
-- never changed. The id holds the time: microseconds since 1970, times 2048, and a number of the node.
CREATE TABLE exchange (
    id           INTEGER PRIMARY KEY,
    party_id     INTEGER,          -- null: a token that nobody holds, or the operator
    token_id     INTEGER,
    agreement_id INTEGER,
    dataset_id   INTEGER,          -- null: several, which stand in exchange_dataset
    datasets     INTEGER NOT NULL, -- how many that are not open could be reached
    channel      INTEGER NOT NULL, -- Channel
    purpose      TEXT,
    method       TEXT    NOT NULL,
    route        TEXT    NOT NULL, -- the path with 0 for every number
    query        TEXT    NOT NULL, -- with ? for every value
    status       INTEGER NOT NULL,
    row_count    INTEGER NOT NULL,
    bytes        INTEGER NOT NULL,
    digest       BLOB    NOT NULL, -- SHA-256 of the body that left
    decision     TEXT,
    version      INTEGER NOT NULL  -- of governance, by which it was decided
) STRICT;
CREATE INDEX exchange_party ON exchange (party_id, id) WHERE party_id IS NOT NULL;
CREATE INDEX exchange_agreement ON exchange (agreement_id, id) WHERE agreement_id IS NOT NULL;
CREATE INDEX exchange_of_dataset ON exchange (dataset_id, id) WHERE dataset_id IS NOT NULL;
CREATE TABLE exchange_dataset (
    dataset_id  INTEGER NOT NULL,
    exchange_id INTEGER NOT NULL,
    PRIMARY KEY (dataset_id, exchange_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX exchange_dataset_exchange ON exchange_dataset (exchange_id);
