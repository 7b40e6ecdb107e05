-- No decision rests on corrections (20): filing one, or withdrawing it, lets nobody read the policy anew.
DROP TRIGGER governed_record_changed ON governed_record;
CREATE TRIGGER governed_record_changed AFTER INSERT OR UPDATE OF revision ON governed_record
    FOR EACH ROW WHEN (NEW.kind <> 20) EXECUTE FUNCTION stoa_count_governance();
