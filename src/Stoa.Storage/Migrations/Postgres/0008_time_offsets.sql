-- The offset from UTC as it was written, in minutes, for totaloffsetminutes (OGC 18-088, Table 23); NULL for Z. That of an
-- Observation's phenomenonTime is kept since the first step.
ALTER TABLE observation ADD COLUMN result_offset bigint;
ALTER TABLE observation ADD COLUMN valid_offset bigint;
ALTER TABLE historical_location ADD COLUMN time_offset bigint;
