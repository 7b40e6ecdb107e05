using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

/// <summary>Keys that entities have in the system they come from: unique in a dataset for each set, and unknown outside of it.</summary>
internal static class ExternalKeys
{
    /// <summary>Characters of a key.</summary>
    internal const int CharsMax = 255;

    /// <summary>Whether entities of this set can have keys: those with an identity of their own in other systems.</summary>
    internal static bool Has(EntityDescription description) => description != EntityDescription.HistoricalLocation;

    /// <summary>The id of the entity with a key in one dataset; null when there is none there. A unique index finds it.</summary>
    internal static long? Find(Session session, EntityDescription description, DatasetId dataset, string key)
    {
        // No key has U+0000, and PostgreSQL cannot even be asked for one.
        if (!Has(description) || key.Contains('\0', StringComparison.Ordinal)) return null;
        using var find = session.Prepare(
            $"SELECT id FROM {description.Table} WHERE dataset_id = @dataset AND external_key = @key");
        return find.Bind("@dataset", dataset.Value).Bind("@key", key).Step() ? find.Int64(0) : null;
    }
}
