using Stoa.Sensing.Entities;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Observations;

/// <summary>A whole CreateObservations request on its way to the writer: one transaction, no look-up per row.</summary>
internal sealed class DataArrayWork(
    EntityStore entities, ObservationStore observations, List<DataArrayGroup> groups, WriteRights rights, TimeProvider time)
    : WriteWork
{
    /// <summary>In place of an id: the row was refused.</summary>
    internal const long Refused = 0;

    private readonly TaskCompletionSource<List<long>> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<long> _ids = [];

    /// <summary>Ids in the order of the rows, <see cref="Refused"/> for rows that were not stored; after the commit.</summary>
    internal Task<List<long>> Task => _done.Task;

    protected override bool IsWrapped => false;

    protected override bool Run(WriteSession session)
    {
        _ids = new List<long>(groups.Sum(group => group.Rows.Count));
        using var insert = ObservationStore.PrepareInsert(session);
        foreach (var group in groups) Run(session, insert, group);
        return true;
    }

    private void Run(WriteSession session, Statement insert, DataArrayGroup group)
    {
        var datastream = observations.Find(session, group.Datastream);
        if (datastream is null || !rights.Write.Contains(datastream.Dataset) || !rights.Within.Contains(datastream.Dataset))
        {
            _ids.AddRange(Enumerable.Repeat(Refused, group.Rows.Count));
            return;
        }

        FeatureEntry? feature = null;
        long? featureId = -1;
        var now = TimeInterval.At(Instant.From(time.GetUtcNow()));
        foreach (var row in group.Rows)
        {
            if (row.IsRefused)
            {
                _ids.Add(Refused);
                continue;
            }

            if (row.Feature != featureId)
            {
                feature = entities.FindFeature(session, datastream, row.Feature, rights).TryGet(out var found, out _) ? found : null;
                featureId = row.Feature;
            }

            if (feature is null)
            {
                _ids.Add(Refused);
                continue;
            }

            _ids.Add(row.HasTime
                ? observations.Append(session, insert, datastream, row.Observation, feature).Value
                : observations.Append(session, insert, datastream, WithTime(row.Observation, now), feature).Value);
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

    protected override void Complete() => _done.TrySetResult(_ids);

    protected override void Fail(Exception error) => _done.TrySetException(error);
}
