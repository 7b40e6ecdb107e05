-- What entries of logs are looked up by: each of the datasets, records and organizations that one is about, not the first alone.
CREATE TABLE ledger_key (
    kind   bigint NOT NULL, -- EntryKeyKind: 1 dataset, 2 governed record, 3 party, 4 log
    number bigint NOT NULL,
    log    bigint NOT NULL,
    idx    bigint NOT NULL,
    PRIMARY KEY (kind, number, log, idx)
);

-- What the columns say. Entries of keys that were made had the number of their log as their record.
INSERT INTO ledger_key (kind, number, log, idx)
SELECT 1, dataset_id, log, idx FROM ledger_entry WHERE dataset_id IS NOT NULL
UNION SELECT 4, record_id, log, idx FROM ledger_entry WHERE record_id IS NOT NULL AND type = 'key.made'
UNION SELECT 2, record_id, log, idx FROM ledger_entry WHERE record_id IS NOT NULL AND type <> 'key.made'
UNION SELECT 3, party_id, log, idx FROM ledger_entry WHERE party_id > 0
UNION SELECT 3, counterparty_id, log, idx FROM ledger_entry WHERE counterparty_id > 0;

-- What the entries of the log of audit say besides: all datasets, who acted, what a record belongs to.
INSERT INTO ledger_key (kind, number, log, idx)
SELECT 1, CAST(substr(d.value, 18) AS bigint), e.log, e.idx
FROM   ledger_entry e, jsonb_array_elements_text(convert_from(e.body, 'UTF8')::jsonb -> 'datasets') d
WHERE  e.log = 1 AND d.value LIKE 'urn:stoa:dataset:%'
ON CONFLICT DO NOTHING;
INSERT INTO ledger_key (kind, number, log, idx)
SELECT 3, CAST(substr(convert_from(body, 'UTF8')::jsonb ->> 'actor', 16) AS bigint), log, idx
FROM   ledger_entry
WHERE  log = 1 AND convert_from(body, 'UTF8')::jsonb ->> 'actor' LIKE 'urn:stoa:party:%' AND convert_from(body, 'UTF8')::jsonb ->> 'actor' <> 'urn:stoa:party:0'
ON CONFLICT DO NOTHING;
INSERT INTO ledger_key (kind, number, log, idx)
SELECT 1, CAST(substr(convert_from(body, 'UTF8')::jsonb ->> 'ref', 18) AS bigint), log, idx
FROM   ledger_entry
WHERE  log = 1 AND convert_from(body, 'UTF8')::jsonb ->> 'ref' LIKE 'urn:stoa:dataset:%'
ON CONFLICT DO NOTHING;
INSERT INTO ledger_key (kind, number, log, idx)
SELECT 2, CAST(substr(convert_from(body, 'UTF8')::jsonb ->> 'ref', 17) AS bigint), log, idx
FROM   ledger_entry
WHERE  log = 1 AND convert_from(body, 'UTF8')::jsonb ->> 'ref' LIKE 'urn:stoa:record:%'
ON CONFLICT DO NOTHING;
INSERT INTO ledger_key (kind, number, log, idx)
SELECT 2, CAST(substr(convert_from(body, 'UTF8')::jsonb ->> 'ref', 20) AS bigint), log, idx
FROM   ledger_entry
WHERE  log = 1 AND convert_from(body, 'UTF8')::jsonb ->> 'ref' LIKE 'urn:stoa:agreement:%'
ON CONFLICT DO NOTHING;

-- And the sides of the agreement under which something is owed or asked.
INSERT INTO ledger_key (kind, number, log, idx)
SELECT 3, p.id, k.log, k.idx
FROM   ledger_key k
JOIN   ledger_entry e ON e.log = k.log AND e.idx = k.idx
JOIN   governed_record r ON r.id = k.number AND r.kind = 4
JOIN   party p ON p.id IN (r.party_id, r.counterparty_id) AND p.kind <> 2
WHERE  k.kind = 2 AND k.log = 1 AND e.type IN ('obligation.changed', 'compatibility-test.changed')
ON CONFLICT DO NOTHING;

DROP INDEX ledger_entry_dataset;
DROP INDEX ledger_entry_record;
DROP INDEX ledger_entry_party;
DROP INDEX ledger_entry_counterparty;
ALTER TABLE ledger_entry DROP COLUMN dataset_id, DROP COLUMN record_id, DROP COLUMN party_id, DROP COLUMN counterparty_id;
CREATE INDEX ledger_entry_type ON ledger_entry (log, type, idx);
