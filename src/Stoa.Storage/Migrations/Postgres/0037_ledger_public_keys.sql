-- Public keys of the logs, all that ever signed: a node without the secret ones shows them and verifies by them.
CREATE TABLE ledger_public_key (
    log    bigint NOT NULL,
    number bigint NOT NULL, -- 1 is the first; the greatest is the newest
    key    text COLLATE "C" NOT NULL, -- C2SP signed-note, "Verifier keys"
    since  bigint NOT NULL, -- when it was made, or first known here
    until  bigint,          -- when it ceased to sign; null: it signs
    PRIMARY KEY (log, number)
);
