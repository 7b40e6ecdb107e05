namespace Stoa.Sharing.Records;

internal static partial class GovernedRecords
{
    private const string Columns = "id, content, revision, created, modified";

    private const string InsertRecord =
        """
        INSERT INTO governed_record
               (kind, state, dataset_id, party_id, counterparty_id, parent_id, due, seat, content, revision, created, modified)
        VALUES (@kind, @state, @dataset, @party, @counterparty, @parent, @due, NULL, '', 0, @now, @now)
        RETURNING id
        """;

    private const string UpdateRecord =
        """
        UPDATE governed_record
        SET    state = @state, dataset_id = @dataset, party_id = @party, counterparty_id = @counterparty, parent_id = @parent,
               due = @due, seat = @seat, content = @content, revision = revision + 1, modified = @now
        WHERE  id = @id
          AND  revision = @revision
        """;

    private const string InsertEvent =
        """
        INSERT INTO governed_event (record_id, revision, move, state, party_id, person_id, capacity, reason, content, at, salt)
        VALUES (@record, @revision, @move, @state, @party, @person, @capacity, @reason, @content, @now, @salt)
        """;

    private const string SelectSeat =
        """
        SELECT id
        FROM   governed_record
        WHERE  seat = @seat
        """;

    private const string SelectOne =
        $"""
        SELECT {Columns}
        FROM   governed_record
        WHERE  id = @id
          AND  kind = @kind
        """;

    private const string SelectBySeat =
        $"""
        SELECT {Columns}
        FROM   governed_record
        WHERE  seat = @seat
          AND  kind = @kind
        """;

    // By governed_record_kind.
    private const string SelectOfKind =
        $"""
        SELECT   {Columns}
        FROM     governed_record
        WHERE    kind = @kind
        """;

    private const string SelectAll =
        $"""
        SELECT   {Columns}
        FROM     governed_record
        WHERE    kind = @kind
        ORDER BY id
        """;

    // One statement for each way of asking, so that each goes by its index.
    private const string OfDataset = "dataset_id = @dataset AND ";
    private const string OfParty = "party_id = @party AND ";
    private const string OfCounterparty = "counterparty_id = @counterparty AND ";
    private const string OfSomeParty = "party_id IS NOT NULL AND ";
    private const string OfNoParty = "party_id IS NULL AND ";
    private const string OfSomeDataset = "dataset_id IS NOT NULL AND ";
    private const string OfNoDataset = "dataset_id IS NULL AND ";
    private const string OfParent = "parent_id = @parent AND ";

    private static string SelectPage(in RecordQuery query) =>
        $"""
        SELECT   {Columns}
        FROM     governed_record
        WHERE    {Asked(query)}
        ORDER BY id DESC
        LIMIT    @limit OFFSET @skip
        """;

    private static string SelectCount(in RecordQuery query) =>
        $"""
        SELECT COUNT(*)
        FROM   governed_record
        WHERE  {Asked(query)}
        """;

    private static string Asked(in RecordQuery query) =>
        $"{(query.Dataset is null ? "" : OfDataset)}{(query.Party is null ? "" : OfParty)}" +
        $"{query.HasParty switch { null => "", true => OfSomeParty, false => OfNoParty }}" +
        $"{query.HasDataset switch { null => "", true => OfSomeDataset, false => OfNoDataset }}" +
        $"{(query.Counterparty is null ? "" : OfCounterparty)}{(query.Parent is null ? "" : OfParent)}kind = @kind AND (@state < 0 OR state = @state)";

    // By governed_record_party and governed_record_counterparty.
    private const string SelectIdsOf =
        """
        SELECT   id
        FROM     governed_record
        WHERE    party_id = @party
        UNION
        SELECT   id
        FROM     governed_record
        WHERE    counterparty_id = @party
        ORDER BY id DESC
        LIMIT    @limit
        """;

    // By governed_record_party_dataset and governed_record_counterparty_dataset.
    private const string SelectNamed =
        """
        SELECT 1
        FROM   governed_record
        WHERE  party_id = @party
          AND  dataset_id = @dataset
        UNION ALL
        SELECT 1
        FROM   governed_record
        WHERE  counterparty_id = @party
          AND  dataset_id = @dataset
        LIMIT  1
        """;

    // By governed_event_record.
    private const string SelectEvents =
        """
        SELECT   revision, move, party_id, person_id, capacity, reason, at, content
        FROM     governed_event
        WHERE    record_id = @record
        ORDER BY revision DESC
        LIMIT    @limit
        """;

    private const string SelectFirstEvent =
        """
        SELECT   revision, move, party_id, person_id, capacity, reason, at, content
        FROM     governed_event
        WHERE    record_id = @record
        ORDER BY revision
        LIMIT    @limit
        """;

    private const string SelectActs =
        """
        SELECT   revision, move, party_id, person_id, capacity, reason, at
        FROM     governed_event
        WHERE    record_id = @record
        ORDER BY revision DESC
        LIMIT    @limit OFFSET @skip
        """;

    private const string SelectFirstAct =
        """
        SELECT   revision, move, party_id, person_id, capacity, reason, at
        FROM     governed_event
        WHERE    record_id = @record
        ORDER BY revision
        LIMIT    1
        """;

    private const string SelectDue =
        """
        SELECT   id, kind
        FROM     governed_record
        WHERE    due <= @now
        ORDER BY due, id
        LIMIT    @limit
        """;

    // What the clock could not move: looked at again later. The revision stays, so that nobody reads the policy anew for it.
    private const string Postpone =
        """
        UPDATE governed_record
        SET    due = @later
        WHERE  id = @id
          AND  due <= @now
        """;
}
