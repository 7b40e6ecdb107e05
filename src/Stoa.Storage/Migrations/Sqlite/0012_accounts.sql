-- How people sign in here. Of everything that a person or a browser shows, only a hash is kept; the secret of a person's generator of
-- codes must be kept itself, since codes are made from it.
CREATE TABLE account (
    person_id        INTEGER PRIMARY KEY REFERENCES party (id),
    login            TEXT    NOT NULL UNIQUE, -- e-mail address in small letters
    password         TEXT    NOT NULL,        -- as the framework's PasswordHasher writes it, version 3
    password_changed INTEGER NOT NULL,
    is_admin         INTEGER NOT NULL,        -- governs the exchange
    totp_secret      BLOB,
    totp_confirmed   INTEGER NOT NULL DEFAULT 0,
    totp_step        INTEGER NOT NULL DEFAULT 0, -- of the last code that was taken: none is taken twice
    created          INTEGER NOT NULL
) STRICT;
CREATE TRIGGER account_governed AFTER UPDATE OF is_admin ON account
BEGIN
    UPDATE governance_state SET version = version + 1;
END;

CREATE TABLE recovery_code (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL REFERENCES account (person_id),
    hash      BLOB    NOT NULL,
    used      INTEGER
) STRICT;
CREATE INDEX recovery_code_person ON recovery_code (person_id);

CREATE TABLE sign_in_session (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL REFERENCES account (person_id),
    hash      BLOB    NOT NULL UNIQUE,
    assurance INTEGER NOT NULL, -- 0: the second step is still to come
    device    TEXT    NOT NULL, -- browser and system in two words
    created   INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    expires   INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_session_person ON sign_in_session (person_id);
CREATE INDEX sign_in_session_expires ON sign_in_session (expires);

-- Browsers that have signed in before. They wait by a counter of their own, so that a stranger who guesses cannot keep the owner out.
CREATE TABLE trusted_device (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL REFERENCES account (person_id),
    hash      BLOB    NOT NULL UNIQUE,
    created   INTEGER NOT NULL,
    expires   INTEGER NOT NULL
) STRICT;
CREATE INDEX trusted_device_person ON trusted_device (person_id);

-- How often it failed lately: for an account, a source address, a trusted device. Kept for a day after the last time.
CREATE TABLE sign_in_attempt (
    key      TEXT    NOT NULL PRIMARY KEY, -- SHA-256 of what is counted, in hexadecimal digits
    failures INTEGER NOT NULL,
    last     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_attempt_last ON sign_in_attempt (last);

-- Links that work once.
CREATE TABLE one_time_link (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    hash            BLOB    NOT NULL UNIQUE,
    purpose         INTEGER NOT NULL, -- 0 first administrator, 1 invitation
    login           TEXT,             -- who is invited
    organization_id INTEGER REFERENCES party (id),
    roles           INTEGER,
    created_by      INTEGER REFERENCES party (id),
    created         INTEGER NOT NULL,
    expires         INTEGER NOT NULL,
    used            INTEGER
) STRICT;
CREATE INDEX one_time_link_organization ON one_time_link (organization_id) WHERE organization_id IS NOT NULL;
