using System.Globalization;

namespace Stoa.Sharing.Recording;

internal sealed partial class DecisionJournal
{
    private const string Columns = "id, name, party_id, dataset_id, outcome, gate, version, content, batch_idx, place, salt";

    private const string SelectSnapshot =
        """
        SELECT content
        FROM   policy_snapshot
        WHERE  digest = @digest
        """;

    // None from before somebody was erased: who waited to store one would bring back what was said of them.
    private const string InsertSnapshot =
        """
        INSERT INTO policy_snapshot (digest, version, content)
        SELECT @digest, @version, @content
        FROM   governance_state
        WHERE  erased <= @version
        ON CONFLICT (digest) DO NOTHING
        """;

    // By the primary key from the newest on; a few rows for each batch.
    private const string DropOld =
        """
        DELETE FROM decision
        WHERE  id <= (SELECT id FROM decision ORDER BY id DESC LIMIT 1 OFFSET @kept)
        """;

    private const string DropSnapshots =
        """
        DELETE FROM policy_snapshot
        WHERE  version < (SELECT MIN(version) FROM decision)
        """;

    // Of which nothing is kept any more; the entry in the log stays.
    internal const string DropBatches =
        """
        DELETE FROM decision_batch
        WHERE  last_id < (SELECT MIN(id) FROM decision)
        """;

    // By decision_name.
    private const string SelectByName =
        """
        SELECT   id, version, content, dataset_id
        FROM     decision
        WHERE    name = @name
        ORDER BY id
        LIMIT    1
        """;

    private static readonly string[] DatasetNames =
        [.. Enumerable.Range(0, DecisionQuery.DatasetsMax).Select(i => string.Create(CultureInfo.InvariantCulture, $"@dataset{i}"))];

    // By decision_party, decision_dataset or the primary key.
    private static string SelectLast(DecisionQuery query) =>
        $"""
        SELECT   id, version, content, dataset_id
        FROM     decision
        {(query.Party, query.Dataset) switch
        {
            (null, null) when query.Datasets is { Count: > 0 and var some } =>
                $"WHERE    dataset_id IN ({string.Join(", ", DatasetNames.Take(some))})",
            (null, null) => "",
            (_, null) => "WHERE    party_id = @party",
            (null, _) => "WHERE    dataset_id = @dataset",
            _ => "WHERE    party_id = @party AND dataset_id = @dataset",
        }}
        ORDER BY id DESC
        LIMIT    @limit OFFSET @skip
        """;
}
