using System.Runtime.InteropServices;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Feed;
using Stoa.Sensing.Spatial;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Observations;

/// <summary>Stores observations and keeps what is derived from them. Lives on the writer's thread.</summary>
/// <remarks>
/// What an observation needs to know of its Datastream stands in memory, since the writer is the only one who changes it.
/// What the standard derives for a Datastream (OGC 18-088, 8.2.4) and the counts are summed up in memory over a group of
/// commits and written with one statement a Datastream, inside the transaction of the group.
/// </remarks>
internal sealed partial class ObservationStore(LiveFeed feed)
{
    // About 200 bytes each; a city of a million datastreams keeps the busiest of them here.
    private const int EntriesMax = 250_000;

    private readonly Dictionary<long, DatastreamEntry> _entries = [];
    private readonly List<DatastreamEntry> _dirty = [];
    private long _next = -1;
    private long _turn;
    private bool _isInGroup;

    /// <summary>What is told of changes, and logged.</summary>
    internal Changes Changes { get; } = new(feed);

    /// <summary>The Datastream or MultiDatastream, or null when there is none.</summary>
    internal DatastreamEntry? Find(WriteSession session, SeriesKey key)
    {
        KeepToTurn(session);
        if (_entries.TryGetValue(key.Value, out var known)) return known;
        using var find = session.Prepare(key.IsMulti ? FindMultiDatastream : FindDatastream);
        if (!find.Bind("@id", key.Id).Step()) return null;
        // Clearing all is rare and cheap beside finding out which is oldest; dirty ones are kept by the list of the group.
        if (_entries.Count >= EntriesMax && _dirty.Count == 0) _entries.Clear();
        var components = key.IsMulti ? ComponentTypes.Of(find.Text(4)) : null;
        var entry = new DatastreamEntry(key, new(find.Int64(0)), new(find.Int64(1)), components)
        {
            Duplicates = DuplicatePolicies.Of(find.TextOrNull(2)),
            // What this group has added to it, before it was forgotten, is not in its state yet.
            LastStart = _dirty.Exists(entry => entry.Key == key) ? long.MaxValue : find.Int64OrNull(3) ?? long.MinValue,
        };
        _entries.Add(key.Value, entry);
        // An entry that was read inside a group that is undone may never have existed.
        JoinGroup(session);
        return entry;
    }

    /// <summary>Stores one observation; never fails after its first change except with the disk.</summary>
    internal ObservationId Append(WriteSession session, DatastreamEntry datastream, in ObservationRow row, FeatureEntry feature)
    {
        using var insert = PrepareInsert(session);
        return Append(session, insert, datastream, row, feature);
    }

    /// <summary>A statement for many calls of the other overload.</summary>
    internal static Statement PrepareInsert(WriteSession session) => session.PrepareInsert("observation", Columns);

    internal ObservationId Append(
        WriteSession session, Statement insert, DatastreamEntry datastream, in ObservationRow row, FeatureEntry feature)
    {
        JoinGroup(session);
        if (_next < 0) _next = ReadNext(session);
        var id = _next++;
        session.MakeRoom(row.PhenomenonTime.Start.UnixMicroseconds);
        insert.Bind(1, datastream.Key.Value).Bind(2, row.PhenomenonTime.Start.UnixMicroseconds).Bind(3, id);
        if (row.PhenomenonTime.IsInstant) insert.BindNull(4);
        else insert.Bind(4, row.PhenomenonTime.End.UnixMicroseconds);
        insert.Bind(5, OffsetOf(row.PhenomenonTime.Start));
        insert.Bind(6, row.ResultTime?.UnixMicroseconds);
        row.Result.Bind(insert, 7, session.Engine);
        insert.Bind(11, feature.Id).Bind(12, row.ValidTime?.Start.UnixMicroseconds)
            .Bind(13, row.ValidTime?.End.UnixMicroseconds).Bind(14, row.ResultQuality).Bind(15, row.Parameters)
            .Bind(16, OffsetOf(row.ResultTime)).Bind(17, OffsetOf(row.ValidTime?.Start));
        insert.Execute();
        RememberFeature(session, datastream, feature.Id);
        if (!datastream.IsDirty) _dirty.Add(datastream);
        datastream.Add(row, id, feature);
        if (Changes.IsFollowed) Tell(session, datastream, row, id, feature);
        return new(id);
    }

