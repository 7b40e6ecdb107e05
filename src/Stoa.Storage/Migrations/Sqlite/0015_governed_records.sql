-- Whatever is decided about sharing: roles, classifications, agreements, requests, claims and so on. Each is a text that is read whole;
-- beside it stand the few things by which it is looked up.
CREATE TABLE governed_record (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    kind            INTEGER NOT NULL, -- RecordKind
    state           INTEGER NOT NULL, -- of the machine of that kind; 0 where there is none
    dataset_id      INTEGER,          -- may be gone; the record stays
    party_id        INTEGER,          -- whom it is about: holder, consumer, requester; 0 is the exchange itself
    counterparty_id INTEGER,          -- the other side: giver, provider
    parent_id       INTEGER,          -- the record that it belongs to: an obligation's agreement
    due             INTEGER,          -- when the clock looks at it next
    seat            TEXT UNIQUE,      -- what only one record may hold at a time, such as the owner's role towards a dataset
    content         TEXT NOT NULL,    -- JSON
    revision        INTEGER NOT NULL, -- grows with every change: a change names the one that it saw
    created         INTEGER NOT NULL,
    modified        INTEGER NOT NULL
) STRICT;
CREATE INDEX governed_record_kind ON governed_record (kind, id);
CREATE INDEX governed_record_dataset ON governed_record (dataset_id, kind) WHERE dataset_id IS NOT NULL;
CREATE INDEX governed_record_party ON governed_record (party_id, kind) WHERE party_id IS NOT NULL;
CREATE INDEX governed_record_counterparty ON governed_record (counterparty_id, kind) WHERE counterparty_id IS NOT NULL;
CREATE INDEX governed_record_parent ON governed_record (parent_id, kind) WHERE parent_id IS NOT NULL;
CREATE INDEX governed_record_due ON governed_record (due) WHERE due IS NOT NULL;
CREATE TRIGGER governed_record_made AFTER INSERT ON governed_record
BEGIN
    UPDATE governance_state SET version = version + 1;
END;
CREATE TRIGGER governed_record_changed AFTER UPDATE OF revision ON governed_record
BEGIN
    UPDATE governance_state SET version = version + 1;
END;

-- What happened to each, never changed: who moved it, in which capacity, from where to where, why, and what it said from then on.
CREATE TABLE governed_event (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    record_id INTEGER NOT NULL REFERENCES governed_record (id),
    revision  INTEGER NOT NULL,
    move      TEXT    NOT NULL,
    state     INTEGER NOT NULL, -- after it
    party_id  INTEGER,          -- for whom somebody acted; null: a date came
    person_id INTEGER,          -- who acted
    capacity  INTEGER NOT NULL, -- Actor
    reason    TEXT    NOT NULL,
    content   TEXT    NOT NULL,
    at        INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX governed_event_record ON governed_event (record_id, revision);
