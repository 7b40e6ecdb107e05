-- Writes that were done under an Idempotency-Key, kept so that the same request sent again is answered and not done again.
-- A row is written in the transaction of what it records.
CREATE TABLE idempotent_request (
    credential  INTEGER NOT NULL, -- access_token.id; 0 for the operator
    key         TEXT    NOT NULL,
    part        INTEGER NOT NULL, -- number of the part of a batch, from 1; 0 for a request by itself
    fingerprint BLOB    NOT NULL, -- SHA-256 of method, address and body of the whole request
    status      INTEGER NOT NULL,
    entity_set  TEXT,             -- what was created or changed
    entity_id   INTEGER,
    entity_tag  TEXT,
    row_ids     BLOB,             -- of a data array: 8 bytes each, little-endian; 0 for a row that was refused
    created     INTEGER NOT NULL,
    PRIMARY KEY (credential, key, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotent_request_created ON idempotent_request (created);
