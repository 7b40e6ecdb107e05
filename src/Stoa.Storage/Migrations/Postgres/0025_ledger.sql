-- Logs (C2SP tlog-tiles): what is provably recorded. An entry gets its index in the transaction of what it records, and is never changed.
CREATE TABLE ledger_log (
    id   bigint PRIMARY KEY, -- LogName
    size bigint NOT NULL     -- entries that are there: the next index
);
INSERT INTO ledger_log (id, size) VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0);
CREATE TABLE ledger_entry (
    log             bigint NOT NULL,
    idx             bigint NOT NULL,
    type            text COLLATE "C" NOT NULL,
    dataset_id      bigint, -- what it is looked up by; nothing of it stands in the entry but what body says
    record_id       bigint,
    party_id        bigint,
    counterparty_id bigint,
    body            bytea NOT NULL, -- canonical JSON
    PRIMARY KEY (log, idx)
);
CREATE INDEX ledger_entry_dataset ON ledger_entry (dataset_id, log, idx) WHERE dataset_id IS NOT NULL;
CREATE INDEX ledger_entry_record ON ledger_entry (record_id, log, idx) WHERE record_id IS NOT NULL;
CREATE INDEX ledger_entry_party ON ledger_entry (party_id, log, idx) WHERE party_id IS NOT NULL;
CREATE INDEX ledger_entry_counterparty ON ledger_entry (counterparty_id, log, idx) WHERE counterparty_id IS NOT NULL;

-- Where there are several nodes, tiles and checkpoints stand here; else in files beside the database.
CREATE TABLE ledger_tile (
    log   bigint NOT NULL,
    level bigint NOT NULL, -- -1 for bundles of entries
    idx   bigint NOT NULL,
    width bigint NOT NULL, -- 1 to 256: how many of them there are
    bytes bytea NOT NULL,
    PRIMARY KEY (log, level, idx)
);
CREATE TABLE ledger_checkpoint (
    log  bigint PRIMARY KEY,
    note bytea NOT NULL -- signed
);
