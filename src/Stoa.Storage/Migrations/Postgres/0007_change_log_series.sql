-- What a changed or removed observation belonged to, as observation.datastream_id; null for other entities. Whoever follows
-- one Datastream is not told of the observations of others.
ALTER TABLE entity_change ADD COLUMN series_id bigint;
