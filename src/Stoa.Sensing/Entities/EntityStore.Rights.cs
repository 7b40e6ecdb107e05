using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

internal sealed partial class EntityStore
{
    /// <summary>The dataset of an entity that a request may change; 404 when it is absent or hidden, 403 when it may only be read.</summary>
    internal static Result<DatasetId> FindToChange(WriteSession session, string set, long id, WriteRights rights)
    {
        if (FindDataset(session, set, id) is not { } dataset || !rights.Sees(dataset)) return Problem.NotFound();
        return rights.RefuseChange(dataset) is { } refusal ? refusal : dataset;
    }

    /// <summary>The dataset of an entity of any set; null when there is none. That of an Observation is its Datastream's.</summary>
    internal static DatasetId? FindDataset(WriteSession session, string set, long id)
    {
        if (EntityDescription.Find(set) is { } description) return Find(session, description, id);
        if (ObservationStore.PlaceOf(session, id) is not { Series: var series }) return null;
        return Find(session, series.IsMulti ? EntityDescription.MultiDatastream : EntityDescription.Datastream, series.Id);
    }
}
