using System.Globalization;
using System.Text.Json;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Events;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Records;

/// <summary>A change of a governed record, with the proof of its entry in the log.</summary>
/// <param name="Change">What happened.</param>
/// <param name="Salt">Of the commitment; null when what the record said is not kept any more.</param>
/// <param name="Proof">Of the entry.</param>
internal sealed record ProvenChange(RecordChange Change, byte[]? Salt, LogProof Proof);

/// <summary>The changes of some governed records, newest first, as far as a pack has room for them; and their proofs.</summary>
/// <remarks>Who may see a record is asked before it is taken: all that is kept of its changes goes into the pack.</remarks>
internal sealed class RecordEvidence
{
    /// <summary>Most changes in a pack: each has a file and a proof, and a pack has 4,096 files.</summary>
    public const int ChangesMax = 1_900;

    /// <summary>Most bytes of values and proofs: what the page of a pack holds.</summary>
    public const int BytesMax = EvidencePack.PageBytesMax;

    // By governed_event_record.
    private const string SelectChanges =
        """
        SELECT   revision, move, party_id, person_id, capacity, reason, at, content, state, salt
        FROM     governed_event
        WHERE    record_id = @record
        ORDER BY revision DESC
        LIMIT    @limit
        """;

    private readonly List<(RecordChange Change, byte[]? Salt, long Index)> _taken = [];
    private long _bytes;

    /// <summary>Changes that are older than the log, or had no room.</summary>
    public int LeftOut { get; private set; }

    /// <summary>Changes whose entries are not under the checkpoint yet.</summary>
    public int Waiting { get; private set; }

    /// <summary>Takes the changes of a record in.</summary>
    public void Take(Session session, RecordKind kind, long id)
    {
        var entries = Entries(session, kind, id);
        using var select = session.Prepare(SelectChanges).Bind("@record", id).Bind("@limit", ChangesMax + 1);
        while (select.Step())
        {
            var revision = select.Int64(0);
            if (!entries.TryGetValue(revision, out var index) || _taken.Count == ChangesMax || _bytes + select.Utf8(7).Length > BytesMax)
            {
                LeftOut++;
                continue;
            }

            _bytes += select.Utf8(7).Length;
            var act = new RecordAct(select.Text(1), PartyOrNull(select, 2), PartyOrNull(select, 3), (Actor)select.Int64(4), select.Text(5));
            var change = new RecordChange(
                kind, id, revision, act, new() { State = (int)select.Int64(8) }, select.Text(7), new(select.Int64(6)));
            _taken.Add((change, select.IsNull(9) ? null : select.Blob(9).ToArray(), index));
        }
    }

    /// <summary>The changes with their proofs, oldest first and record by record.</summary>
    public async Task<List<ProvenChange>> ProveAsync(EvidenceLog log, CancellationToken cancellation)
    {
        var proven = new List<ProvenChange>();
        long bytes = 0;
        foreach (var (change, salt, index) in _taken)
        {
            if (await log.ProofAsync(index, cancellation) is not { } proof) Waiting++;
            else if ((bytes += change.Content.Length + proof.ToBytes().Length) > BytesMax) LeftOut++;
            else proven.Add(new(change, salt, proof));
        }

        return [.. proven.OrderBy(one => one.Change.Kind).ThenBy(one => one.Change.Record).ThenBy(one => one.Change.Revision)];
    }

    /// <summary>Puts changes into a pack: each with what was committed to, or its entry alone where that is not kept.</summary>
    public static async Task AddToAsync(EvidencePackWriter pack, IEnumerable<ProvenChange> changes, CancellationToken cancellation)
    {
        foreach (var (change, salt, proof) in changes)
        {
            var word = RecordChange.WordOf(change.Kind);
            var title = string.Create(CultureInfo.InvariantCulture,
                $"{word} {change.Record}, change {change.Revision}: {change.Act.Move}, since then {RecordChange.StateOf(change.Kind, change.Keys.State)}");
            var file = string.Create(CultureInfo.InvariantCulture, $"changes/{word}-{change.Record}-{change.Revision}.json");
            if (salt is null) await pack.AddEntryAsync(title + " (what was said is not kept)", proof, cancellation);
            else await pack.AddCommitmentAsync(title, file, change.Committed(), salt, proof, cancellation);
        }
    }

    /// <summary>What is not in the pack, as sentences; empty when everything is.</summary>
    public string Missing() =>
        (Waiting == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" Changes that no checkpoint covers yet: {Waiting}.")) +
        (LeftOut == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" Older changes that are left out: {LeftOut}."));

    /// <summary>Places of the newest entries that tell of a record; those of what belongs to it are of other types.</summary>
    public static IReadOnlyList<long> Places(Session session, RecordKind kind, long id, int limit) => EntryLookup.Newest(
        session, LogName.Audit, [new(EntryKeyKind.Record, id)], [], EventTypes.Of(RecordChange.WordOf(kind)).Name, (0, long.MaxValue), limit);

    // Records from before there was a log have changes without an entry.
    private static Dictionary<long, long> Entries(Session session, RecordKind kind, long id)
    {
        var entries = new Dictionary<long, long>();
        foreach (var place in Places(session, kind, id, ChangesMax))
        {
            if (EntryLookup.Find(session, LogName.Audit, place) is not { } entry) continue;
            using var read = JsonDocument.Parse(entry.Body);
            entries[read.RootElement.GetProperty("revision").GetInt64()] = place;
        }

        return entries;
    }

    private static PartyId? PartyOrNull(Statement row, int column) => row.Int64OrNull(column) is { } id ? new PartyId(id) : null;
}
