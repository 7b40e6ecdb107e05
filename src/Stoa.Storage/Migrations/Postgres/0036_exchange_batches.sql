-- What the leaves of a batch of recorded accesses are: 0 each access, 1 each row.
ALTER TABLE exchange_batch ADD COLUMN form bigint NOT NULL DEFAULT 0;
