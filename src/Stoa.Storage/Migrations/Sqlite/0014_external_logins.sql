-- Logins at a provider of single sign-on, and whose they are. Who came by one alone has no password: account.password is empty then, which
-- no hash is.
CREATE TABLE external_login (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL REFERENCES account (person_id),
    issuer    TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    used      INTEGER,
    UNIQUE (issuer, subject)
) STRICT;
CREATE INDEX external_login_person ON external_login (person_id);
