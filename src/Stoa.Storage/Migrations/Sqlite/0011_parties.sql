-- Who takes part: one space of ids for organizations, their units, people, and the services and devices that act for them.
-- An organization's row here has the id that it has in its own table.
CREATE TABLE party (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    kind         INTEGER NOT NULL, -- 0 organization, 1 unit, 2 person, 3 service, 4 device
    status       INTEGER NOT NULL, -- 0 proposed, 1 verified, 2 active, 3 suspended, 4 left
    name         TEXT    NOT NULL,
    category     INTEGER,          -- user group of ISO 37156, 9.2 f
    jurisdiction TEXT,             -- ISO 3166-1 or 3166-2
    parent_id    INTEGER REFERENCES party (id), -- of a unit, service or device; never changes
    may_act      INTEGER NOT NULL, -- 1: active, and all above it are; kept with every change of a status
    created      INTEGER NOT NULL,
    modified     INTEGER NOT NULL
) STRICT;
CREATE INDEX party_parent ON party (parent_id) WHERE parent_id IS NOT NULL;
INSERT INTO party (id, kind, status, name, may_act, created, modified)
SELECT id, 0, 2, name, 1, created, created FROM organization;

-- Servers ask anew what tokens and sessions are good for when the version has grown.
CREATE TRIGGER party_governed AFTER UPDATE OF status ON party
BEGIN
    UPDATE governance_state SET version = version + 1;
END;

CREATE TABLE membership (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id       INTEGER NOT NULL REFERENCES party (id),
    organization_id INTEGER NOT NULL REFERENCES party (id),
    roles           INTEGER NOT NULL, -- bits: 1 member, 2 data officer, 4 administrator
    valid_from      INTEGER NOT NULL,
    valid_to        INTEGER,          -- not included
    created         INTEGER NOT NULL
) STRICT;
CREATE INDEX membership_person ON membership (person_id);
CREATE INDEX membership_organization ON membership (organization_id);
CREATE TRIGGER membership_begun AFTER INSERT ON membership
BEGIN
    UPDATE governance_state SET version = version + 1;
END;
CREATE TRIGGER membership_changed AFTER UPDATE ON membership
BEGIN
    UPDATE governance_state SET version = version + 1;
END;

-- Whose token it is, and the secret before the last one while both are taken.
ALTER TABLE access_token ADD COLUMN party_id INTEGER REFERENCES party (id);
ALTER TABLE access_token ADD COLUMN previous_hash BLOB;
ALTER TABLE access_token ADD COLUMN previous_until INTEGER;
ALTER TABLE access_token ADD COLUMN rotated INTEGER;
CREATE INDEX access_token_party ON access_token (party_id) WHERE party_id IS NOT NULL;
