using System.Runtime.CompilerServices;
using Stoa.Query;
using Stoa.Storage.Dialects;
using Stoa.Vocabulary;

namespace Stoa.Storage.Translation;

/// <summary>The many groups of a large table that a scope lets be seen: a bit for each, so that no row has to ask for its dataset.</summary>
/// <param name="Bits">The group n is bit (n - <paramref name="Least"/>) % 8, from the lowest, of byte (n - <paramref name="Least"/>) / 8. Empty where there are runs.</param>
/// <param name="Least">The first group that has a bit.</param>
/// <param name="Most">The last; of groups before and behind is asked in the database.</param>
/// <param name="Runs">The groups that are seen, where they are few runs; else empty.</param>
public sealed record VisibleGroups(ReadOnlyMemory<byte> Bits, long Least, long Most, IReadOnlyList<NumberRun> Runs);

/// <summary>To which dataset each group of a large table belongs, kept in memory.</summary>
/// <remarks>
/// Good for whoever reads a large table along its index on time and must test row by row (PostgreSQL). A group never changes its dataset,
/// and numbers are given in the order of commits: what a snapshot does not hold has numbers behind those that it holds, of which the
/// statement asks the database. A group with a number of before that came by another way is hidden until all are read again. Which rows are
/// seen follows from the scope of each request alone. Safe for use by many threads.
/// </remarks>
public sealed class KnownGroups(StorageMapping mapping, SqlDialect dialect, TimeProvider time)
{
    /// <summary>Most groups that have a bit: 32 kB a scope and statement.</summary>
    public const int GroupsMax = 1 << 18;

    /// <summary>How long what was read is used. Groups that are newer cost a look-up a row until then.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    /// <summary>Most numbers from the first group that has a bit to the last.</summary>
    internal int SpanMax { get; init; } = GroupsMax;

    private readonly Lock _reading = new();
    private volatile Groups? _groups;

    /// <summary>The groups that a request for a whole set may see; null where the statement had better ask, or need not.</summary>
    /// <param name="session">Reads them when what is known is old.</param>
    /// <param name="request">What is read.</param>
    public VisibleGroups? Of(Session session, ReadRequest request)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(request);
        var (scope, own) = (request.Scope, mapping[request.Entity]);
        if (dialect.ReadsByGroups || dialect.IsSpread || own is not { TimeGroups: { } times, DatasetSource: { } source }) return null;
        if (request.Path is not [{ Key: null }] || scope.IsEverything || scope.IsNothing || scope.IsNarrowed) return null;
        return Current(session, times, source) is { } groups ? groups.Of(scope, dialect.FewGroupsMax) : null;
    }

    private Groups? Current(Session session, TimeGroups times, DatasetSource source)
    {
        var now = time.GetTimestamp();
        // One reads them again; the others go on with what was known. At the beginning they wait.
        if (_groups is not { } known) _reading.Enter();
        else if (time.GetElapsedTime(known.ReadAt, now) < Kept || !_reading.TryEnter()) return known;
        try
        {
            if (_groups is { } other && time.GetElapsedTime(other.ReadAt, now) < Kept) return other;
            return _groups = Read(session, times, source, now);
        }
        finally
        {
            _reading.Exit();
        }
    }

    private Groups Read(Session session, TimeGroups times, DatasetSource source, long now)
    {
        // First the span, then what lies in it: of all that there are only so many are ever in memory.
        var (least, most) = Span(session, source);
        var groups = new Groups(least, new long[most - least + 1], now);
        foreach (var via in source.Navigations)
        {
            var (target, isNegative) = (mapping[via.Target], IsNegative(via));
            using var rows = session.PrepareStream(
                $"SELECT {target.IdColumn}, {target.DatasetColumn} FROM {target.Table} WHERE {target.IdColumn} BETWEEN @first AND @last")
                .Bind("@first", isNegative ? -most : least).Bind("@last", isNegative ? -least : most);
            while (rows.Step()) groups.Datasets[(isNegative ? -rows.Int64(0) : rows.Int64(0)) - least] = rows.Int64(1);
        }

        using var filled = session.PrepareStream(
            $"SELECT {times.KeyColumn} FROM {times.Table} WHERE {times.KeyColumn} BETWEEN @first AND @last")
            .Bind("@first", least).Bind("@last", most);
        while (filled.Step()) groups.HasRows[filled.Int64(0) - least] = true;
        return groups;
    }

    /// <summary>The first and the last group that have a bit; without groups the last is before the first.</summary>
    private (long Least, long Most) Span(Session session, DatasetSource source)
    {
        var (least, most) = (long.MaxValue, long.MinValue);
        foreach (var via in source.Navigations)
        {
            var target = mapping[via.Target];
            // Two looks at the ends of the primary key; asked for together, SQLite would read all of it.
            using var ends = session.Prepare(
                $"SELECT (SELECT MIN({target.IdColumn}) FROM {target.Table}), (SELECT MAX({target.IdColumn}) FROM {target.Table})");
            if (!ends.Step() || ends.IsNull(0)) continue;
            var (first, last) = IsNegative(via) ? (-ends.Int64(1), -ends.Int64(0)) : (ends.Int64(0), ends.Int64(1));
            (least, most) = (Math.Min(least, first), Math.Max(most, last));
        }

        return most < least ? (1, 0) : (Math.Max(least, most - SpanMax + 1), most);
    }

    private bool IsNegative(Navigation via) => ((SourceKey)mapping[via]).Sign == KeySign.Negative;

    /// <param name="Least">The group of the first place.</param>
    /// <param name="Datasets">Of each group; 0 where there is none.</param>
    /// <param name="ReadAt">Timestamp.</param>
    private sealed record Groups(long Least, long[] Datasets, long ReadAt)
    {
        // Beside the scope: it goes when the scope goes.
        private readonly ConditionalWeakTable<AccessScope, Found> _found = [];

        internal bool[] HasRows { get; } = new bool[Datasets.Length];

        internal VisibleGroups? Of(AccessScope scope, int fewMax) => _found.GetValue(scope, one => Find(one, fewMax)).Groups;

        private Found Find(AccessScope scope, int fewMax)
        {
            var visible = scope.Bits(withNarrowed: false).Bytes.Span;
            var bits = new byte[(Datasets.Length / 8) + 1];
            var runs = new NumberRuns();
            var count = 0;
            for (var place = 0; place < Datasets.Length; place++)
            {
                var dataset = Datasets[place];
                if (dataset <= 0 || dataset / 8 >= visible.Length || (visible[(int)(dataset / 8)] >> (int)(dataset % 8) & 1) == 0) continue;
                bits[place / 8] |= (byte)(1 << (place % 8));
                runs.Add(Least + place);
                if (HasRows[place]) count++;
            }

            // Few are read group by group; the statement counts them itself.
            if (count <= fewMax) return new(null);
            var all = runs.All;
            return new(new(all.Count > 0 ? ReadOnlyMemory<byte>.Empty : bits, Least, Least + Datasets.Length - 1, all));
        }

        private sealed record Found(VisibleGroups? Groups);
    }
}
