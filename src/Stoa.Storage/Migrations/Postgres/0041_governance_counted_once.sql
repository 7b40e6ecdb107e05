-- The version of governance grows once in a transaction, however many rows it changes: each further update of its one row would look at
-- all that went before it, since nothing of a running transaction can be cleared away. That it is counted is a setting of the
-- transaction, so that what is undone to a savepoint is counted anew. SQLite keeps no old rows and has no such step.
CREATE OR REPLACE FUNCTION stoa_count_governance() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF current_setting('stoa.governance', true) IS DISTINCT FROM 'counted' THEN
        UPDATE governance_state SET version = version + 1;
        PERFORM set_config('stoa.governance', 'counted', true);
    END IF;
    RETURN NULL;
END
$$;
