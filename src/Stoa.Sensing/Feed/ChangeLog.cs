using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Feed;

/// <summary>The durable log of changes (table entity_change): what became of which entity, in the order of commits.</summary>
internal static class ChangeLog
{
    internal const string Insert =
        """
        INSERT INTO entity_change (dataset_id, entity_set, entity_id, kind, series_id)
        VALUES (@dataset, @set, @id, @kind, @series)
        """;

    internal const string InsertRemoved =
        """
        INSERT INTO entity_change (dataset_id, entity_set, entity_id, kind, series_id)
        SELECT @dataset, 'Observations', id, 3, datastream_id
        FROM   observation
        WHERE  datastream_id = @datastream
        """;

    internal const string InsertRemovedOfFeature =
        """
        INSERT INTO entity_change (dataset_id, entity_set, entity_id, kind, series_id)
        SELECT @dataset, 'Observations', id, 3, datastream_id
        FROM   observation
        WHERE  datastream_id = @datastream
          AND  feature_of_interest_id = @feature
        """;

    /// <summary>The changes of one set between two numbers, in datasets of the scope; by the primary key.</summary>
    internal static readonly EngineText Select = new(sql =>
        $"""
        SELECT   number, entity_id
        FROM     entity_change
        WHERE    number > @after
          AND    number <= @end
          AND    entity_set = @set
          AND    (@series IS NULL OR series_id IS NULL OR series_id = @series)
          AND    (@everything = 1 OR dataset_id IN {sql.ListOf("@scope")})
        ORDER BY number
        """);

    /// <summary>To which Datastreams the new observations belong; by the index observation_id alone.</summary>
    internal const string SelectSeries =
        """
        SELECT   id, datastream_id
        FROM     observation
        WHERE    id > @after
          AND    id <= @end
        ORDER BY id
        """;

    private const string SelectHead =
        """
        SELECT coalesce((SELECT max(number) FROM entity_change), 0), s.dropped,
               (SELECT next - 1 FROM observation_sequence WHERE one = 1)
        FROM   change_log_state s
        WHERE  s.one = 1
        """;

    /// <summary>The number given last, on PostgreSQL; committed or not.</summary>
    internal static long LastNumber(Session session)
    {
        using var last = session.Prepare("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM entity_change_number_seq");
        return last.Step() ? last.Int64(0) : throw new InvalidOperationException("The numbers of the change log are missing.");
    }

    /// <summary>Where the changes end in this snapshot, and the greatest number that is not kept any more.</summary>
    internal static (ChangePlace End, long Dropped) Head(Session session)
    {
        using var head = session.Prepare(SelectHead);
        if (!head.Step()) throw new InvalidOperationException("The state of the change log is missing.");
        return (ChangePlace.At(Math.Max(head.Int64(0), head.Int64(1)), head.Int64(2)), head.Int64(1));
    }

    /// <summary>The key under which places are given out.</summary>
    internal static byte[] ReadKey(Session session)
    {
        using var key = session.Prepare("SELECT key FROM change_log_state WHERE one = 1");
        return key.Step() ? key.Blob(0).ToArray() : throw new InvalidOperationException("The state of the change log is missing.");
    }

    /// <summary>Binds what the caller may see to a statement with <c>@everything</c> and <c>@scope</c>.</summary>
    internal static Statement BindScope(this Statement statement, AccessScope scope) =>
        statement.Bind("@everything", scope.IsEverything).Bind("@scope", $"[{string.Join(',', scope.Datasets.ToArray())}]");
}
