-- Logs (C2SP tlog-tiles): what is provably recorded. An entry gets its index in the transaction of what it records, and is never changed.
CREATE TABLE ledger_log (
    id   INTEGER PRIMARY KEY, -- LogName
    size INTEGER NOT NULL     -- entries that are there: the next index
) STRICT;
INSERT INTO ledger_log (id, size) VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0);
CREATE TABLE ledger_entry (
    log             INTEGER NOT NULL,
    idx             INTEGER NOT NULL,
    type            TEXT    NOT NULL,
    dataset_id      INTEGER, -- what it is looked up by; nothing of it stands in the entry but what body says
    record_id       INTEGER,
    party_id        INTEGER,
    counterparty_id INTEGER,
    body            BLOB    NOT NULL, -- canonical JSON
    PRIMARY KEY (log, idx)
) STRICT;
CREATE INDEX ledger_entry_dataset ON ledger_entry (dataset_id, log, idx) WHERE dataset_id IS NOT NULL;
CREATE INDEX ledger_entry_record ON ledger_entry (record_id, log, idx) WHERE record_id IS NOT NULL;
CREATE INDEX ledger_entry_party ON ledger_entry (party_id, log, idx) WHERE party_id IS NOT NULL;
CREATE INDEX ledger_entry_counterparty ON ledger_entry (counterparty_id, log, idx) WHERE counterparty_id IS NOT NULL;

-- Where there are several nodes, tiles and checkpoints stand here; else in files beside the database.
CREATE TABLE ledger_tile (
    log   INTEGER NOT NULL,
    level INTEGER NOT NULL, -- -1 for bundles of entries
    idx   INTEGER NOT NULL,
    width INTEGER NOT NULL, -- 1 to 256: how many of them there are
    bytes BLOB    NOT NULL,
    PRIMARY KEY (log, level, idx)
) STRICT;
CREATE TABLE ledger_checkpoint (
    log  INTEGER PRIMARY KEY,
    note BLOB    NOT NULL -- signed
) STRICT;
