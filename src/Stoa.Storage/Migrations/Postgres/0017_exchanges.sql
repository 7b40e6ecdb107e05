-- Every access to data that are not open: who, under which agreement and purpose, what was asked and what left. Written in batches and
-- never changed. The id holds the time: microseconds since 1970, times 2048, and a number of the node.
CREATE TABLE exchange (
    id           bigint PRIMARY KEY,
    party_id     bigint,           -- null: a token that nobody holds, or the operator
    token_id     bigint, 
    agreement_id bigint, 
    dataset_id   bigint,           -- null: several, which stand in exchange_dataset
    datasets     bigint NOT NULL, -- how many that are not open could be reached
    channel      bigint NOT NULL, -- Channel
    purpose      text COLLATE "C",
    method       text COLLATE "C" NOT NULL,
    route        text COLLATE "C" NOT NULL, -- the path with 0 for every number
    query        text COLLATE "C" NOT NULL, -- with ? for every value
    status       bigint NOT NULL,
    row_count    bigint NOT NULL,
    bytes        bigint NOT NULL,
    digest       bytea   NOT NULL, -- SHA-256 of the body that left
    decision     text COLLATE "C",
    version      bigint NOT NULL  -- of governance, by which it was decided
);
CREATE INDEX exchange_party ON exchange (party_id, id) WHERE party_id IS NOT NULL;
CREATE INDEX exchange_agreement ON exchange (agreement_id, id) WHERE agreement_id IS NOT NULL;
CREATE INDEX exchange_of_dataset ON exchange (dataset_id, id) WHERE dataset_id IS NOT NULL;
CREATE TABLE exchange_dataset (
    dataset_id  bigint NOT NULL,
    exchange_id bigint NOT NULL,
    PRIMARY KEY (dataset_id, exchange_id)
);
CREATE INDEX exchange_dataset_exchange ON exchange_dataset (exchange_id);
