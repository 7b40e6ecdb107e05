-- Writes that were done under an Idempotency-Key, kept so that the same request sent again is answered and not done again.
-- A row is written in the transaction of what it records.
CREATE TABLE idempotent_request (
    credential  bigint NOT NULL,          -- access_token.id; 0 for the operator
    key         text COLLATE "C" NOT NULL,
    part        bigint NOT NULL,          -- number of the part of a batch, from 1; 0 for a request by itself
    fingerprint bytea  NOT NULL,          -- SHA-256 of method, address and body of the whole request
    status      bigint NOT NULL,
    entity_set  text COLLATE "C",         -- what was created or changed
    entity_id   bigint,
    entity_tag  text COLLATE "C",
    row_ids     bytea,                    -- of a data array: 8 bytes each, little-endian; 0 for a row that was refused
    created     bigint NOT NULL,
    PRIMARY KEY (credential, key, part)
);
CREATE INDEX idempotent_request_created ON idempotent_request (created);
