-- Keys that authenticators hold for people. Only the public part is here.
CREATE TABLE passkey (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id      INTEGER NOT NULL REFERENCES account (person_id),
    credential     BLOB    NOT NULL UNIQUE,
    public_key     BLOB    NOT NULL, -- SubjectPublicKeyInfo
    sign_count     INTEGER NOT NULL,
    device         TEXT    NOT NULL, -- browser and system where it was made, in two words
    created        INTEGER NOT NULL,
    used           INTEGER,
    last_challenge INTEGER NOT NULL  -- when the last challenge that was answered was given: none is answered twice
) STRICT;
CREATE INDEX passkey_person ON passkey (person_id);