    /// <summary>The offset as it is stored: minutes from UTC, null for Z and where there is no time.</summary>
    internal static long? OffsetOf(Instant? time) => time is { OffsetMinutes: not 0 and var minutes } ? minutes : null;

    private void Tell(WriteSession session, DatastreamEntry datastream, in ObservationRow row, long id, FeatureEntry feature) =>
        Changes.Add(session, new(new(id), datastream.Dataset, datastream.Key, row.PhenomenonTime, row.Result)
        {
            ResultTime = row.ResultTime,
            ValidTime = row.ValidTime,
            ResultQuality = row.ResultQuality,
            Parameters = row.Parameters,
            Feature = new(feature.Id),
            FeatureDataset = feature.Dataset,
        });

    /// <summary>The observation of this phenomenonTime that came first; null when there is none.</summary>
    internal static ObservationPlace? FindAt(WriteSession session, DatastreamEntry datastream, TimeInterval time)
    {
        if (time.Start.UnixMicroseconds > datastream.LastStart) return null;
        using var find = session.Prepare(FindAtSql);
        return find.Bind("@datastream", datastream.Key.Value).Bind("@start", time.Start.UnixMicroseconds)
            .Bind("@end", time.End.UnixMicroseconds).Step()
            ? new(find.Int64(0), datastream.Key, time.Start.UnixMicroseconds, find.Int64OrNull(1), find.Int64OrNull(2))
            : null;
    }

    /// <summary>Where an observation lies; null when there is none.</summary>
    internal static ObservationPlace? PlaceOf(WriteSession session, long id)
    {
        using var find = session.Prepare(FindPlace);
        return find.Bind("@id", id).Step()
            ? new(id, SeriesKey.Stored(find.Int64(0)), find.Int64(1), find.Int64OrNull(2), find.Int64OrNull(3))
            : null;
    }

    /// <summary>Removes the row of an observation, and nothing that is derived from it.</summary>
    internal static void Delete(WriteSession session, in ObservationPlace place)
    {
        using var delete = session.Prepare(DeleteAt);
        place.Bind(delete).Execute();
    }

    /// <summary>Gives an observation another key: another Datastream, or another beginning.</summary>
    /// <remarks>Written anew, because rows of one table may lie apart by both.</remarks>
    internal static ObservationPlace Move(WriteSession session, in ObservationPlace place, SeriesKey series, TimeInterval? time)
    {
        var moved = time is { } other
            ? place with { Series = series, Start = other.Start.UnixMicroseconds, End = other.IsInstant ? null : other.End.UnixMicroseconds }
            : place with { Series = series };
        if (moved.Series == place.Series && moved.Start == place.Start) return moved;
        using var insert = PrepareInsert(session);
        using (var row = session.Prepare(SelectWhole))
        {
            place.Bind(row).Step();
            for (var column = 0; column < row.Columns; column++) Copy(row, column, insert);
        }

        Delete(session, place);
        session.MakeRoom(moved.Start);
        insert.Bind(1, moved.Series.Value).Bind(2, moved.Start).Execute();
        return moved;
    }

    /// <summary>The result of an observation.</summary>
    internal static ResultValue ResultAt(WriteSession session, in ObservationPlace place)
    {
        using var row = session.Prepare(SelectWhole);
        return place.Bind(row).Step() ? ResultValue.Read(row, 6) : ResultValue.Null;
    }

    /// <summary>Notes that the Datastream of an observation has one of its feature.</summary>
    internal static void NoteFeature(WriteSession session, in ObservationPlace place)
    {
        using var row = session.Prepare(SelectWhole);
        if (!place.Bind(row).Step()) return;
        using var add = PrepareFeature(session);
        add.Bind(1, row.Int64(10)).Bind(2, place.Series.Value).Execute();
    }

