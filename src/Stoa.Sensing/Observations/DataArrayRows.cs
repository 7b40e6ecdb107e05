using Stoa.Sensing.Entities;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Observations;

/// <summary>The rows of a CreateObservations request: stored in one transaction, without a look-up per row.</summary>
internal sealed class DataArrayRows(
    EntityStore entities, ObservationStore observations, List<DataArrayGroup> groups, WriteRights rights, TimeProvider time)
{
    /// <summary>In place of an id: the row was refused.</summary>
    internal const long Refused = 0;

    /// <summary>Stores what can be stored.</summary>
    /// <returns>Ids in the order of the rows, <see cref="Refused"/> for rows that were not stored.</returns>
    internal List<long> Store(WriteSession session)
    {
        var ids = new List<long>(groups.Sum(group => group.Rows.Count));
        using var insert = ObservationStore.PrepareInsert(session);
        foreach (var group in groups) Store(session, insert, group, ids);
        return ids;
    }

    private void Store(WriteSession session, Statement insert, DataArrayGroup group, List<long> ids)
    {
        var datastream = observations.Find(session, group.Series);
        if (datastream is null || !rights.Write.Contains(datastream.Dataset) || !rights.Within.Contains(datastream.Dataset))
        {
            ids.AddRange(Enumerable.Repeat(Refused, group.Rows.Count));
            return;
        }

        FeatureEntry? feature = null;
        long? featureId = -1;
        var now = TimeInterval.At(Instant.From(time.GetUtcNow()));
        foreach (var row in group.Rows)
        {
            if (row.IsRefused || datastream.Components?.Refuse(row.Observation.Result) is not null)
            {
                ids.Add(Refused);
                continue;
            }

            var observation = row.HasTime ? row.Observation : WithTime(row.Observation, now);
            if (entities.AnswerDuplicate(session, datastream, observation, rights) is { } known)
            {
                ids.Add(known.TryGet(out var there, out _) ? there.Value : Refused);
                continue;
            }

            if (row.Feature != featureId)
            {
                feature = entities.FindFeature(session, datastream, row.Feature, rights).TryGet(out var found, out _) ? found : null;
                featureId = row.Feature;
            }

            if (feature is null)
            {
                ids.Add(Refused);
                continue;
            }

            ids.Add(observations.Append(session, insert, datastream, observation, feature).Value);
        }
    }

    private static ObservationRow WithTime(in ObservationRow row, TimeInterval now) => new()
    {
        PhenomenonTime = now,
        Result = row.Result,
        ResultTime = row.ResultTime,
        ValidTime = row.ValidTime,
        Parameters = row.Parameters,
        ResultQuality = row.ResultQuality,
    };
}
