using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

/// <summary>Kept counts of entities per dataset and set, changed in the transaction that changes the set.</summary>
internal static class EntityCounts
{
    private const string AddSql =
        """
        INSERT INTO entity_count AS kept (dataset_id, entity_set, entities)
        VALUES (@dataset, @set, @delta)
        ON CONFLICT (dataset_id, entity_set) DO UPDATE SET entities = kept.entities + excluded.entities
        """;

    internal static void Add(WriteSession session, DatasetId dataset, string set, long delta)
    {
        if (delta == 0) return;
        using var add = session.PrepareDeferred(AddSql);
        add.Bind("@dataset", dataset.Value).Bind("@set", set).Bind("@delta", delta).Execute();
    }
}