    private static void Copy(Statement row, int column, Statement insert)
    {
        switch (row.Kind(column))
        {
            case ColumnKind.Integer: insert.Bind(column + 1, row.Int64(column)); break;
            case ColumnKind.Real: insert.Bind(column + 1, row.Double(column)); break;
            case ColumnKind.Text: insert.BindUtf8(column + 1, row.Utf8(column)); break;
            case ColumnKind.Null: insert.BindNull(column + 1); break;
            default: throw new InvalidOperationException($"Column {column} of an observation cannot hold {row.Kind(column)}.");
        }
    }

    /// <summary>Which of some moments are beginnings of observations that are there.</summary>
    /// <remarks>One statement for all of them, and none for those after the last observation.</remarks>
    internal static HashSet<long> FindExisting(WriteSession session, DatastreamEntry datastream, IEnumerable<long> starts)
    {
        var existing = new HashSet<long>();
        var asked = starts.Where(start => start <= datastream.LastStart).ToList();
        if (asked.Count == 0) return existing;
        using var find = session.Prepare(FindStarts);
        find.Bind("@datastream", datastream.Key.Value).Bind("@starts", $"[{string.Join(',', asked)}]");
        while (find.Step()) existing.Add(find.Int64(0));
        return existing;
    }

    /// <summary>A feature that was named by its id; null when there is none.</summary>
    internal static FeatureEntry? FindFeature(WriteSession session, long id)
    {
        using var find = session.Prepare(FindFeatureBox);
        if (!find.Bind("@id", id).Step()) return null;
        Box? area = find.IsNull(1) ? null : new(find.Double(1), find.Double(2), find.Double(3), find.Double(4));
        return new(id, new(find.Int64(0)), area);
    }

    /// <summary>
    /// The feature for an observation that names none: the one generated from the Thing's Location, made when there is
    /// none yet (OGC 18-088, 10.2). Null when the Thing has no Location.
    /// </summary>
    internal FeatureEntry? FeatureFromLocation(WriteSession session, DatastreamEntry datastream)
    {
        if (datastream.GeneratedFeature is { } known) return known;
        long? id = null;
        using (var find = session.Prepare(FindGeneratedFeature))
            if (find.Bind("@thing", datastream.Thing.Value).Step()) id = find.Int64(0);
        id ??= GenerateFeature(session, datastream);
        if (id is null) return null;
        JoinGroup(session);
        return datastream.GeneratedFeature = FindFeature(session, id.Value);
    }

    private long? GenerateFeature(WriteSession session, DatastreamEntry datastream)
    {
        using var find = session.Prepare(FindLocation);
        if (!find.Bind("@thing", datastream.Thing.Value).Step()) return null;
        using var insert = session.Prepare(
            """
            INSERT INTO feature_of_interest (
                dataset_id, name, description, encoding_type, feature, geometry, generated_from_location_id, properties)
            VALUES (@dataset, @name, @description, @encoding, @feature, @geometry, @location, @properties)
            RETURNING id
            """);
        // It is as visible as the place it was made from, whoever sees the Datastream.
        var dataset = new DatasetId(find.Int64(6));
        insert.Bind("@dataset", dataset.Value).Bind("@name", find.Text(1)).Bind("@description", find.Text(2))
            .Bind("@encoding", find.Text(3)).Bind("@feature", find.Text(4)).Bind("@location", find.Int64(0))
            .Bind("@properties", find.TextOrNull(7));
        if (find.IsNull(5)) insert.BindNull("@geometry");
        else insert.BindBlob("@geometry", find.Blob(5));
        insert.Step();
        var id = insert.Int64(0);
        if (!find.IsNull(5)) EntityBoxes.Write(session, EntityDescription.FeatureOfInterest, id, GeoJson.BoxOf(find.Blob(5)));
        EntityCounts.Add(session, dataset, "FeaturesOfInterest", 1);
        Changes.Add(session, "FeaturesOfInterest", id, dataset, ChangeKind.Created);
        return id;
    }

    /// <summary>Writes the sums now, before a statement that works on the derived rows themselves.</summary>
    internal void FlushSums(WriteSession session)
    {
        session.HoldsSums = true;
        Flush(session);
    }

