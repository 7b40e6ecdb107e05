using System.Text;
using System.Text.Json;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Identity.Organizations;
using Stoa.Ledger.Anchoring;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Events;
using Stoa.Ledger.Witnesses;
using Stoa.Ledger.Writing;
using Stoa.Portal.Governance;
using Stoa.Sharing.Logs;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Ledger;

/// <summary>Reads what the pages of the logs show.</summary>
internal sealed class LogReading(
    Database database, LogReader logs, LogPublisher publisher, LoggedEntries entries, AccessPolicy policy, Organizations organizations, SplitViews splits, Stamps stamps,
    Anchors anchors)
{
    // Of contradictions one page shows so many; all of them are at /witness/split-views.
    private const int SplitViewsMax = 20;

    // Organizations that are offered to choose from; others can be named.
    private const int OfferedMax = 500;

    /// <summary>All logs.</summary>
    internal async Task<LogsView> AllAsync(CancellationToken cancellation)
    {
        var all = new List<LogView>();
        foreach (var log in LogNames.All) all.Add(await OfAsync(log, cancellation));
        return new(all, [.. (await splits.LastAsync(cancellation)).Take(SplitViewsMax).Select(one => new SplitViewLine(one.Origin, one.Size, one.Found, one.Source))]);
    }

    /// <summary>One log.</summary>
    internal async Task<LogView> OfAsync(LogName log, CancellationToken cancellation)
    {
        var shown = await ShownAsync(log, cancellation);
        var stamp = await stamps.LastAsync(log, cancellation);
        var anchor = await anchors.LastAsync(log, cancellation);
        Instant? grew = null;
        if (shown is { Size: > 0 })
        {
            using var session = await database.ReadAsync(cancellation);
            grew = EntryLookup.Find(session, log, shown.Size - 1) is { } last ? TimeOf(last.Body) : null;
        }

        return new(log.ToPath(), LogWords.MeaningOf(log), log.IsPublic(), [.. (await logs.KeysAsync(log, cancellation)).Select(key => key.ToString())], shown, grew,
            publisher.IsHalted(log), Confirmed(stamp), Confirmed(anchor));
    }

    /// <summary>One page of entries that the visitor sees.</summary>
    internal async Task<Result<LogEntriesView>> EntriesAsync(
        Requester who, LogName log, EntryQuery query, EntryFilter filter, CancellationToken cancellation)
    {
        if (!(await entries.ListAsync(who, log, query, cancellation)).TryGet(out var list, out var problem)) return problem;
        var view = await OfAsync(log, cancellation);
        // Who takes part is for everybody.
        var offered = log.IsPublic() ? [] : (await organizations.ListAsync(new(OfferedMax, 0), cancellation)).Entries;
        using var session = await database.ReadAsync(cancellation);
        var words = new EntryWords(session, policy, who);
        var lines = list.Entries.Select(words.Line).ToList();
        var name = query.Party is { } party
            ? lines.SelectMany(line => line.Parties).FirstOrDefault(one => one.Number == party.Value).Name
            : query.PartyCalled;
        filter = filter with { PartyName = name };
        return new LogEntriesView(view, lines, list.Size, filter, list.Before is { } before ? filter.Address(before) : null,
            [.. EventTypes.All.Where(type => type.IsPrivate != log.IsPublic()).Select(type => (type.Name, LogWords.TitleOf(type.Name))).OrderBy(type => type.Item2, StringComparer.Ordinal)],
            [.. offered.Select(one => (one.Slug, one.Name))]);
    }

    /// <summary>One entry, if the visitor sees it.</summary>
    internal async Task<Result<LogEntryView>> EntryAsync(Requester who, LogName log, long index, CancellationToken cancellation)
    {
        if (!(await entries.FindAsync(who, log, index, cancellation)).TryGet(out var body, out var problem)) return problem;
        var view = await OfAsync(log, cancellation);
        using var session = await database.ReadAsync(cancellation);
        using var document = JsonDocument.Parse(body);
        var type = document.RootElement.GetProperty("type").GetString() ?? "";
        return new LogEntryView(view, new EntryWords(session, policy, who).Line(new(index, type, body)), Encoding.UTF8.GetString(body),
            EventTypes.Find(type)?.Meaning ?? "");
    }

    /// <summary>The checkpoint that everybody is shown.</summary>
    internal async Task<ShownCheckpoint?> ShownAsync(LogName log, CancellationToken cancellation) =>
        await logs.CheckpointAsync(log, cancellation) is { } note && Checkpoint.TryParse(note.Text, out var checkpoint)
            ? new(checkpoint!.Origin, checkpoint.Size, checkpoint.Root.ToString(), // Read on the line above.
                [.. note.Signatures.Where(one => one.Name != checkpoint.Origin).Select(one => (one.Name, TimeOf(one)))])
            : null;

    private static Instant? TimeOf(NoteSignature signature) =>
        Cosignature.TryRead(signature.Bytes, out var seconds, out _) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? Instant.From(DateTimeOffset.FromUnixTimeSeconds(seconds)) : null;

    private static Instant? TimeOf(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        return Instant.TryParse(document.RootElement.GetProperty("time").GetString() ?? "", out var time) ? time : null;
    }

    private static ConfirmedSize? Confirmed((long Size, Instant At)? last) => last is var (size, at) ? new(size, at) : null;

    // Entries in words for one visitor: what they name was decided to be for him, of datasets beside what he may know is told.
    private sealed class EntryWords(Session session, AccessPolicy policy, Requester who)
    {
        private readonly GovernanceReader.Names _names = new(session, new Reader(Acting.Candidates(session, who), who.IsAdministrator));
        private readonly Dictionary<DatasetId, (string Slug, string Title)?> _datasets = [];

        public LogEntryLine Line(WrittenEntry entry)
        {
            using var document = JsonDocument.Parse(entry.Body);
            var named = NamedInEntry.Of(entry);
            return new(entry.Index, entry.Type, Instant.TryParse(named.Time, out var time) ? time : null, LogWords.Of(document.RootElement),
                [.. named.Datasets.Select(Dataset).OfType<(string, string)>()],
                named.SubjectWord == "agreement" ? named.Subject : named.Parent is { } parent && IsAgreement(parent) ? parent : null,
                [.. named.Parties.Select(party => (party.Value, _names.Of(party), PartOf(document.RootElement, party)))]);
        }

        private bool IsAgreement(long record) => GovernedRecords.Find(session, RecordTypes.Agreement, record) is not null;

        private (string Slug, string Title)? Dataset(DatasetId id) => _datasets.TryGetValue(id, out var known)
            ? known
            : _datasets[id] = DatasetKnowledge.IsKnownTo(policy, who, id) && SharedDatasets.Find(session, id) is { } dataset ? (dataset.Slug, dataset.Title) : null;

        private static string PartOf(JsonElement entry, PartyId party)
        {
            var urn = LogEvent.Urn("party", party.Value);
            bool Is(string member) => entry.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() == urn;
            return string.Join(", ", new[] { ("actor", "acted"), ("party", "concerned"), ("counterparty", "other side"), ("owner", "owner"), ("subject", "concerned") }
                .Where(one => Is(one.Item1)).Select(one => one.Item2));
        }
    }
}
