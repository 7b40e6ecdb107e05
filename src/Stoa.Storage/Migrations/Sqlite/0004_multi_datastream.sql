-- MultiDatastreams (OGC 18-088, 12): one observation, several components.
--
-- observation.datastream_id, and with it datastream_state and datastream_feature_of_interest, holds the id of a Datastream, or
-- minus the id of a MultiDatastream. So one table and one index serve both, the kind is seen in the row itself, and
-- the observations of Datastreams are as they were (decision 0010).

CREATE TABLE multi_datastream (
    id                           INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id                   INTEGER NOT NULL REFERENCES dataset (id),
    thing_id                     INTEGER NOT NULL REFERENCES thing (id),
    sensor_id                    INTEGER NOT NULL REFERENCES sensor (id),
    name                         TEXT    NOT NULL,
    description                  TEXT    NOT NULL,
    observation_type             TEXT    NOT NULL,
    unit_of_measurements         TEXT    NOT NULL, -- JSON array of objects with name, symbol, definition
    multi_observation_data_types TEXT    NOT NULL, -- JSON array of texts
    properties                   TEXT,
    external_key                 TEXT
) STRICT;
CREATE INDEX multi_datastream_dataset ON multi_datastream (dataset_id);
CREATE INDEX multi_datastream_thing ON multi_datastream (thing_id);
CREATE INDEX multi_datastream_sensor ON multi_datastream (sensor_id);
CREATE UNIQUE INDEX multi_datastream_external_key
    ON multi_datastream (dataset_id, external_key) WHERE external_key IS NOT NULL;

-- The components in their order. An ObservedProperty may stand at several places: mean and gust of the wind's speed.
CREATE TABLE multi_datastream_observed_property (
    multi_datastream_id  INTEGER NOT NULL REFERENCES multi_datastream (id),
    position             INTEGER NOT NULL,
    observed_property_id INTEGER NOT NULL REFERENCES observed_property (id),
    PRIMARY KEY (multi_datastream_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX multi_datastream_observed_property_observed_property
    ON multi_datastream_observed_property (observed_property_id, multi_datastream_id);
