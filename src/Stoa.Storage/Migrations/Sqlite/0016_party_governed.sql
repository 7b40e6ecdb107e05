-- What decisions know of a party: that it was entered, and what it is. Servers read the policy anew when the version has grown.
CREATE TRIGGER party_entered AFTER INSERT ON party
BEGIN
    UPDATE governance_state SET version = version + 1;
END;
CREATE TRIGGER party_described AFTER UPDATE OF category, jurisdiction ON party
BEGIN
    UPDATE governance_state SET version = version + 1;
END;
