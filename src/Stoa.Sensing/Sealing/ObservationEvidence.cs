using System.Globalization;
using System.Runtime.CompilerServices;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Writing;
using Stoa.Sensing.Observations;
using Stoa.Sharing.Logs;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Sealing;

/// <summary>Which observations of a series are to be proven.</summary>
/// <param name="Series">The series.</param>
/// <param name="Dataset">Its dataset, which who asks sees whole.</param>
/// <param name="From">phenomenonTime from here; null: the newest ones.</param>
/// <param name="Until">phenomenonTime before here; null: no bound.</param>
/// <param name="Older">Size of a checkpoint of the log of audit that who asks has kept; null: none.</param>
internal sealed record EvidenceQuestion(SeriesKey Series, DatasetId Dataset, Instant? From, Instant? Until, long? Older);

/// <summary>Observations with their proofs, ready to be written.</summary>
/// <param name="Question">What was asked.</param>
/// <param name="Observations">In the order of their ids.</param>
/// <param name="Blocks">The proofs of the entries of the log, by their index.</param>
/// <param name="Log">The log under the checkpoint of the proofs; null while there is none.</param>
internal sealed record PreparedEvidence(
    EvidenceQuestion Question, IReadOnlyList<ProvenObservation> Observations, IReadOnlyDictionary<long, LogProof> Blocks, EvidenceLog? Log)
{
    /// <summary>How many of them have a proof.</summary>
    public int Proven { get; } = Observations.Count(one => one.Outcome == SealOutcome.Proven);
}

/// <summary>Gives observations away with what proves that they are those that the log of this exchange has sealed.</summary>
internal sealed class ObservationEvidence(Database database, SealedProofs proofs, LogReader logs, TimeProvider time)
{
    /// <summary>Observations when no time is named.</summary>
    public const int NewestMax = 1_000;

    // The primary key holds a series together in the order of time.
    private const string ReadIds =
        """
        SELECT   o.id
        FROM     observation o
        WHERE    o.datastream_id = ?1 AND o.phenomenon_start >= ?2 AND o.phenomenon_start < ?3
        ORDER BY o.phenomenon_start DESC, o.id DESC
        LIMIT    ?4
        """;

    private const string IsOfDataset =
        """
        SELECT 1
        FROM   datastream
        WHERE  id = ?1 AND dataset_id = ?2
        """;

    /// <summary>Finds the observations and their proofs.</summary>
    /// <returns>404 when the series is not one of the dataset, 422 when they are too many, 400 when the older size is beyond the log, 503 when the log cannot be shown.</returns>
    public async Task<Result<PreparedEvidence>> PrepareAsync(EvidenceQuestion question, CancellationToken cancellation)
    {
        if (!(await IdsAsync(question, cancellation)).TryGet(out var ids, out var problem)) return problem;
        if (!(await proofs.ProveAsync(question.Dataset, ids, cancellation)).TryGet(out var observations, out problem)) return problem;
        var log = await EvidenceLog.NowAsync(logs, LogName.Audit, cancellation);
        if (log is null && logs.IsWithheld(LogName.Audit)) return LogEndpoints.LogWithheld(LogName.Audit);
        var size = log?.Size ?? 0;
        if (question.Older > size) return PackAnswers.BeyondLog(size);
        var blocks = new Dictionary<long, LogProof>();
        foreach (var entry in observations.Where(one => one.Outcome == SealOutcome.Proven).Select(one => one.Entry).Distinct())
            if (log is not null && await log.ProofAsync(entry, cancellation) is { } proof) blocks[entry] = proof;
        // An entry that is not under a checkpoint yet will be soon.
        observations = [.. observations.Select(one => one.Outcome == SealOutcome.Proven && !blocks.ContainsKey(one.Entry) ? new(one.Id, SealOutcome.NotSealedYet) : one)];
        return new PreparedEvidence(question, observations, blocks, log);
    }

    /// <summary>Writes the pack.</summary>
    public async Task WriteAsync(PreparedEvidence evidence, string title, Stream target, CancellationToken cancellation)
    {
        var about = string.Create(CultureInfo.InvariantCulture,
            $"{evidence.Proven} observations of {evidence.Question.Series} ({title}), each with the proof that it is the one that was sealed in the log of audit.");
        if (Unproven(evidence) is { Length: > 0 } rest) about += " Of others that were asked for there is no proof: " + rest + ".";
        await using var pack = await EvidencePackWriter.BeginAsync(target, about, time.GetUtcNow(), cancellation);
        await pack.AddMembersAsync("Each observation is one of those that were sealed", "observations.jsonl", Members(evidence, cancellation), cancellation);
        if (evidence.Log is { } log) await log.AddToAsync(pack, evidence.Question.Older, cancellation);
        await pack.EndAsync(cancellation);
    }

    private static string Unproven(PreparedEvidence evidence)
    {
        int Count(SealOutcome outcome) => evidence.Observations.Count(one => one.Outcome == outcome);
        return string.Join(", ", new[]
        {
            (Count(SealOutcome.NotSealedYet), "not sealed yet"), (Count(SealOutcome.ChangedSince), "changed since they were sealed"),
            (Count(SealOutcome.OthersMissing), "sealed beside others that are gone"),
        }.Where(one => one.Item1 > 0).Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Item1} {one.Item2}")));
    }

#pragma warning disable CS1998 // What is read is in memory already; the writer takes it as it comes.
    private static async IAsyncEnumerable<EvidenceMember> Members(PreparedEvidence evidence, [EnumeratorCancellation] CancellationToken cancellation)
#pragma warning restore CS1998
    {
        foreach (var one in evidence.Observations)
        {
            if (one.Outcome != SealOutcome.Proven) continue;
            cancellation.ThrowIfCancellationRequested();
            yield return new(one.Text, evidence.Blocks[one.Entry], one.Index, one.Proof!); // It is proven.
        }
    }

    private async Task<Result<List<long>>> IdsAsync(EvidenceQuestion question, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        using (var known = session.Prepare(IsOfDataset))
            if (!known.Bind(1, question.Series.Value).Bind(2, question.Dataset.Value).Step()) return Problem.NotFound();
        var most = question.From is null ? NewestMax : SealedProofs.ObservationsMax + 1;
        using var rows = session.Prepare(ReadIds);
        rows.Bind(1, question.Series.Value).Bind(2, (question.From ?? Instant.Min).UnixMicroseconds)
            .Bind(3, (question.Until ?? Instant.Max).UnixMicroseconds).Bind(4, most);
        var ids = new List<long>();
        while (rows.Step()) ids.Add(rows.Int64(0));
        return ids.Count > SealedProofs.ObservationsMax ? Problems.TooManyToProve(SealedProofs.ObservationsMax) : ids;
    }
}
