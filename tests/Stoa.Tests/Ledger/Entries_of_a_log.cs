using System.Text;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>An entry gets its index in the transaction of what it records, or none.</summary>
public sealed class Entries_of_a_log
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Have_indices_without_gaps_whatever_is_undone()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        var chance = new Random(6962);
        var expected = new List<string>();
        for (var round = 0; round < 20; round++)
        {
            var works = Enumerable.Range(0, 25).Select(i => (Name: $"{round}.{i}", Count: chance.Next(4), Fails: chance.Next(3))).ToArray();
            var tasks = works.Select(work => database.TryWriteAsync(session =>
            {
                var at = new List<long>();
                for (var n = 0; n < work.Count; n++)
                    at.Add(LogEntries.Append(session, LogName.Audit, Encoding.UTF8.GetBytes($"{work.Name}/{n}"), new("test", Dataset: n)));
                if (work.Fails == 1) throw new InvalidOperationException("on purpose");
                if (work.Fails == 2) return Problem.BadRequest("bad-request", "On purpose", "On purpose.");
                return Result<List<long>>.Of(at);
            }, Now)).ToArray();
            for (var i = 0; i < works.Length; i++)
            {
                try
                {
                    if (!(await tasks[i]).TryGet(out var at, out _)) continue;
                    foreach (var (index, n) in at.Select((index, n) => (index, n)))
                    {
                        while (expected.Count <= index) expected.Add("");
                        expected[(int)index] = $"{works[i].Name}/{n}";
                    }
                }
                catch (InvalidOperationException)
                {
                    // As asked for.
                }
            }
        }

        Assert.NotEmpty(expected);
        Assert.DoesNotContain("", expected);
        Assert.Equal(expected, await EntriesAsync(database, LogName.Audit));
        Assert.Equal(expected.Count, await SizeAsync(database, LogName.Audit));
        Assert.Equal(0, await SizeAsync(database, LogName.Catalog));
    }

    [Fact]
    public async Task Of_two_logs_are_counted_apart()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        var at = await database.WriteAsync(session => new[]
        {
            LogEntries.Append(session, LogName.Audit, "a"u8, new("test")),
            LogEntries.Append(session, LogName.Catalog, "b"u8, new("test")),
            LogEntries.Append(session, LogName.Audit, "c"u8, new("test")),
        }, Now);

        Assert.Equal([0, 0, 1], at);
        Assert.Equal(["a", "c"], await EntriesAsync(database, LogName.Audit));
        Assert.Equal(["b"], await EntriesAsync(database, LogName.Catalog));
    }

    [Fact]
    public async Task Are_refused_when_they_are_too_long()
    {
        using var folder = new TemporaryFolder();
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        await database.WriteAsync(session => LogEntries.Append(session, LogName.Audit, new byte[EntryBundle.EntryBytesMax], new("test")), Now);

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => database.WriteAsync(
            session => LogEntries.Append(session, LogName.Audit, new byte[EntryBundle.EntryBytesMax + 1], new("test")), Now));
        Assert.Equal(1, await SizeAsync(database, LogName.Audit));
    }

    internal static async Task<List<string>> EntriesAsync(Database database, LogName log)
    {
        using var read = await database.ReadAsync(Now);
        using var select = read.Prepare("SELECT idx, body FROM ledger_entry WHERE log = ?1 ORDER BY idx");
        select.Bind(1, (long)log);
        var entries = new List<string>();
        while (select.Step())
        {
            Assert.Equal(entries.Count, select.Int64(0));
            entries.Add(Encoding.UTF8.GetString(select.Blob(1)));
        }

        return entries;
    }

    private static async Task<long> SizeAsync(Database database, LogName log)
    {
        using var read = await database.ReadAsync(Now);
        using var select = read.Prepare("SELECT size FROM ledger_log WHERE id = ?1");
        select.Bind(1, (long)log);
        return select.Step() ? select.Int64(0) : -1;
    }
}
