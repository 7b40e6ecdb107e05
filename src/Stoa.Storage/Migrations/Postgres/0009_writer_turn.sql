-- Which node wrote last, and how many turns nodes have taken from each other. A node that finds another's name here forgets what
-- it remembered of the database as its writer (decision 0016). SQLite has one writer and no such step.
CREATE TABLE writer_turn (
    one    bigint PRIMARY KEY CHECK (one = 1),
    node   text COLLATE "C" NOT NULL,
    number bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO writer_turn (one, node, number) VALUES (1, '', 0);

-- Waits for the lock of the one who writes, and fails when another node has written since this one did: one statement of a
-- transaction that goes on with what the node remembers. Each statement of the procedure sees what was committed before it.
CREATE PROCEDURE stoa_keep_turn(writer bigint, name text)
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(writer);
    IF NOT EXISTS (SELECT FROM writer_turn WHERE one = 1 AND node = name) THEN
        RAISE EXCEPTION 'another node has written' USING ERRCODE = 'ST001';
    END IF;
END
$$;
