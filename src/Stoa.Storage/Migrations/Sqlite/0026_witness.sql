-- What this program saw of the logs of others as their witness (C2SP tlog-witness): the last checkpoint of each that it signed.
CREATE TABLE witnessed_log (
    origin    TEXT    PRIMARY KEY NOT NULL,
    size      INTEGER NOT NULL,
    root      BLOB    NOT NULL, -- 32 bytes
    note      BLOB    NOT NULL, -- the checkpoint with the log's signatures and our cosignature
    witnessed INTEGER NOT NULL
) STRICT;

-- Contradictions of logs, each proven by what a log signed. Never removed.
CREATE TABLE split_view (
    digest      TEXT    PRIMARY KEY NOT NULL, -- SHA-256 over origin, size and both roots: one contradiction is kept once
    origin      TEXT    NOT NULL,
    size        INTEGER NOT NULL,             -- where both views have a root
    root        BLOB    NOT NULL,
    note        BLOB    NOT NULL,
    other_root  BLOB    NOT NULL,
    other_note  BLOB    NOT NULL,
    source      TEXT    NOT NULL,             -- where the other one came from
    found       INTEGER NOT NULL
) STRICT;
CREATE INDEX split_view_origin ON split_view (origin, found);
