using System.Text;
using System.Text.Json;
using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Records;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>An entry as it stands in the database.</summary>
internal sealed record StoredEntry(LogName Log, long Index, string Type, byte[] Body, IReadOnlyList<EntryKey> Keys)
{
    /// <summary>The record it is about: what that belongs to was there before it.</summary>
    public long? Record => NumbersOf(EntryKeyKind.Record) is [.., var last] ? last : null;

    public IReadOnlyList<long> NumbersOf(EntryKeyKind kind) => [.. Keys.Where(key => key.Kind == kind).Select(key => key.Number).Order()];

    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Member(string name) => Json.TryGetProperty(name, out var value) ? value.ToString() : null;
}

/// <summary>What stands in the logs of a database, held against what the database says.</summary>
internal static class LogContents
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public static async Task<List<StoredEntry>> EntriesAsync(Database database, string? type = null)
    {
        using var read = await database.ReadAsync(Now);
        var keys = new Dictionary<(long, long), List<EntryKey>>();
        using (var select = read.Prepare("SELECT log, idx, kind, number FROM ledger_key"))
            while (select.Step())
                (keys.TryGetValue((select.Int64(0), select.Int64(1)), out var of) ? of : keys[(select.Int64(0), select.Int64(1))] = [])
                    .Add(new((EntryKeyKind)select.Int64(2), select.Int64(3)));
        var entries = new List<StoredEntry>();
        using (var select = read.Prepare("SELECT log, idx, type, body FROM ledger_entry ORDER BY log, idx"))
            while (select.Step())
                entries.Add(new((LogName)select.Int64(0), select.Int64(1), select.Text(2), select.Blob(3).ToArray(),
                    keys.GetValueOrDefault((select.Int64(0), select.Int64(1)), [])));
        return type is null ? entries : [.. entries.Where(entry => entry.Type == type)];
    }

    /// <summary>Every entry fits its schema and its log; every change of a governed record has its entry, whose commitment it opens.</summary>
    /// <param name="database">Which.</param>
    /// <param name="forbidden">Words that stand in no entry, each with something that digests and salts have not.</param>
    /// <returns>All entries.</returns>
    public static async Task<List<StoredEntry>> CheckAsync(Database database, params string[] forbidden)
    {
        Assert.All(forbidden, word => Assert.True(word.Length >= 6 && !word.All(char.IsAsciiHexDigit), $"'{word}' may stand in a digest by chance."));
        var entries = await EntriesAsync(database);
        foreach (var entry in entries)
        {
            Assert.Null(LogEvent.Refuse(entry.Body));
            Assert.Equal(entry.Type, entry.Member("type"));
            Assert.Equal(EventTypes.Find(entry.Type)!.IsPrivate, !entry.Log.IsPublic());
            foreach (var text in forbidden) Assert.DoesNotContain(text, entry.Text, StringComparison.OrdinalIgnoreCase);
        }

        var changes = await ChangesAsync(database);
        var ofRecords = entries.Where(entry => EventTypes.Find(entry.Type)!.Members.Any(member => member.Name == "revision")).ToList();
        Assert.Equal(
            changes.Select(one => (one.Change.Record, one.Change.Revision)).Order(),
            ofRecords.Select(entry => (entry.Record!.Value, entry.Json.GetProperty("revision").GetInt64())).Order());
        foreach (var entry in ofRecords)
        {
            var (change, salt) = changes.Single(one => one.Change.Record == entry.Record && one.Change.Revision == entry.Json.GetProperty("revision").GetInt64());
            Assert.Equal(RecordChange.WordOf(change.Kind) + ".changed", entry.Type);
            Assert.Equal((change.Act.Move, RecordChange.StateOf(change.Kind, change.Keys.State)), (entry.Member("move"), entry.Member("state")));
            Assert.True(salt is null || change.Opens(entry.Member("commit")!, salt), $"The commitment of {entry.Text} is of something else.");
        }

        return entries;
    }

    /// <summary>Every change of governed records, with its salt.</summary>
    public static async Task<List<(RecordChange Change, byte[]? Salt)>> ChangesAsync(Database database)
    {
        using var read = await database.ReadAsync(Now);
        using var select = read.Prepare(
            """
            SELECT   r.kind, e.record_id, e.revision, e.move, e.state, e.party_id, e.person_id, e.capacity, e.reason, e.content, e.at, e.salt
            FROM     governed_event e
            JOIN     governed_record r ON r.id = e.record_id
            ORDER BY e.id
            """);
        var changes = new List<(RecordChange, byte[]?)>();
        while (select.Step())
            changes.Add((new(
                (RecordKind)select.Int64(0), select.Int64(1), select.Int64(2),
                new(select.Text(3), PartyOrNull(select, 5), PartyOrNull(select, 6), (Actor)select.Int64(7), select.Text(8)),
                new RecordKeys { State = (int)select.Int64(4) }, select.Text(9), new(select.Int64(10))),
                select.IsNull(11) ? null : select.Blob(11).ToArray()));
        return changes;
    }

    private static PartyId? PartyOrNull(Statement row, int column) => row.Int64OrNull(column) is { } id ? new PartyId(id) : null;
}
