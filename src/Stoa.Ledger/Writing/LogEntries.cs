using System.Runtime.CompilerServices;
using Stoa.Ledger.Merkle;
using Stoa.Storage;

namespace Stoa.Ledger.Writing;

/// <summary>What an entry is looked up by. None of it is in the log.</summary>
/// <param name="Type">Its event type.</param>
/// <param name="Dataset">The dataset it is about.</param>
/// <param name="Record">The governed record it is about, such as an agreement.</param>
/// <param name="Party">The organization, unit, service or device it is about; never a person.</param>
public readonly record struct EntryKeys(string Type, long? Dataset = null, long? Record = null, long? Party = null)
{
    /// <summary>What else it is looked up by; null for nothing.</summary>
    public IReadOnlyCollection<EntryKey>? Further { get; init; }

    /// <summary>All of them, each once.</summary>
    internal HashSet<EntryKey> All()
    {
        var all = new HashSet<EntryKey>(Further ?? []);
        if (Dataset is { } dataset) all.Add(new(EntryKeyKind.Dataset, dataset));
        if (Record is { } record) all.Add(new(EntryKeyKind.Record, record));
        if (Party is { } party) all.Add(new(EntryKeyKind.Party, party));
        return all;
    }
}

/// <summary>Adds entries to logs, in the transaction of what they record.</summary>
/// <remarks>
/// An entry has its index when the transaction commits, and none when it does not: writers of both engines take turns, so that indices have no gaps and
/// stand in the order of commits (decision 0025). Tiles and checkpoints follow.
/// </remarks>
public static class LogEntries
{
    private const string Columns = "log, idx, type, body";
    private const string KeyColumns = "kind, number, log, idx";

    // One writer for each database; what it holds lives as long as it does.
    private static readonly ConditionalWeakTable<WriteSession, Group> Groups = [];

    /// <summary>Adds an entry. Cost: one row, and one for each key; once for each group of work that commits together, reading and writing the log's size.</summary>
    /// <param name="session">The transaction of what is recorded.</param>
    /// <param name="log">Where to.</param>
    /// <param name="entry">Canonical JSON, 65,535 bytes at most.</param>
    /// <param name="keys">What it is found by.</param>
    /// <returns>Its index.</returns>
    public static long Append(WriteSession session, LogName log, ReadOnlySpan<byte> entry, in EntryKeys keys)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entry.Length, EntryBundle.EntryBytesMax);
        var index = GroupOf(session).Next(session, log);
        using var insert = session.PrepareInsert("ledger_entry", Columns);
        insert.Bind(1, (long)log).Bind(2, index).Bind(3, keys.Type).BindBlob(4, entry).Execute();
        foreach (var (kind, number) in keys.All())
        {
            using var key = session.PrepareInsert("ledger_key", KeyColumns);
            key.Bind(1, (long)kind).Bind(2, number).Bind(3, (long)log).Bind(4, index).Execute();
        }

        return index;
    }

    /// <summary>Calls the action after each commit that added entries; it must be short and must not throw.</summary>
    internal static Task WhenCommittedAsync(Database database, Action<LogName, long> committed, CancellationToken cancellation) =>
        database.WriteAsync(session => GroupOf(session).Committed = committed, cancellation);

    private static Group GroupOf(WriteSession session) => Groups.GetValue(session, static _ => new());

    // The sizes of the logs while a group of work runs: read at the first entry of a log, written before the commit.
    private sealed class Group
    {
        private readonly Dictionary<LogName, Size> _sizes = [];
        private long _work = -1;

        internal Action<LogName, long>? Committed { get; set; }

        internal long Next(WriteSession session, LogName log)
        {
            // Each piece of work that adds entries can be undone by itself.
            if (_work != session.WorkNumber || _sizes.Count == 0)
            {
                _work = session.WorkNumber;
                var before = _sizes.ToDictionary();
                session.AfterRollback(() => Restore(before));
                session.BeforeCommit(Write);
                session.AfterCommit(Tell);
            }

            if (!_sizes.TryGetValue(log, out var size)) size = new(Read(session, log), 0);
            _sizes[log] = size with { Added = size.Added + 1 };
            return size.Before + size.Added;
        }

        private void Restore(Dictionary<LogName, Size> before)
        {
            _sizes.Clear();
            foreach (var (log, size) in before) _sizes[log] = size;
            _work = -1;
        }

        private static long Read(WriteSession session, LogName log)
        {
            // The row stays locked until the commit.
            using var read = session.Prepare(session.Engine == StorageEngine.Postgres
                ? "SELECT size FROM ledger_log WHERE id = ?1 FOR UPDATE"
                : "SELECT size FROM ledger_log WHERE id = ?1");
            read.Bind(1, (long)log);
            return read.Step() ? read.Int64(0) : throw new InvalidOperationException($"There is no row of the log {log}.");
        }

        private void Write(WriteSession session)
        {
            foreach (var (log, size) in _sizes.ToArray())
            {
                if (size.Added == 0) continue;
                using var write = session.Prepare("UPDATE ledger_log SET size = ?2 WHERE id = ?1");
                write.Bind(1, (long)log).Bind(2, size.Before + size.Added).Execute();
                _sizes[log] = new(size.Before + size.Added, 0);
            }
        }

        private void Tell()
        {
            foreach (var (log, size) in _sizes) Committed?.Invoke(log, size.Before);
            _sizes.Clear();
            _work = -1;
        }

        private readonly record struct Size(long Before, long Added);
    }
}
