-- What others confirmed of our logs. log is LogName.
CREATE TABLE ledger_cosigned ( -- the last checkpoint that has a quorum of cosignatures (C2SP tlog-policy): it is the one that is shown
    log  INTEGER PRIMARY KEY,
    note BLOB    NOT NULL,
    met  INTEGER NOT NULL
) STRICT;
CREATE TABLE ledger_stamp ( -- time stamps of checkpoints (RFC 3161)
    log     INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    note    BLOB    NOT NULL, -- what was stamped
    token   BLOB    NOT NULL, -- TimeStampToken, DER
    stamped INTEGER NOT NULL, -- the time in it
    PRIMARY KEY (log, size)
) STRICT;
CREATE TABLE ledger_anchor ( -- checkpoints whose hash a contract on a chain holds
    log      INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    note     BLOB    NOT NULL,
    contract TEXT    NOT NULL,
    tx       TEXT    NOT NULL, -- hash of the transaction
    anchored INTEGER NOT NULL,
    PRIMARY KEY (log, size)
) STRICT;
CREATE TABLE ledger_lag ( -- since when something that others should confirm is waiting; no row while nothing is
    kind  INTEGER NOT NULL, -- LagKind
    log   INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (kind, log)
) STRICT;
