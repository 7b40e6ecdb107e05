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
    /// <param name="before">Places below this one.</param>
    /// <param name="limit">At most so many.</param>
    /// <remarks>
    /// Cost: for each key of <paramref name="any"/> one range of an index, read from its end. Where further keys or a type narrow it, it is read until
    /// as many are found.
    /// </remarks>
    public static IReadOnlyList<long> Newest(
        Session session, LogName log, IReadOnlyCollection<EntryKey>? any, IReadOnlyCollection<EntryKey> all, string? type, long before, int limit)
    {
        if (any is null) return Read(session, log, null, all, type, before, limit);
        var found = new HashSet<long>();
        foreach (var key in any) found.UnionWith(Read(session, log, key, all, type, before, limit));
        return [.. found.OrderDescending().Take(limit)];
    }

    /// <summary>The entry at a place; null when there is none.</summary>
    public static WrittenEntry? Find(Session session, LogName log, long index)
    {
        using var select = session.Prepare(SelectEntry).Bind("@log", (long)log).Bind("@index", index);
        return select.Step() ? new(index, select.Text(0), select.Blob(1).ToArray()) : null;
    }

    private static List<long> Read(
        Session session, LogName log, EntryKey? key, IReadOnlyCollection<EntryKey> all, string? type, long before, int limit)
    {
        using var select = session.Prepare(Select(key is not null, all.Count, type is not null))
            .Bind("@log", (long)log).Bind("@before", before).Bind("@limit", limit);
        if (key is { } by) select.Bind("@kind", (long)by.Kind).Bind("@number", by.Number);
        foreach (var (other, i) in all.Select((other, i) => (other, i))) select.Bind($"@kind{i}", (long)other.Kind).Bind($"@number{i}", other.Number);
        if (type is not null) select.Bind("@type", type);
        var indices = new List<long>();
        while (select.Step()) indices.Add(select.Int64(0));
        return indices;
    }

    // By the primary keys of both tables, and by ledger_entry_type.
    private static string Select(bool byKey, int others, bool byType) =>
        $"""
        SELECT   {(byKey ? "k" : "e")}.idx
        FROM     {(byKey, byType) switch
        {
            (true, true) => "ledger_key k JOIN ledger_entry e ON e.log = k.log AND e.idx = k.idx",
            (true, false) => "ledger_key k",
            _ => "ledger_entry e",
        }}
        WHERE    {(byKey ? "k.kind = @kind AND k.number = @number AND k.log = @log AND k.idx < @before" : "e.log = @log AND e.idx < @before")}
        {(byType ? "AND e.type = @type" : "")}
        {string.Concat(Enumerable.Range(0, others).Select(i =>
            $" AND EXISTS (SELECT 1 FROM ledger_key o WHERE o.kind = @kind{i} AND o.number = @number{i} AND o.log = {(byKey ? "k" : "e")}.log AND o.idx = {(byKey ? "k" : "e")}.idx)"))}
        ORDER BY {(byKey ? "k" : "e")}.idx DESC
        LIMIT    @limit
        """;
}
