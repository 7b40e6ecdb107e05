namespace Stoa.Sensing.Feed;

/// <summary>The durable log of changes (table entity_change): what became of which entity, in the order of commits.</summary>
internal static class ChangeLog
{
    internal const string Insert =
        """
        INSERT INTO entity_change (dataset_id, entity_set, entity_id, kind)
        VALUES (@dataset, @set, @id, @kind)
        """;

    internal const string InsertRemoved =
        """
        INSERT INTO entity_change (dataset_id, entity_set, entity_id, kind)
        SELECT @dataset, 'Observations', id, 3
        FROM   observation
        WHERE  datastream_id = @datastream
        """;

    internal const string InsertRemovedOfFeature =
        """
        INSERT INTO entity_change (dataset_id, entity_set, entity_id, kind)
        SELECT @dataset, 'Observations', id, 3
        FROM   observation
        WHERE  datastream_id = @datastream
          AND  feature_of_interest_id = @feature
        """;

    /// <summary>The log knows created, changed and removed.</summary>
    internal static ChangeKind KindOf(ChangeKind kind) => kind switch
    {
        ChangeKind.Created or ChangeKind.Updated or ChangeKind.Deleted => kind,
        ChangeKind.Linked or ChangeKind.Derived => ChangeKind.Updated,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind of change."),
    };
}
