-- A row holds all accesses of one second that differ in nothing but time, rows, bytes and body: so many; row_count and bytes are sums,
-- digest holds what is each access's own (ExchangeGroup). The id is that of the first.
ALTER TABLE exchange ADD COLUMN accesses bigint NOT NULL DEFAULT 1;
