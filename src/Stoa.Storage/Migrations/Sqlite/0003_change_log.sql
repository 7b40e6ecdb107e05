-- Which entities were created, changed or removed, in the order of commits. Written in the transaction of the
-- change. Observations that are created do not stand here: their ids grow in the order of commits.
-- entity_set is the name of the set; kind is 1 created, 2 changed (or linked anew), 3 removed; dataset_id is the dataset in
-- which the entity was seen before or is seen now, so that an AccessScope is one predicate here too.
CREATE TABLE entity_change (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id INTEGER NOT NULL,
    entity_set TEXT    NOT NULL,
    entity_id  INTEGER NOT NULL,
    kind       INTEGER NOT NULL
) STRICT;

-- The greatest number that was dropped when the log was cut, and the key under which places in the log are given out. A
-- restored backup gets another key: its numbers may mean other changes.
CREATE TABLE change_log_state (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    dropped INTEGER NOT NULL,
    key     BLOB    NOT NULL
) STRICT;
INSERT INTO change_log_state (one, dropped, key) VALUES (1, 0, randomblob(32));

-- Where the log stood at some moments (microseconds since 1970), from which its old end is found when it is cut.
CREATE TABLE change_log_mark (
    number INTEGER PRIMARY KEY,
    time   INTEGER NOT NULL
) STRICT;
