using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Witnesses;

/// <summary>What became of a checkpoint that a log sent.</summary>
internal enum WitnessVerdict
{
    /// <summary>It goes on from the last one and was cosigned.</summary>
    Cosigned,

    /// <summary>Its origin is that of no log that this witness watches.</summary>
    UnknownLog,

    /// <summary>No key that is trusted for this log signed it.</summary>
    NotSigned,

    /// <summary>The old size is beyond its own.</summary>
    OldSizeTooGreat,

    /// <summary>The old size is not the one that was cosigned last.</summary>
    Stale,

    /// <summary>Nothing shows that it goes on from the last one.</summary>
    Inconsistent,
}

/// <summary>The answer to a checkpoint.</summary>
/// <param name="Verdict">What became of it.</param>
/// <param name="Size">The size that was cosigned last; 0 where none was.</param>
/// <param name="Lines">The cosignatures.</param>
internal sealed record WitnessAnswer(WitnessVerdict Verdict, long Size = 0, string Lines = "");

/// <summary>Watches the logs of others: signs a checkpoint when it goes on from the one that it signed before.</summary>
/// <remarks>
/// C2SP tlog-witness. Whether a checkpoint goes on is looked at in the transaction that keeps it, one at a time on all nodes, so that of two that contradict
/// each other one is signed and never both; and nothing is answered before it is durable.
/// </remarks>
internal sealed partial class Witness
{
    private readonly Dictionary<string, VerifierKey[]> _logs;
    private readonly Dictionary<string, string> _origins;
    private readonly IReadOnlyList<SignerKey> _keys;
    private readonly Database _database;
    private readonly SplitViews _splitViews;
    private readonly TimeProvider _time;
    private readonly ILogger<Witness> _log;
    private readonly Counter<long> _answers;

    internal Witness(
        IReadOnlyList<TrustedLog> logs, IReadOnlyList<SignerKey> keys, Database database, SplitViews splitViews, TimeProvider time,
        IMeterFactory meters, ILogger<Witness> log)
    {
        _logs = logs.GroupBy(one => one.Key.Name).ToDictionary(one => one.Key, one => one.Select(known => known.Key).ToArray(), StringComparer.Ordinal);
        _origins = _logs.Keys.ToDictionary(PathOf, StringComparer.Ordinal);
        (_keys, _database, _splitViews, _time, _log) = (keys, database, splitViews, time, log);
        _answers = meters.Create(new MeterOptions("Stoa.Ledger")).CreateCounter<long>(
            "stoa.witness.answers", description: "Checkpoints of others that this program was asked to cosign, by what became of them.");
    }

    /// <summary>The keys that it signs with; the first is the present one.</summary>
    public IEnumerable<VerifierKey> Keys => _keys.Select(key => key.Verifier);

    /// <summary>Which logs it watches.</summary>
    public IReadOnlyCollection<string> Origins => _logs.Keys;

