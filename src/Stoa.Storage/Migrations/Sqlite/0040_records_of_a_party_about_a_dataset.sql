-- Whether a record of a dataset names a party is asked about datasets that may be absent, too: both must take as long.
CREATE INDEX governed_record_party_dataset ON governed_record (party_id, dataset_id)
    WHERE party_id IS NOT NULL AND dataset_id IS NOT NULL;
CREATE INDEX governed_record_counterparty_dataset ON governed_record (counterparty_id, dataset_id)
    WHERE counterparty_id IS NOT NULL AND dataset_id IS NOT NULL;
