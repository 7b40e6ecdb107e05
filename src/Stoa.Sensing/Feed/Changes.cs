using Stoa.Sensing.Observations;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Feed;

/// <summary>
/// Collects what the writer's transaction changes: into the change log with it, to the live feed after its commit. Lives on
/// the writer's thread.
/// </summary>
/// <remarks>
/// What is undone is not told: with a piece of work that is undone alone its part of the list goes, with the group all of
/// it. New observations are collected only while somebody follows; they are not logged, since their ids grow in the order of
/// commits.
/// </remarks>
internal sealed class Changes(LiveFeed feed)
{
    private readonly List<StoredObservation> _observations = [];
    private readonly List<EntityChange> _changes = [];
    private readonly HashSet<(string Set, long Id, long Dataset, SeriesKey? Series, ChangeKind Kind)> _touched = [];
    private long _work = -1;
    private bool _isMarked;
    private bool _isAsked;
    private long? _logBefore;

    /// <summary>Whether new observations are worth collecting.</summary>
    internal bool IsFollowed => feed.HasFollowers;

    /// <summary>A new observation; call it only while <see cref="IsFollowed"/>.</summary>
    internal void Add(WriteSession session, StoredObservation observation)
    {
        BeginWork(session);
        _observations.Add(observation);
    }

    /// <summary>A change of an entity: logged in this transaction, told after it.</summary>
    /// <remarks>What one piece of work changes often is noted once.</remarks>
    /// <param name="session">The writer's session.</param>
    /// <param name="set">Name of the set.</param>
    /// <param name="id">The entity.</param>
    /// <param name="dataset">Where it is seen, or was.</param>
    /// <param name="kind">What became of it.</param>
    /// <param name="series">What an Observation belongs to, or did; null for other sets.</param>
    internal void Add(
        WriteSession session, string set, long id, DatasetId dataset, ChangeKind kind, SeriesKey? series = null)
    {
        BeginWork(session);
        if (IsKnown(set, id, dataset, kind, series)) return;
        if (feed.HasFollowers && session.Engine == StorageEngine.Postgres) _logBefore ??= ChangeLog.LastNumber(session);
        using (var insert = session.Prepare(ChangeLog.Insert))
            insert.Bind(1, dataset.Value).Bind(2, set).Bind(3, id).Bind(4, (long)kind)
                .Bind(5, series?.Value).Execute();
        if (feed.HasFollowers) _changes.Add(new(set, id, dataset, kind, _observations.Count));
    }

    private bool IsKnown(string set, long id, DatasetId dataset, ChangeKind kind, SeriesKey? series) => kind switch
    {
        ChangeKind.Created or ChangeKind.Updated => !_touched.Add((set, id, dataset.Value, series, ChangeKind.Updated)),
        ChangeKind.Linked or ChangeKind.Derived =>
            _touched.Contains((set, id, dataset.Value, series, ChangeKind.Updated)) ||
            !_touched.Add((set, id, dataset.Value, series, kind)),
        _ => false,
    };

    /// <summary>Observations that are about to be removed all at once: logged one by one, by one statement.</summary>
    /// <param name="session">The writer's session.</param>
    /// <param name="dataset">That of their Datastream.</param>
    /// <param name="datastream">Their Datastream or MultiDatastream.</param>
    /// <param name="feature">Only those of this feature; null: all.</param>
    internal static void AddRemovedObservations(WriteSession session, DatasetId dataset, SeriesKey datastream, long? feature)
    {
        using var insert = session.Prepare(feature is null ? ChangeLog.InsertRemoved : ChangeLog.InsertRemovedOfFeature);
        insert.Bind("@dataset", dataset.Value).Bind("@datastream", datastream.Value);
        if (feature is { } one) insert.Bind("@feature", one);
        insert.Execute();
    }

    /// <summary>What is derived for a Datastream has grown with its new observations: told, and found by them in the log.</summary>
    internal void AddDerived(WriteSession session, SeriesKey datastream, DatasetId dataset)
    {
        if (!feed.HasFollowers) return;
        BeginWork(session);
        _changes.Add(new(datastream.Set, datastream.Id, dataset, ChangeKind.Derived, _observations.Count));
    }

    // Notes, once for each piece of work, where its part of the lists begins.
    private void BeginWork(WriteSession session)
    {
        if (_work != session.WorkNumber)
        {
            _work = session.WorkNumber;
            _isMarked = false;
            _touched.Clear();
        }

        if (_isMarked || !feed.HasFollowers) return;
        _isMarked = true;
        var (observations, changes) = (_observations.Count, _changes.Count);
        session.AfterRollback(() => CutBack(observations, changes));
        if (_isAsked) return;
        _isAsked = true;
        if (session.Engine == StorageEngine.Postgres) session.BeforeCommit(Claim);
        session.AfterCommit(Committed);
    }

    // Other nodes write too, and what they write is read from the store: what this one tells by itself must not be told twice.
    private void Claim(WriteSession session)
    {
        if (_observations.Count > 0) feed.OwnObservations.Open(_observations[0].Id.Value, _observations[^1].Id.Value);
        if (_logBefore is { } before) feed.OwnChanges.Open(before + 1, ChangeLog.LastNumber(session));
    }

    private void Release(bool isCommitted)
    {
        _isAsked = false;
        _logBefore = null;
        feed.OwnObservations.Close(isCommitted);
        feed.OwnChanges.Close(isCommitted);
    }

    private void CutBack(int observations, int changes)
    {
        _observations.RemoveRange(observations, _observations.Count - observations);
        _changes.RemoveRange(changes, _changes.Count - changes);
        _work = -1;
        // The work that asked to be called after the commit is undone, and what it asked for with it.
        if (observations == 0 && changes == 0) Release(isCommitted: false);
    }

    private void Committed()
    {
        Release(isCommitted: true);
        if (_observations.Count == 0 && _changes.Count == 0) return;
        feed.Publish(new([.. _observations], [.. _changes]));
        _observations.Clear();
        _changes.Clear();
    }
}
