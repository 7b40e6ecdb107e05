-- The foundation: parties, datasets, tokens, the SensorThings entities, observations and what is derived from them.
-- Times are INTEGER microseconds since 1970-01-01T00:00:00Z. JSON is kept as the text that was checked at the border.
-- Every entity carries dataset_id, so that an AccessScope is one predicate in every statement.

-- governance ------------------------------------------------------------------------------------------------------

CREATE TABLE organization (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    slug        TEXT    NOT NULL UNIQUE,
    name        TEXT    NOT NULL,
    homepage    TEXT,
    created     INTEGER NOT NULL
) STRICT;

CREATE TABLE dataset (
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    slug                  TEXT    NOT NULL UNIQUE,
    title                 TEXT    NOT NULL,
    description           TEXT    NOT NULL,
    sector                INTEGER NOT NULL,
    spectrum              INTEGER NOT NULL,
    licence               TEXT,
    owner_organization_id INTEGER REFERENCES organization (id),
    keywords              TEXT    NOT NULL DEFAULT '[]',
    created               INTEGER NOT NULL,
    modified              INTEGER NOT NULL
) STRICT;
CREATE INDEX dataset_owner ON dataset (owner_organization_id) WHERE owner_organization_id IS NOT NULL;

-- Words of title, description, keywords and owner; rowid is dataset.id. Kept by the triggers below.
CREATE VIRTUAL TABLE dataset_words USING fts5 (title, description, keywords, owner, tokenize = "unicode61 remove_diacritics 2");

