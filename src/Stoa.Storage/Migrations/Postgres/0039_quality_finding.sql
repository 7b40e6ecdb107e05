-- What was last measured of a dataset against a floor of quality of an agreement.
CREATE TABLE quality_finding (
    agreement_id bigint  NOT NULL,
    floor        bigint  NOT NULL, -- which of the floors of the terms, counted from 0
    dataset_id   bigint  NOT NULL,
    hundredths   bigint ,          -- of a percent; NULL where nothing could be measured
    newest       bigint ,          -- when the newest value was observed
    is_whole     bigint  NOT NULL, -- 0 where a limit left some out
    measured     bigint  NOT NULL,
    unmet_since  bigint ,          -- NULL while the floor is kept
    PRIMARY KEY (agreement_id, floor, dataset_id)
);
