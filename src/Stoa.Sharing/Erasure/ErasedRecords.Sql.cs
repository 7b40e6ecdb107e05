namespace Stoa.Sharing.Erasure;

internal sealed partial class ErasedRecords
{
    // By governed_event_person, governed_record_party and governed_record_counterparty.
    private const string SelectRecords =
        """
        SELECT   r.id, r.kind, r.content
        FROM     governed_record r
        WHERE    r.party_id = @person
           OR    r.counterparty_id = @person
           OR    r.id IN (SELECT e.record_id FROM governed_event e WHERE e.person_id = @person)
        ORDER BY r.id
        """;

    // By governed_event_record.
    private const string SelectEvents =
        """
        SELECT   id, party_id, person_id, reason, content, salt
        FROM     governed_event
        WHERE    record_id = @record
        ORDER BY revision
        """;

    private const string UpdateEvent =
        """
        UPDATE governed_event
        SET    person_id = @person, reason = @reason, content = @content, salt = NULL
        WHERE  id = @id
        """;

    // The revision stays: nobody has moved it.
    private const string UpdateRecord =
        """
        UPDATE governed_record
        SET    content = @content
        WHERE  id = @id
        """;
}
