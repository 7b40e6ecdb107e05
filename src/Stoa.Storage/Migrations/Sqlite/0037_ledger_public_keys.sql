-- Public keys of the logs, all that ever signed: a node without the secret ones shows them and verifies by them.
CREATE TABLE ledger_public_key (
    log    INTEGER NOT NULL,
    number INTEGER NOT NULL, -- 1 is the first; the greatest is the newest
    key    TEXT    NOT NULL, -- C2SP signed-note, "Verifier keys"
    since  INTEGER NOT NULL, -- when it was made, or first known here
    until  INTEGER,          -- when it ceased to sign; null: it signs
    PRIMARY KEY (log, number)
) STRICT;
