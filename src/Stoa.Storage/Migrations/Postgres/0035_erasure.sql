-- When nothing was left of a person but the number; null for everybody else.
ALTER TABLE party ADD COLUMN erased bigint;
-- What a person has done is found without reading everything.
CREATE INDEX governed_event_person ON governed_event (person_id, record_id) WHERE person_id IS NOT NULL;
-- The version of governance of the last erasure: no state of the world from before it is kept.
ALTER TABLE governance_state ADD COLUMN erased bigint NOT NULL DEFAULT 0;
