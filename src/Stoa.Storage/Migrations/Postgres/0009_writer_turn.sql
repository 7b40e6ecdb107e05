-- Which node wrote last, and how many turns nodes have taken from each other. A node that finds another's name here forgets what
-- it remembered of the database as its writer (decision 0016). SQLite has one writer and no such step.
CREATE TABLE writer_turn (
    one    bigint PRIMARY KEY CHECK (one = 1),
    node   text COLLATE "C" NOT NULL,
    number bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO writer_turn (one, node, number) VALUES (1, '', 0);
