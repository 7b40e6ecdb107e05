-- MQTT: what outlives a connection or a restart. Times are microseconds since 1970-01-01T00:00:00Z.

-- A session whose expiry is not zero. Its owner is a token: client identifiers of different tokens never meet.
CREATE TABLE mqtt_session (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    token_id       INTEGER NOT NULL REFERENCES access_token (id),
    client_id      TEXT    NOT NULL,
    expiry_seconds INTEGER NOT NULL,
    -- When the connection ended; null while it is open, and after a crash.
    disconnected   INTEGER,
    UNIQUE (token_id, client_id)
) STRICT;

CREATE TABLE mqtt_subscription (
    session_id INTEGER NOT NULL REFERENCES mqtt_session (id) ON DELETE CASCADE,
    filter     TEXT    NOT NULL,
    -- The options byte of SUBSCRIBE (MQTT 5, 3.8.3.1).
    options    INTEGER NOT NULL,
    identifier INTEGER,
    PRIMARY KEY (session_id, filter)
) STRICT, WITHOUT ROWID;

-- QoS 2 publications that were stored and not yet released by their client: written with what they store.
CREATE TABLE mqtt_receipt (
    session_id INTEGER NOT NULL REFERENCES mqtt_session (id) ON DELETE CASCADE,
    packet_id  INTEGER NOT NULL,
    PRIMARY KEY (session_id, packet_id)
) STRICT, WITHOUT ROWID;

-- Retained messages of the free topics of a dataset.
CREATE TABLE mqtt_retained (
    dataset_id INTEGER NOT NULL REFERENCES dataset (id) ON DELETE CASCADE,
    -- Below datasets/{slug}/topics/.
    topic      TEXT    NOT NULL,
    payload    BLOB    NOT NULL,
    qos        INTEGER NOT NULL,
    -- As in a PUBLISH packet of MQTT 5.
    properties BLOB    NOT NULL,
    expires    INTEGER,
    PRIMARY KEY (dataset_id, topic)
) STRICT;

-- What a token may do is a ground of decisions too: servers that follow the version see a withdrawn right at once.
CREATE TRIGGER access_token_governed AFTER UPDATE OF is_admin, expires, revoked ON access_token
BEGIN
    UPDATE governance_state SET version = version + 1;
END;
CREATE TRIGGER access_token_scope_changed AFTER UPDATE ON access_token_scope
BEGIN
    UPDATE governance_state SET version = version + 1;
END;
CREATE TRIGGER access_token_scope_added AFTER INSERT ON access_token_scope
BEGIN
    UPDATE governance_state SET version = version + 1;
END;
CREATE TRIGGER access_token_scope_removed AFTER DELETE ON access_token_scope
BEGIN
    UPDATE governance_state SET version = version + 1;
END;
