-- What decisions know of a party: that it was entered, and what it is. Servers read the policy anew when the version has grown.
CREATE TRIGGER party_entered AFTER INSERT OR UPDATE OF category, jurisdiction ON party
    FOR EACH ROW EXECUTE FUNCTION stoa_count_governance();