    /// <summary>What stands for an origin in addresses: SHA-256 in hexadecimal digits (C2SP tlog-witness, monitoring).</summary>
    public static string PathOf(string origin) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(origin)));

    /// <summary>The keys that are trusted for a log; none for one that is not watched.</summary>
    public IReadOnlyList<VerifierKey> KeysOf(string origin) => _logs.GetValueOrDefault(origin, []);

    /// <summary>Looks at a checkpoint, keeps and signs it when it goes on from the last one.</summary>
    public async Task<WitnessAnswer> AddAsync(AddCheckpoint asked, CancellationToken cancellation)
    {
        var answer = await AnswerAsync(asked, cancellation);
        _answers.Add(1, new KeyValuePair<string, object?>("outcome", answer.Verdict.ToString()));
        return answer;
    }

    /// <summary>The last checkpoint that was cosigned, by what stands for its origin; null where there is none.</summary>
    public async Task<byte[]?> LastAsync(string path, CancellationToken cancellation)
    {
        if (!_origins.TryGetValue(path, out var origin)) return null;
        using var read = await _database.ReadAsync(cancellation);
        return Read(read, origin)?.Note;
    }

    private async Task<WitnessAnswer> AnswerAsync(AddCheckpoint asked, CancellationToken cancellation)
    {
        if (!_logs.TryGetValue(asked.Checkpoint.Origin, out var trusted)) return new(WitnessVerdict.UnknownLog);
        if (!trusted.Any(asked.Note.IsSignedBy)) return new(WitnessVerdict.NotSigned);
        if (asked.OldSize > asked.Checkpoint.Size) return new(WitnessVerdict.OldSizeTooGreat);
        Seen? seen;
        // What is refused costs no turn of the writer.
        using (var read = await _database.ReadAsync(cancellation)) seen = Read(read, asked.Checkpoint.Origin);
        var refused = Judge(asked, seen);
        if (refused is null && RepeatedLines(asked, seen) is { } lines) return new(WitnessVerdict.Cosigned, seen!.Size, lines); // It was repeated.
        if (refused is null)
        {
            var now = _time.GetUtcNow();
            var cosigned = _keys.Select(key => key.Sign(asked.Note.Text, now)).ToArray();
            var note = (asked.Note with { Signatures = [.. asked.Note.Signatures.Where(one => IsOf(trusted, one))] }).With(cosigned).ToBytes();
            (refused, seen) = await _database.WriteAsync(session => Keep(session, asked, note, Instant.From(now)), cancellation);
            if (refused is null) return new(WitnessVerdict.Cosigned, asked.Checkpoint.Size, string.Concat(cosigned.Select(one => one.ToLine())));
        }

        if (seen is not null && seen.Size == asked.Checkpoint.Size && seen.Root != asked.Checkpoint.Root)
            await KeepContradictionAsync(asked, seen, cancellation);
        return refused;
    }

    /// <summary>Null when the checkpoint goes on from what was seen last.</summary>
    internal static WitnessAnswer? Judge(AddCheckpoint asked, Seen? seen)
    {
        var (oldSize, oldRoot) = (seen?.Size ?? 0, seen?.Root ?? MerkleTree.EmptyRoot);
        if (asked.OldSize != oldSize) return new(WitnessVerdict.Stale, oldSize);
        return asked.Checkpoint.HasRootOfItsSize && Proofs.IsConsistent(oldSize, oldRoot, asked.Checkpoint.Size, asked.Checkpoint.Root, asked.Proof)
            ? null
            : new(WitnessVerdict.Inconsistent, oldSize);
    }

    private static (WitnessAnswer? Refused, Seen? Seen) Keep(WriteSession session, AddCheckpoint asked, byte[] note, Instant now)
    {
        var seen = Read(session, asked.Checkpoint.Origin);
        if (Judge(asked, seen) is { } refused) return (refused, seen);
        using var write = session.Prepare(Upsert);
        write.Bind("@origin", asked.Checkpoint.Origin).Bind("@size", asked.Checkpoint.Size).BindBlob("@root", asked.Checkpoint.Root.ToBytes())
            .BindBlob("@note", note).Bind("@witnessed", now.UnixMicroseconds).Execute();
        return (null, seen);
    }

    private static Seen? Read(Session session, string origin)
    {
        using var select = session.Prepare(Select);
        select.Bind("@origin", origin);
        return select.Step() ? new(select.Int64(0), new(select.Blob(1)), select.Blob(2).ToArray(), new(select.Int64(3))) : null;
    }

    private string? RepeatedLines(AddCheckpoint asked, Seen? seen)
    {
        if (seen is null || _time.GetUtcNow() - seen.At.ToDateTimeOffset() > WitnessLimits.RepeatedTime) return null;
        if (!SignedNote.TryParse(seen.Note, out var note) || note!.Text != asked.Note.Text) return null; // Read before it is asked.
        var ours = note.Signatures.Where(one => IsOf(Keys, one)).ToArray();
        return ours.Length == _keys.Count ? string.Concat(ours.Select(one => one.ToLine())) : null;
    }

    private async Task KeepContradictionAsync(AddCheckpoint asked, Seen seen, CancellationToken cancellation)
    {
        var view = new SplitView(
            asked.Checkpoint.Origin, asked.Checkpoint.Size, seen.Root, seen.Note, asked.Checkpoint.Root, asked.Note.ToBytes(), "add-checkpoint",
            Instant.From(_time.GetUtcNow()));
        if (await _splitViews.KeepAsync(view, cancellation)) LogContradiction(view.Origin, view.Size);
    }

    private static bool IsOf(IEnumerable<VerifierKey> keys, NoteSignature signature) => keys.Any(key => key.Id == signature.Id && key.Name == signature.Name);

    /// <summary>What was cosigned last of a log.</summary>
    internal sealed record Seen(long Size, MerkleHash Root, byte[] Note, Instant At);

    [LoggerMessage(5201, LogLevel.Error, "The log {Origin} signed two different trees of {Size} entries. Both checkpoints are kept: see /witness/split-views.")]
    private partial void LogContradiction(string origin, long size);
}
