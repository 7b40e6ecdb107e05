-- Connectors: how what devices send becomes observations of a dataset. Times as everywhere: microseconds since 1970, UTC.

CREATE TABLE connector (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id          INTEGER NOT NULL REFERENCES dataset (id),
    name                TEXT    NOT NULL,
    declaration         TEXT    NOT NULL,           -- YAML as it was sent
    file                TEXT,                       -- the file it is declared in; NULL: over the API
    is_enabled          INTEGER NOT NULL,
    tested              INTEGER,                    -- when this very declaration understood a payload; NULL: not yet
    created             INTEGER NOT NULL,
    modified            INTEGER NOT NULL,
    datastreams_created INTEGER NOT NULL DEFAULT 0,
    received            INTEGER NOT NULL DEFAULT 0, -- messages
    observations        INTEGER NOT NULL DEFAULT 0, -- stored
    duplicates          INTEGER NOT NULL DEFAULT 0, -- readings whose datastream had that time already
    skipped             INTEGER NOT NULL DEFAULT 0, -- messages passed over by a rule
    rejected            INTEGER NOT NULL DEFAULT 0, -- messages
    dropped             INTEGER NOT NULL DEFAULT 0, -- dead letters that had to make room
    dead_letters        INTEGER NOT NULL DEFAULT 0, -- kept now
    dead_letter_bytes   INTEGER NOT NULL DEFAULT 0,
    last_received       INTEGER,
    last_error          TEXT,
    last_error_time     INTEGER
) STRICT;
CREATE UNIQUE INDEX connector_name ON connector (dataset_id, name);

-- Messages that could not be used, oldest first; kept until they are replayed, deleted, or make room for newer ones.
CREATE TABLE dead_letter (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    connector_id INTEGER NOT NULL REFERENCES connector (id),
    time         INTEGER NOT NULL,
    topic        TEXT,                              -- NULL: it came over the webhook without one
    reason       TEXT    NOT NULL,
    payload      BLOB    NOT NULL,
    is_asked_for INTEGER NOT NULL DEFAULT 0         -- the command line wants the server to replay it
) STRICT;
CREATE INDEX dead_letter_connector ON dead_letter (connector_id, id);
CREATE INDEX dead_letter_asked_for ON dead_letter (id) WHERE is_asked_for = 1;

-- Grows with every change to what a server keeps in memory of connectors; servers look at it often.
CREATE TABLE connector_state (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO connector_state (id, version) VALUES (1, 1);

CREATE TRIGGER connector_inserted AFTER INSERT ON connector
BEGIN
    UPDATE connector_state SET version = version + 1;
END;
CREATE TRIGGER connector_changed AFTER UPDATE OF declaration, is_enabled ON connector
BEGIN
    UPDATE connector_state SET version = version + 1;
END;
CREATE TRIGGER connector_deleted AFTER DELETE ON connector
BEGIN
    UPDATE connector_state SET version = version + 1;
END;
