-- For which organization data were read, as it stood then: memberships change. Null: for none, for one of several that cannot be told
-- apart, or recorded before this.
ALTER TABLE exchange ADD COLUMN organization_id bigint;
-- 1: read because the data office may read everything.
ALTER TABLE exchange ADD COLUMN by_office bigint NOT NULL DEFAULT 0;
CREATE INDEX exchange_organization ON exchange (organization_id, id) WHERE organization_id IS NOT NULL;
-- How often a program has begun to record: the ids of a run hold its number, so that no clock makes one twice.
CREATE TABLE exchange_run (
    id     bigint PRIMARY KEY, -- 1
    number bigint NOT NULL
);
