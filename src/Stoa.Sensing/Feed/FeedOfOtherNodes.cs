using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Sensing.Observations;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Feed;

/// <summary>Tells the live feed of this node what other nodes commit, while somebody follows it here.</summary>
/// <remarks>
/// Reads by cursor, since ids of observations and numbers of changes grow in the order of commits over all nodes; a notification
/// only says when. What this node writes it tells by itself, at once. On SQLite there are no others.
/// </remarks>
internal sealed partial class FeedOfOtherNodes(Database database, LiveFeed feed, ILogger<FeedOfOtherNodes> log) : BackgroundService
{
    /// <summary>Observations or changes read, and told, together.</summary>
    internal const int RowsMax = 1_000;

    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private ChangePlace? _place;
    private long _epoch;

    /// <summary>From when this returns nothing that other nodes commit is passed over, as long as somebody follows.</summary>
    internal async ValueTask BeginAsync(CancellationToken cancellation)
    {
        if (database.Nodes.AreMany) await LookAsync(cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!database.Nodes.AreMany) return;
        using var listening = database.Nodes.Listen(Wake);
        feed.Begun = Wake;
        while (true)
        {
            await _signal.WaitAsync(stoppingToken);
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (StorageException error)
            {
                // The place stays: what is there then is read when the database is back.
                LogNotRead(error.Failure);
            }
        }
    }

    private void Wake()
    {
        if (_signal.CurrentCount > 0) return;
        try
        {
            _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else was quicker.
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (!feed.HasFollowers)
            {
                _place = null;
                return;
            }

            // What this node committed while nobody followed was not noted as its own: it is passed over with all else of that time.
            var epoch = feed.Epoch;
            using var session = await database.ReadAsync(cancellation);
            var end = ChangeLog.Head(session).End;
            if (_place is { } place && epoch == _epoch && place != end) _place = Read(session, place, end);
            else _place = end;
            _epoch = epoch;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Tells what others committed between two places; where it stands afterwards.</summary>
    private ChangePlace Read(ReadSession session, ChangePlace place, ChangePlace end)
    {
        var (log, observation) = (end.Log, end.Observation);
        var changes = feed.OwnChanges.Between(place.Log, ref log);
        var observations = feed.OwnObservations.Between(place.Observation, ref observation);
        // An entity is told before the observations that need it.
        foreach (var (first, last) in changes) TellChanges(session, first, last);
        foreach (var (first, last) in observations) TellObservations(session, first, last);
        // A commit of this node is under way: others may have come before it, and none after.
        if (log < end.Log || observation < end.Observation) Wake();
        return ChangePlace.At(log, observation);
    }

    private void TellChanges(ReadSession session, long first, long last)
    {
        using var rows = session.Prepare(SelectChanges);
        while (first <= last)
        {
            session.ExtendTime();
            rows.Bind("@first", first).Bind("@last", last).Bind("@limit", (long)RowsMax);
            var changes = new List<EntityChange>();
            while (rows.Step())
            {
                changes.Add(new(rows.Text(1), rows.Int64(2), new(rows.Int64(3)), (ChangeKind)rows.Int64(4), 0));
                first = rows.Int64(0) + 1;
            }

            rows.Reset();
            if (changes.Count > 0) feed.Publish(new([], [.. changes]));
            if (changes.Count < RowsMax) return;
        }
    }

    private void TellObservations(ReadSession session, long first, long last)
    {
        using var rows = session.Prepare(SelectObservations);
        while (first <= last)
        {
            session.ExtendTime();
            rows.Bind("@first", first).Bind("@last", last).Bind("@limit", (long)RowsMax);
            var observations = new List<StoredObservation>();
            var count = 0;
            while (rows.Step())
            {
                count++;
                first = rows.Int64(0) + 1;
                // Without its Datastream it is gone already.
                if (!rows.IsNull(2) && !rows.IsNull(3)) observations.Add(Of(rows));
            }

            rows.Reset();
            var derived = observations.Select(observation => (observation.Series, observation.Dataset)).Distinct()
                .Select(one => new EntityChange(one.Series.Set, one.Series.Id, one.Dataset, ChangeKind.Derived, observations.Count));
            if (observations.Count > 0) feed.Publish(new([.. observations], [.. derived]));
            if (count < RowsMax) return;
        }
    }

    private static StoredObservation Of(Statement row)
    {
        var offset = (short)(row.Int64OrNull(6) ?? 0);
        return new(new(row.Int64(0)), new(row.Int64(2)), SeriesKey.Stored(row.Int64(1)), IntervalOf(row, 4, offset), ResultValue.Read(row, 11))
        {
            Feature = new(row.Int64(15)),
            FeatureDataset = new(row.Int64(3)),
            ResultTime = row.Int64OrNull(7) is { } time ? new Instant(time, (short)(row.Int64OrNull(8) ?? 0)) : null,
            ValidTime = row.IsNull(9) ? null : IntervalOf(row, 9, (short)(row.Int64OrNull(16) ?? 0)),
            ResultQuality = row.TextOrNull(17),
            Parameters = row.TextOrNull(18),
        };
    }

    private static TimeInterval IntervalOf(Statement row, int first, short offset)
    {
        var start = new Instant(row.Int64(first), offset);
        return row.Int64OrNull(first + 1) is { } end && TimeInterval.TryCreate(start, new(end, offset), out var interval)
            ? interval
            : TimeInterval.At(start);
    }

    public override void Dispose()
    {
        _signal.Dispose();
        _turn.Dispose();
        base.Dispose();
    }

    [LoggerMessage(2305, LogLevel.Warning, "What other nodes have written could not be read: {Failure}.")]
    private partial void LogNotRead(StorageFailure failure);
}
