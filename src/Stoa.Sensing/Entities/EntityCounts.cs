using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

/// <summary>Kept counts of entities per dataset and set, changed in the transaction that changes the set.</summary>
internal static class EntityCounts
{
    private const string OnConflict =
        "ON CONFLICT (dataset_id, entity_set) DO UPDATE SET entities = kept.entities + excluded.entities";

    internal static void Add(WriteSession session, DatasetId dataset, string set, long delta)
    {
        if (delta == 0) return;
        using var add = session.PrepareUpsert("entity_count", "dataset_id, entity_set, entities", 2, OnConflict);
        add.Bind(1, dataset.Value).Bind(2, set).Bind(3, delta).Execute();
    }
}
