-- What others confirmed of our logs. log is LogName.
CREATE TABLE ledger_cosigned ( -- the last checkpoint that has a quorum of cosignatures (C2SP tlog-policy): it is the one that is shown
    log  bigint PRIMARY KEY,
    note bytea  NOT NULL,
    met  bigint NOT NULL
);
CREATE TABLE ledger_stamp ( -- time stamps of checkpoints (RFC 3161)
    log     bigint NOT NULL,
    size    bigint NOT NULL,
    note    bytea  NOT NULL, -- what was stamped
    token   bytea  NOT NULL, -- TimeStampToken, DER
    stamped bigint NOT NULL, -- the time in it
    PRIMARY KEY (log, size)
);
CREATE TABLE ledger_anchor ( -- checkpoints whose hash a contract on a chain holds
    log      bigint NOT NULL,
    size     bigint NOT NULL,
    note     bytea  NOT NULL,
    contract text COLLATE "C" NOT NULL,
    tx       text COLLATE "C" NOT NULL, -- hash of the transaction
    anchored bigint NOT NULL,
    PRIMARY KEY (log, size)
);
CREATE TABLE ledger_lag ( -- since when something that others should confirm is waiting; no row while nothing is
    kind  bigint NOT NULL, -- LagKind
    log   bigint NOT NULL,
    since bigint NOT NULL,
    PRIMARY KEY (kind, log)
);
