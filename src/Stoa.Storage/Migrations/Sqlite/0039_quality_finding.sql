-- What was last measured of a dataset against a floor of quality of an agreement.
CREATE TABLE quality_finding (
    agreement_id INTEGER NOT NULL,
    floor        INTEGER NOT NULL, -- which of the floors of the terms, counted from 0
    dataset_id   INTEGER NOT NULL,
    hundredths   INTEGER,          -- of a percent; NULL where nothing could be measured
    newest       INTEGER,          -- when the newest value was observed
    is_whole     INTEGER NOT NULL, -- 0 where a limit left some out
    measured     INTEGER NOT NULL,
    unmet_since  INTEGER,          -- NULL while the floor is kept
    PRIMARY KEY (agreement_id, floor, dataset_id)
) STRICT, WITHOUT ROWID;