-- Grows with every change to what decisions about access rest on, whichever process makes it; servers look at it often.
CREATE TABLE governance_state (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO governance_state (id, version) VALUES (1, 1);

CREATE TRIGGER dataset_inserted AFTER INSERT ON dataset
BEGIN
    UPDATE governance_state SET version = version + 1;
    INSERT INTO dataset_words (rowid, title, description, keywords, owner)
    VALUES (new.id, new.title, new.description, new.keywords,
            COALESCE((SELECT name FROM organization WHERE id = new.owner_organization_id), ''));
END;
CREATE TRIGGER dataset_governed AFTER UPDATE OF slug, spectrum, owner_organization_id ON dataset
BEGIN
    UPDATE governance_state SET version = version + 1;
END;
CREATE TRIGGER dataset_described AFTER UPDATE OF title, description, keywords, owner_organization_id ON dataset
BEGIN
    UPDATE dataset_words
    SET    title = new.title, description = new.description, keywords = new.keywords,
           owner = COALESCE((SELECT name FROM organization WHERE id = new.owner_organization_id), '')
    WHERE  rowid = new.id;
END;
CREATE TRIGGER dataset_deleted AFTER DELETE ON dataset
BEGIN
    UPDATE governance_state SET version = version + 1;
    DELETE FROM dataset_words WHERE rowid = old.id;
END;
CREATE TRIGGER organization_renamed AFTER UPDATE OF name ON organization
BEGIN
    UPDATE dataset_words
    SET    owner = new.name
    WHERE  rowid IN (SELECT id FROM dataset WHERE owner_organization_id = new.id);
END;

CREATE TABLE access_token (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    prefix      TEXT    NOT NULL UNIQUE,
    hash        BLOB    NOT NULL,
    name        TEXT    NOT NULL,
    is_admin    INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    expires     INTEGER,
    revoked     INTEGER
) STRICT;

CREATE TABLE access_token_scope (
    token_id    INTEGER NOT NULL REFERENCES access_token (id),
    dataset_id  INTEGER NOT NULL REFERENCES dataset (id),
    may_read    INTEGER NOT NULL,
    may_write   INTEGER NOT NULL,
    PRIMARY KEY (token_id, dataset_id)
) STRICT, WITHOUT ROWID;

-- SensorThings entities (OGC 18-088, 8.2) -------------------------------------------------------------------------
-- external_key: the key of the thing in the system it was imported from; unique within its dataset.

CREATE TABLE thing (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id   INTEGER NOT NULL REFERENCES dataset (id),
    name         TEXT    NOT NULL,
    description  TEXT    NOT NULL,
    properties   TEXT,
    external_key TEXT
) STRICT;
CREATE INDEX thing_dataset ON thing (dataset_id);
CREATE UNIQUE INDEX thing_external_key ON thing (dataset_id, external_key) WHERE external_key IS NOT NULL;

CREATE TABLE location (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id    INTEGER NOT NULL REFERENCES dataset (id),
    name          TEXT    NOT NULL,
    description   TEXT    NOT NULL,
    encoding_type TEXT    NOT NULL,
    location      TEXT    NOT NULL,
    properties    TEXT,
    geometry      BLOB,
    external_key  TEXT
) STRICT;
CREATE INDEX location_dataset ON location (dataset_id);
CREATE UNIQUE INDEX location_external_key ON location (dataset_id, external_key) WHERE external_key IS NOT NULL;
CREATE VIRTUAL TABLE location_box USING rtree (id, min_x, max_x, min_y, max_y);

CREATE TABLE thing_location (
    thing_id    INTEGER NOT NULL REFERENCES thing (id),
    location_id INTEGER NOT NULL REFERENCES location (id),
    PRIMARY KEY (thing_id, location_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX thing_location_location ON thing_location (location_id, thing_id);

CREATE TABLE historical_location (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id  INTEGER NOT NULL REFERENCES dataset (id),
    thing_id    INTEGER NOT NULL REFERENCES thing (id),
    time        INTEGER NOT NULL
) STRICT;
CREATE INDEX historical_location_thing ON historical_location (thing_id, time);
CREATE INDEX historical_location_dataset ON historical_location (dataset_id);

CREATE TABLE historical_location_location (
    historical_location_id INTEGER NOT NULL REFERENCES historical_location (id),
    location_id            INTEGER NOT NULL REFERENCES location (id),
    PRIMARY KEY (historical_location_id, location_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX historical_location_location_location
    ON historical_location_location (location_id, historical_location_id);

CREATE TABLE sensor (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id    INTEGER NOT NULL REFERENCES dataset (id),
    name          TEXT    NOT NULL,
    description   TEXT    NOT NULL,
    encoding_type TEXT    NOT NULL,
    metadata      TEXT    NOT NULL, -- a JSON value: usually a string
    properties    TEXT,
    external_key  TEXT
) STRICT;
CREATE INDEX sensor_dataset ON sensor (dataset_id);
CREATE UNIQUE INDEX sensor_external_key ON sensor (dataset_id, external_key) WHERE external_key IS NOT NULL;

CREATE TABLE observed_property (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id   INTEGER NOT NULL REFERENCES dataset (id),
    name         TEXT    NOT NULL,
    definition   TEXT    NOT NULL,
    description  TEXT    NOT NULL,
    properties   TEXT,
    external_key TEXT
) STRICT;
CREATE INDEX observed_property_dataset ON observed_property (dataset_id);
CREATE UNIQUE INDEX observed_property_external_key
    ON observed_property (dataset_id, external_key) WHERE external_key IS NOT NULL;

CREATE TABLE datastream (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id           INTEGER NOT NULL REFERENCES dataset (id),
    thing_id             INTEGER NOT NULL REFERENCES thing (id),
    sensor_id            INTEGER NOT NULL REFERENCES sensor (id),
    observed_property_id INTEGER NOT NULL REFERENCES observed_property (id),
    name                 TEXT    NOT NULL,
    description          TEXT    NOT NULL,
    observation_type     TEXT    NOT NULL,
    unit_of_measurement  TEXT    NOT NULL, -- JSON object with name, symbol, definition
    properties           TEXT,
    external_key         TEXT
) STRICT;
CREATE INDEX datastream_dataset ON datastream (dataset_id);
CREATE INDEX datastream_thing ON datastream (thing_id);
CREATE INDEX datastream_sensor ON datastream (sensor_id);
CREATE INDEX datastream_observed_property ON datastream (observed_property_id);
CREATE UNIQUE INDEX datastream_external_key ON datastream (dataset_id, external_key) WHERE external_key IS NOT NULL;

CREATE TABLE feature_of_interest (
    id                         INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id                 INTEGER NOT NULL REFERENCES dataset (id),
    name                       TEXT    NOT NULL,
    description                TEXT    NOT NULL,
    encoding_type              TEXT    NOT NULL,
    feature                    TEXT    NOT NULL,
    properties                 TEXT,
    geometry                   BLOB,
    generated_from_location_id INTEGER,
    min_x                      REAL, -- the exact box of the geometry; the box table below rounds outwards
    max_x                      REAL,
    min_y                      REAL,
    max_y                      REAL,
    external_key               TEXT
) STRICT;
CREATE INDEX feature_of_interest_dataset ON feature_of_interest (dataset_id);
CREATE INDEX feature_of_interest_generated
    ON feature_of_interest (generated_from_location_id) WHERE generated_from_location_id IS NOT NULL;
CREATE UNIQUE INDEX feature_of_interest_external_key
    ON feature_of_interest (dataset_id, external_key) WHERE external_key IS NOT NULL;
CREATE VIRTUAL TABLE feature_of_interest_box USING rtree (id, min_x, max_x, min_y, max_y);

-- Observations: clustered by (datastream, time), so that a span of one datastream lies together. Exactly one of
-- the result columns holds the result; result_number takes INTEGER and REAL as they come. All NULL means JSON null.
-- A number beyond double precision stands in result_json as it was written, with the nearest double in result_number.
CREATE TABLE observation (
    datastream_id     INTEGER NOT NULL,
    phenomenon_start  INTEGER NOT NULL,
    id                INTEGER NOT NULL,
    phenomenon_end    INTEGER,             -- NULL for an instant
    phenomenon_offset INTEGER,             -- minutes from UTC as written; NULL for Z
    result_time       INTEGER,
    result_number     ANY,
    result_text       TEXT,
    result_boolean    INTEGER,
    result_json       TEXT,                -- objects, arrays, long numbers
    feature_of_interest_id INTEGER NOT NULL,
    valid_start       INTEGER,
    valid_end         INTEGER,
    result_quality    TEXT,
    parameters        TEXT,
    PRIMARY KEY (datastream_id, phenomenon_start, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX observation_id ON observation (id);

-- Windows of time by which observations of many datastreams are read in the order of time (decision 0002): from near to
-- far in microseconds away from where reading begins. The first holds what lies on the other side of that moment too.
CREATE TABLE time_window (
    number INTEGER PRIMARY KEY,
    near   INTEGER NOT NULL,
    far    INTEGER NOT NULL
) STRICT;
WITH RECURSIVE growing (number, near, far) AS (
    SELECT 0, -4000000000000000000, 10000000
    UNION ALL
    SELECT number + 1, far, CASE WHEN number < 14 THEN far * 4 ELSE 4000000000000000000 END FROM growing WHERE number < 15)
INSERT INTO time_window SELECT number, near, far FROM growing;

-- Which features the observations of a datastream have named. It stands in for an index on the feature, which would
-- cost a scattered write for every observation; a feature's observations are found through its few datastreams.
CREATE TABLE datastream_feature_of_interest (
    feature_of_interest_id INTEGER NOT NULL,
    datastream_id          INTEGER NOT NULL,
    PRIMARY KEY (feature_of_interest_id, datastream_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX datastream_feature_of_interest_datastream ON datastream_feature_of_interest (datastream_id);

-- The next observation id; kept apart so that the id of a deleted observation is never given again.
CREATE TABLE observation_sequence (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    next INTEGER NOT NULL
) STRICT;
INSERT INTO observation_sequence (one, next) VALUES (1, 1);

-- What the standard derives for a Datastream, and its latest observation (greatest phenomenon_start, then id).
-- One statement a datastream and commit keeps it; no row: no observations.
CREATE TABLE datastream_state (
    datastream_id       INTEGER PRIMARY KEY,
    dataset_id          INTEGER NOT NULL,  -- of the datastream, which never changes it
    observation_count   INTEGER NOT NULL,
    phenomenon_start    INTEGER NOT NULL,
    phenomenon_end      INTEGER NOT NULL,
    result_start        INTEGER,
    result_end          INTEGER,
    latest_start        INTEGER NOT NULL,
    latest_id           INTEGER NOT NULL,
    result_min          REAL,              -- no number lies outside; a removal does not narrow them
    result_max          REAL,
    min_x               REAL,
    max_x               REAL,
    min_y               REAL,
    max_y               REAL
) STRICT;

-- Kept counts per dataset, so that $count of a whole set needs no scan.
CREATE TABLE entity_count (
    dataset_id  INTEGER NOT NULL,
    entity_set  TEXT    NOT NULL,
    entities    INTEGER NOT NULL,
    PRIMARY KEY (dataset_id, entity_set)
) STRICT, WITHOUT ROWID;

-- Imports: where a run stands, so that an interrupted one continues.
CREATE TABLE import_progress (
    dataset_id  INTEGER NOT NULL REFERENCES dataset (id),
    source      TEXT    NOT NULL, -- file name and SHA-256 of its mapping and content
    position    INTEGER NOT NULL,
    finished    INTEGER,
    PRIMARY KEY (dataset_id, source)
) STRICT, WITHOUT ROWID;

INSERT INTO dataset (id, slug, title, description, sector, spectrum, licence, owner_organization_id, created, modified)
VALUES (1, 'inbox', 'Inbox', 'Takes what was sent without naming a dataset. Closed until someone decides.', 6, 0, NULL, NULL, 0, 0);
