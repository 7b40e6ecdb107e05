using Stoa.Storage;

namespace Stoa.Ledger.Writing;

/// <summary>What a key of an entry names.</summary>
/// <remarks>The numbers stand in the database.</remarks>
public enum EntryKeyKind
{
    /// <summary>A dataset.</summary>
    Dataset = 1,

    /// <summary>A governed record: what the entry is about, or what that belongs to.</summary>
    Record = 2,

    /// <summary>An organization or what belongs to one; never a person.</summary>
    Party = 3,

    /// <summary>A log whose key was made.</summary>
    Log = 4,
}

/// <summary>One thing that an entry is looked up by.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Number">Which.</param>
public readonly record struct EntryKey(EntryKeyKind Kind, long Number);

/// <summary>An entry as it was written.</summary>
/// <param name="Index">Its place in the log.</param>
/// <param name="Type">Its event type.</param>
/// <param name="Body">The entry.</param>
public sealed record WrittenEntry(long Index, string Type, byte[] Body);

/// <summary>Finds entries by what they are about. Decides nothing: what is found here may have to stay hidden.</summary>
public static class EntryLookup
{
    private const string SelectEntry =
        """
        SELECT type, body
        FROM   ledger_entry
        WHERE  log = @log
          AND  idx = @index
        """;

    /// <summary>Places of the newest entries that have any of some keys, all of others, and a type; the newest first.</summary>
    /// <param name="session">Where to look.</param>
    /// <param name="log">In which log.</param>
    /// <param name="any">One of these; null for no matter which, an empty list finds nothing.</param>
    /// <param name="all">And all of these.</param>
    /// <param name="type">And this type; null for any.</param>
    /// <param name="span">Places from the first of these and below the second.</param>
    /// <param name="limit">At most so many.</param>
    /// <remarks>
    /// Cost: for each key of <paramref name="any"/> one range of an index, read from its end. Where further keys or a type narrow it, it is read until
    /// as many are found or the span ends: see <see cref="Floor"/>.
    /// </remarks>
    public static IReadOnlyList<long> Newest(
        Session session, LogName log, IReadOnlyCollection<EntryKey>? any, IReadOnlyCollection<EntryKey> all, string? type, (long From, long Before) span, int limit)
    {
        if (any is null) return Read(session, log, null, all, type, span, limit);
        var found = new HashSet<long>();
        foreach (var key in any) found.UnionWith(Read(session, log, key, all, type, span, limit));
        return [.. found.OrderDescending().Take(limit)];
    }

    /// <summary>Where the newest entries that have any of some keys begin, as many as may be looked through at once; 0 when there are no older ones.</summary>
    /// <param name="session">Where to look.</param>
    /// <param name="log">In which log.</param>
    /// <param name="any">One of these; null for no matter which.</param>
    /// <param name="type">Where no key is named, of this type; null for any.</param>
    /// <param name="before">Below this place.</param>
    /// <param name="limit">So many of the first key, of each further one half of what the ones before have left of twice as many.</param>
    /// <param name="least">But no fewer of each key.</param>
    /// <remarks>Cost: as many rows of one index. Says nothing of what else narrows the entries, so that nothing is told of it by where a page ends.</remarks>
    public static long Floor(
        Session session, LogName log, IReadOnlyCollection<EntryKey>? any, string? type, long before, int limit, int least)
    {
        if (any is null) return type is null ? Math.Max(0, before - limit) : Last(session, log, null, type, (0, before), limit).At;
        var (from, left) = (0L, 2 * limit);
        foreach (var key in any)
        {
            var (count, at) = Last(session, log, key, null, (from, before), Math.Max(left / 2, least));
            left -= count;
            from = Math.Max(from, at);
        }

        return from;
    }

    /// <summary>The entry at a place; null when there is none.</summary>
    public static WrittenEntry? Find(Session session, LogName log, long index)
    {
        using var select = session.Prepare(SelectEntry).Bind("@log", (long)log).Bind("@index", index);
        return select.Step() ? new(index, select.Text(0), select.Blob(1).ToArray()) : null;
    }

    private static List<long> Read(
        Session session, LogName log, EntryKey? key, IReadOnlyCollection<EntryKey> all, string? type, (long From, long Before) span, int limit)
    {
        using var select = Bind(session.Prepare(Select(key is not null, all.Count, type is not null)), log, key, type, span, limit);
        foreach (var (other, i) in all.Select((other, i) => (other, i))) select.Bind($"@kind{i}", (long)other.Kind).Bind($"@number{i}", other.Number);
        var indices = new List<long>();
        while (select.Step()) indices.Add(select.Int64(0));
        return indices;
    }

    // The place of the last of so many, 0 when there are fewer.
    private static (int Count, long At) Last(Session session, LogName log, EntryKey? key, string? type, (long From, long Before) span, int limit)
    {
        using var select = Bind(
            session.Prepare($"SELECT COUNT(*), COALESCE(MIN(idx), 0) FROM ({Select(key is not null, 0, type is not null)}) newest"), log, key, type, span, limit);
        return select.Step() && select.Int64(0) == limit ? (limit, select.Int64(1)) : ((int)select.Int64(0), 0);
    }

    private static Statement Bind(Statement select, LogName log, EntryKey? key, string? type, (long From, long Before) span, int limit)
    {
        select.Bind("@log", (long)log).Bind("@from", span.From).Bind("@before", span.Before).Bind("@limit", limit);
        if (key is { } by) select.Bind("@kind", (long)by.Kind).Bind("@number", by.Number);
        if (type is not null) select.Bind("@type", type);
        return select;
    }

    // By the primary keys of both tables, and by ledger_entry_type. The span stands beside every table, so that none is read beyond it in whatever order they are.
    private static string Select(bool byKey, int others, bool byType)
    {
        var first = byKey ? "k" : "e";
        return
            $"""
            SELECT   {first}.idx
            FROM     {(byKey, byType) switch
            {
                (true, true) => "ledger_key k JOIN ledger_entry e ON e.log = k.log AND e.idx = k.idx",
                (true, false) => "ledger_key k",
                _ => "ledger_entry e",
            }}
            WHERE    {first}.log = @log AND {first}.idx >= @from AND {first}.idx < @before
            {(byKey ? "AND k.kind = @kind AND k.number = @number" : "")}
            {(byType ? "AND e.type = @type AND e.log = @log AND e.idx >= @from AND e.idx < @before" : "")}
            {string.Concat(Enumerable.Range(0, others).Select(i =>
                $" AND EXISTS (SELECT 1 FROM ledger_key o WHERE o.kind = @kind{i} AND o.number = @number{i} AND o.log = @log AND o.idx >= @from AND o.idx < @before AND o.idx = {first}.idx)"))}
            ORDER BY {first}.idx DESC
            LIMIT    @limit
            """;
    }
}