    /// <summary>Derives what belongs to one Datastream again from its observations, after a change or a removal.</summary>
    /// <remarks>Cost: reads the observations of that Datastream.</remarks>
    internal void Derive(WriteSession session, DatastreamEntry datastream)
    {
        FlushSums(session);
        var key = datastream.Key;
        DropStaleFeatures(session, key);
        using (var delete = session.Prepare(DeleteState)) delete.Bind("@datastream", key.Value).Execute();
        WriteState(session, datastream);
        Forget(session, key);
        Changes.Add(session, key.Set, key.Id, datastream.Dataset, ChangeKind.Derived);
    }

    private static void DropStaleFeatures(WriteSession session, SeriesKey datastream)
    {
        var features = new List<long>();
        using (var known = session.Prepare(FeaturesOf))
        {
            known.Bind("@datastream", datastream.Value);
            while (known.Step()) features.Add(known.Int64(0));
        }

        using var has = session.Prepare(HasFeature);
        using var drop = session.Prepare(DropFeature);
        foreach (var feature in features)
        {
            if (!has.Bind("@datastream", datastream.Value).Bind("@feature", feature).Step())
                drop.Bind("@datastream", datastream.Value).Bind("@feature", feature).Execute();
            has.Reset();
        }
    }

    private static void WriteState(WriteSession session, DatastreamEntry datastream)
    {
        var key = datastream.Key.Value;
        using var sums = session.Prepare(SumUp);
        if (!sums.Bind("@datastream", key).Step() || sums.Int64(0) == 0) return;
        using var latest = session.Prepare(FindLatest);
        latest.Bind("@datastream", key).Step();
        using var area = session.Prepare(SumUpArea);
        area.Bind("@datastream", key).Bind("@dataset", datastream.Dataset.Value).Step();
        using var add = PrepareState(session);
        add.Bind(1, key).Bind(2, sums.Int64(0)).Bind(3, sums.Int64(1)).Bind(4, sums.Int64(2))
            .Bind(5, sums.Int64OrNull(3)).Bind(6, sums.Int64OrNull(4)).Bind(7, latest.Int64(0)).Bind(8, latest.Int64(1))
            .Bind(9, area.DoubleOrNull(0)).Bind(10, area.DoubleOrNull(1)).Bind(11, area.DoubleOrNull(2))
            .Bind(12, area.DoubleOrNull(3)).Bind(13, datastream.Dataset.Value);
        if (sums.IsNull(5)) add.Bind(14, (double?)null).Bind(15, (double?)null);
        else add.Bind(14, ResultValue.Below(sums.Double(5))).Bind(15, ResultValue.Above(sums.Double(6)));
        add.Execute();
    }

    /// <summary>
    /// Takes an observation that is about to be removed out of what is derived; true when it lay inside all bounds, so that
    /// only the count changes. False: call <see cref="Derive"/> after the removal.
    /// </summary>
    /// <remarks>Saves reading the whole Datastream for nearly every single removal.</remarks>
    internal bool TryRemoveInside(WriteSession session, in ObservationPlace place)
    {
        FlushSums(session);
        using var remove = session.Prepare(RemoveInside);
        return place.Bind(remove).Bind("@end", place.End ?? place.Start).Bind("@resultTime", place.ResultTime).Execute() == 1;
    }

    /// <summary>Takes a changed result into the bounds of the Datastream's numbers, by which searches pass it over.</summary>
    internal static void WidenResults(WriteSession session, SeriesKey datastream, in ResultValue result)
    {
        if (result.Range() is not { } range) return;
        using var widen = session.Prepare(WidenResultsSql);
        widen.Bind("@datastream", datastream.Value).Bind("@least", range.Least).Bind("@most", range.Most).Execute();
    }

    /// <summary>Forgets one Datastream: it was changed, moved to another Thing, or removed.</summary>
    internal void Forget(WriteSession session, SeriesKey datastream)
    {
        JoinGroup(session);
        _entries.Remove(datastream.Value);
    }

    /// <summary>Forgets everything: Things have moved, or features or Locations were changed or removed.</summary>
    /// <remarks>Such changes are rare beside observations, and an entry comes back with two look-ups.</remarks>
    internal void ForgetAll(WriteSession session)
    {
        FlushSums(session);
        JoinGroup(session);
        _entries.Clear();
    }

    /// <summary>Forgets what was read before another program wrote.</summary>
    private void KeepToTurn(WriteSession session)
    {
        if (session.Turn == _turn) return;
        _turn = session.Turn;
        _entries.Clear();
        _next = -1;
    }

