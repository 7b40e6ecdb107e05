-- What this program saw of the logs of others as their witness (C2SP tlog-witness): the last checkpoint of each that it signed.
CREATE TABLE witnessed_log (
    origin    text COLLATE "C" PRIMARY KEY,
    size      bigint NOT NULL,
    root      bytea  NOT NULL, -- 32 bytes
    note      bytea  NOT NULL, -- the checkpoint with the log's signatures and our cosignature
    witnessed bigint NOT NULL
);

-- Contradictions of logs, each proven by what a log signed. Never removed.
CREATE TABLE split_view (
    digest      text COLLATE "C" PRIMARY KEY, -- SHA-256 over origin, size and both roots: one contradiction is kept once
    origin      text COLLATE "C" NOT NULL,
    size        bigint NOT NULL,              -- where both views have a root
    root        bytea  NOT NULL,
    note        bytea  NOT NULL,
    other_root  bytea  NOT NULL,
    other_note  bytea  NOT NULL,
    source      text COLLATE "C" NOT NULL,    -- where the other one came from
    found       bigint NOT NULL
);
CREATE INDEX split_view_origin ON split_view (origin, found);
