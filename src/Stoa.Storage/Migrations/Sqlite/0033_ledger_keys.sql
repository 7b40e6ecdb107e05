-- What entries of logs are looked up by: each of the datasets, records and organizations that one is about, not the first alone.
CREATE TABLE ledger_key (
    kind   INTEGER NOT NULL, -- EntryKeyKind: 1 dataset, 2 governed record, 3 party, 4 log
    number INTEGER NOT NULL,
    log    INTEGER NOT NULL,
    idx    INTEGER NOT NULL,
    PRIMARY KEY (kind, number, log, idx)
) STRICT, WITHOUT ROWID;

-- What the columns say. Entries of keys that were made had the number of their log as their record.
INSERT INTO ledger_key (kind, number, log, idx)
SELECT 1, dataset_id, log, idx FROM ledger_entry WHERE dataset_id IS NOT NULL
UNION SELECT 4, record_id, log, idx FROM ledger_entry WHERE record_id IS NOT NULL AND type = 'key.made'
UNION SELECT 2, record_id, log, idx FROM ledger_entry WHERE record_id IS NOT NULL AND type <> 'key.made'
UNION SELECT 3, party_id, log, idx FROM ledger_entry WHERE party_id > 0
UNION SELECT 3, counterparty_id, log, idx FROM ledger_entry WHERE counterparty_id > 0;

-- What the entries of the log of audit say besides: all datasets, who acted, what a record belongs to.
INSERT OR IGNORE INTO ledger_key (kind, number, log, idx)
SELECT 1, CAST(substr(d.value, 18) AS INTEGER), e.log, e.idx
FROM   ledger_entry e, json_each(CAST(e.body AS TEXT), '$.datasets') d
WHERE  e.log = 1 AND d.value LIKE 'urn:stoa:dataset:%';
INSERT OR IGNORE INTO ledger_key (kind, number, log, idx)
SELECT 3, CAST(substr(json_extract(CAST(body AS TEXT), '$.actor'), 16) AS INTEGER), log, idx
FROM   ledger_entry
WHERE  log = 1 AND json_extract(CAST(body AS TEXT), '$.actor') LIKE 'urn:stoa:party:%' AND json_extract(CAST(body AS TEXT), '$.actor') <> 'urn:stoa:party:0';
INSERT OR IGNORE INTO ledger_key (kind, number, log, idx)
SELECT 1, CAST(substr(json_extract(CAST(body AS TEXT), '$.ref'), 18) AS INTEGER), log, idx
FROM   ledger_entry
WHERE  log = 1 AND json_extract(CAST(body AS TEXT), '$.ref') LIKE 'urn:stoa:dataset:%';
INSERT OR IGNORE INTO ledger_key (kind, number, log, idx)
SELECT 2, CAST(substr(json_extract(CAST(body AS TEXT), '$.ref'), 17) AS INTEGER), log, idx
FROM   ledger_entry
WHERE  log = 1 AND json_extract(CAST(body AS TEXT), '$.ref') LIKE 'urn:stoa:record:%';
INSERT OR IGNORE INTO ledger_key (kind, number, log, idx)
SELECT 2, CAST(substr(json_extract(CAST(body AS TEXT), '$.ref'), 20) AS INTEGER), log, idx
FROM   ledger_entry
WHERE  log = 1 AND json_extract(CAST(body AS TEXT), '$.ref') LIKE 'urn:stoa:agreement:%';

-- And the sides of the agreement under which something is owed or asked.
INSERT OR IGNORE INTO ledger_key (kind, number, log, idx)
SELECT 3, p.id, k.log, k.idx
FROM   ledger_key k
JOIN   ledger_entry e ON e.log = k.log AND e.idx = k.idx
JOIN   governed_record r ON r.id = k.number AND r.kind = 4
JOIN   party p ON p.id IN (r.party_id, r.counterparty_id) AND p.kind <> 2
WHERE  k.kind = 2 AND k.log = 1 AND e.type IN ('obligation.changed', 'compatibility-test.changed');

DROP INDEX ledger_entry_dataset;
DROP INDEX ledger_entry_record;
DROP INDEX ledger_entry_party;
DROP INDEX ledger_entry_counterparty;
ALTER TABLE ledger_entry DROP COLUMN dataset_id;
ALTER TABLE ledger_entry DROP COLUMN record_id;
ALTER TABLE ledger_entry DROP COLUMN party_id;
ALTER TABLE ledger_entry DROP COLUMN counterparty_id;
CREATE INDEX ledger_entry_type ON ledger_entry (log, type, idx);