    private void JoinGroup(WriteSession session)
    {
        KeepToTurn(session);
        session.HoldsSums = true;
        if (_isInGroup) return;
        _isInGroup = true;
        session.BeforeCommit(Flush);
        session.AfterCommit(Committed);
        session.AfterRollback(RolledBack);
    }

    private void Flush(WriteSession session)
    {
        if (_dirty.Count == 0) return;
        using (var add = PrepareState(session))
            foreach (var entry in CollectionsMarshal.AsSpan(_dirty))
            {
                FlushState(add, entry);
                Changes.AddDerived(session, entry.Key, entry.Dataset);
            }

        foreach (var dataset in _dirty.GroupBy(entry => entry.Dataset))
            EntityCounts.Add(session, dataset.Key, "Observations", dataset.Sum(entry => entry.Count));
        foreach (var entry in _dirty) entry.IsDirty = false;
        _dirty.Clear();
        using var next = session.PrepareDeferred("UPDATE observation_sequence SET next = @next WHERE one = 1");
        next.Bind("@next", _next).Execute();
    }

    private static Statement PrepareFeature(WriteSession session) => session.PrepareUpsert(
        "datastream_feature_of_interest", "feature_of_interest_id, datastream_id", 0, "ON CONFLICT DO NOTHING");

    private static Statement PrepareState(WriteSession session) => session.PrepareUpsert("datastream_state", StateColumns, 1, AddToState);

    private static void FlushState(Statement add, DatastreamEntry entry)
    {
        add.Bind(1, entry.Key.Value).Bind(2, entry.Count).Bind(3, entry.Start).Bind(4, entry.End)
            .Bind(5, entry.ResultStart).Bind(6, entry.ResultEnd).Bind(7, entry.LatestStart).Bind(8, entry.LatestId)
            .Bind(9, entry.Area?.MinX).Bind(10, entry.Area?.MaxX).Bind(11, entry.Area?.MinY).Bind(12, entry.Area?.MaxY)
            .Bind(13, entry.Dataset.Value).Bind(14, entry.ResultMin).Bind(15, entry.ResultMax).Execute();
    }

    private void Committed() => _isInGroup = false;

    private void RolledBack()
    {
        _isInGroup = false;
        _dirty.Clear();
        _entries.Clear();
        _next = -1;
    }

    private static long ReadNext(WriteSession session)
    {
        using var next = session.Prepare("SELECT next FROM observation_sequence WHERE one = 1");
        return next.Step() ? next.Int64(0) : throw new InvalidOperationException("The observation sequence is missing.");
    }

    private static void RememberFeature(WriteSession session, DatastreamEntry datastream, long feature)
    {
        // A datastream that moves all the time has a new feature each time; then the list is not worth searching.
        const int RememberedMax = 16;
        if (datastream.Features.Contains(feature)) return;
        using var add = PrepareFeature(session);
        add.Bind(1, feature).Bind(2, datastream.Key.Value).Execute();
        if (datastream.Features.Count >= RememberedMax) datastream.Features.Clear();
        datastream.Features.Add(feature);
    }
}

/// <summary>Where an observation lies, and what it says of the bounds of its Datastream.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Series">Its Datastream or MultiDatastream; with <paramref name="Start"/> and the id it is the key of the row.</param>
/// <param name="Start">Beginning of its phenomenonTime, in microseconds.</param>
/// <param name="End">End of its phenomenonTime; null for an instant.</param>
/// <param name="ResultTime">Its resultTime.</param>
internal readonly record struct ObservationPlace(long Id, SeriesKey Series, long Start, long? End, long? ResultTime)
{
    /// <summary>Binds the key of its row: <c>@datastream</c>, <c>@start</c> and <c>@id</c>.</summary>
    internal Statement Bind(Statement statement) =>
        statement.Bind("@datastream", Series.Value).Bind("@start", Start).Bind("@id", Id);

    /// <summary>Its phenomenonTime.</summary>
    internal TimeInterval Time => TimeInterval.TryCreate(new(Start), new(End ?? Start), out var time)
        ? time
        : throw new InvalidOperationException($"The time of observation {Id} ends before it begins.");
}
