-- Tokens of ten minutes that are good for one agreement and one purpose, made of another token.
ALTER TABLE access_token ADD COLUMN agreement_id bigint;
ALTER TABLE access_token ADD COLUMN purpose text COLLATE "C";
ALTER TABLE access_token ADD COLUMN parent_id bigint REFERENCES access_token (id); -- of which it was made: it ends with it
CREATE INDEX access_token_parent ON access_token (parent_id, expires) WHERE parent_id IS NOT NULL;
