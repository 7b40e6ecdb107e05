-- No decision rests on corrections (20): filing one, or withdrawing it, lets nobody read the policy anew.
DROP TRIGGER governed_record_made;
DROP TRIGGER governed_record_changed;
CREATE TRIGGER governed_record_made AFTER INSERT ON governed_record
WHEN NEW.kind <> 20
BEGIN
    UPDATE governance_state SET version = version + 1;
END;
CREATE TRIGGER governed_record_changed AFTER UPDATE OF revision ON governed_record
WHEN NEW.kind <> 20
BEGIN
    UPDATE governance_state SET version = version + 1;
END;
