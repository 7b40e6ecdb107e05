using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Stoa.Identity.Credentials;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Batches;
using Stoa.Sharing.Logs;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>Gives the record of an access away with what proves that it is the one that the log of this exchange has recorded.</summary>
/// <remarks>
/// For whom the record is; with the agreement and the decision for those alone who may see these. What the accesses of a row have in common is hashed as
/// a whole: who may not be told all of its datasets gets no proof, as the digest would let them be guessed.
/// </remarks>
internal sealed class ExchangeEvidence(
    Database database, Exchanges exchanges, DecisionJournal journal, LogReader logs, TimeProvider time)
{
    private const string AccessesFile = "accesses.jsonl";
    private const string DecisionsFile = "decisions.jsonl";

    /// <summary>The answer to a request for <see cref="PackAsync"/>.</summary>
    public async Task<Result<FileContentHttpResult>> AnswerAsync(HttpContext http, Requester requester, long id)
    {
        if (!PackAnswers.OlderOf(http.Request).TryGet(out var older, out var problem) ||
            !(await PackAsync(requester, new(id), older, http.RequestAborted)).TryGet(out var pack, out problem)) return problem;
        return PackAnswers.Send(http, pack, string.Create(CultureInfo.InvariantCulture, $"exchange-{id}-evidence.zip"));
    }

    /// <summary>The pack of a record.</summary>
    /// <returns>404 for what is absent and what is not for him alike; 403 when he may see a part of it only; 409 when there is no proof (yet, or any
    /// more); 400 when the older size is beyond the log.</returns>
    public async Task<Result<byte[]>> PackAsync(Requester requester, ExchangeId id, long? older, CancellationToken cancellation)
    {
        if (!(await exchanges.FindAsync(requester, id, cancellation)).TryGet(out var found, out var problem)) return problem;
        if (found.Named is { } named && found.Record.Datasets.Any(dataset => !named.Contains(dataset))) return NeedsTheWhole;
        var kept = await DecisionAsync(requester, found.Record, cancellation);
        BatchProof? proof, ofDecision;
        GatheredAgreement? agreement;
        using (var session = await database.ReadAsync(cancellation))
        {
            proof = ExchangeProofs.Find(session, id);
            ofDecision = kept is null ? null : DecisionBatch.Find(session, kept);
            agreement = found.Record.Agreement is { } number ? AgreementEvidence.Gather(session, requester, number, isWhole: false) : null;
        }

        if (proof is null) return NoProof;
        if (!(await PackAnswers.LogAsync(logs, older, cancellation)).TryGet(out var log, out problem)) return problem;
        if (await log.ProofAsync(proof.Index, cancellation) is not { } batch) return PackAnswers.NothingProven;
        var changes = agreement is null ? [] : await agreement.Changes.ProveAsync(log, cancellation);
        var decisions = ofDecision is null ? null : await log.ProofAsync(ofDecision.Index, cancellation);
        using var bytes = new MemoryStream();
        await using (var pack = await EvidencePackWriter.BeginAsync(bytes, AboutOf(found.Record, kept) + agreement?.Changes.Missing(), time.GetUtcNow(), cancellation))
        {
            await pack.AddMembersAsync("The access is one of those that were recorded", AccessesFile, MemberAsync(proof, batch), cancellation);
            await pack.AddDetailAsync("Who had access, under what, and what was asked", "record.json", ExchangeBatch.Common(found.Record), AccessesFile, "common", cancellation);
            if (kept is not null) await AddDecisionAsync(pack, kept, ofDecision, decisions, cancellation);

            if (agreement is not null) await AgreementEvidence.AddToAsync(pack, agreement, changes, cancellation);
            await log.AddToAsync(pack, older, cancellation);
            await pack.EndAsync(cancellation);
        }

        return bytes.ToArray();
    }

    // Whoever may not see the decision itself sees its name in the record.
    private async Task<KeptDecision?> DecisionAsync(Requester requester, ExchangeRecord record, CancellationToken cancellation)
    {
        if (record.Decision is not { } name) return null;
        await journal.StoreAsync(cancellation);
        return await journal.FindAsync(name, cancellation) is { } kept && kept.IsFor(requester) ? kept : null;
    }

    // Whether it is not kept or not for him is not told apart.
    private static string AboutOf(ExchangeRecord record, KeptDecision? kept) => string.Create(CultureInfo.InvariantCulture,
        $"The record of the access {record.Id}: at {record.Id.At}, {record.Rows} rows, {record.Bytes} bytes. The answer that was given has the SHA-256 {record.Digest}: a file with this digest is that answer.") +
        (kept is null && record.Decision is not null
            ? " The decision that the record names is not here: decisions are for who asked and for administrators, and the last of them are kept; of one that is deleted there is no proof any more."
            : "");

    private static async Task AddDecisionAsync(
        EvidencePackWriter pack, KeptDecision kept, BatchProof? proof, LogProof? batch, CancellationToken cancellation)
    {
        if (proof is not null && batch is not null)
        {
            await pack.AddMembersAsync("The decision is one of those that were kept", DecisionsFile, MemberAsync(proof, batch), cancellation);
            await pack.AddDetailAsync("What was decided, and why", "decision.json", kept.Text, DecisionsFile, "sha256", cancellation);
            await pack.AddUnprovenAsync("decision.txt", InWords(kept, "Nothing proves this text; decision.json, of which it is made, is proven. decisions.jsonl names the decision as record.json does."), cancellation);
            return;
        }

        await pack.AddUnprovenAsync("decision.json", kept.Text, cancellation);
        await pack.AddUnprovenAsync("decision.txt", InWords(kept, proof is null
            ? "Nothing proves this text, nor decision.json: the decision was kept before decisions entered the log. record.json, which is proven, names it."
            : "Nothing proves this text, nor decision.json: no checkpoint of the log covers the decision yet. Ask again in a moment for a pack that proves it."), cancellation);
    }

#pragma warning disable CS1998 // It is in memory already; the writer takes it as it comes.
    private static async IAsyncEnumerable<EvidenceMember> MemberAsync(BatchProof proof, LogProof batch)
#pragma warning restore CS1998
    {
        yield return new(proof.Leaf, batch, proof.Position, proof.Path);
    }

    private static byte[] InWords(KeptDecision kept, string proven)
    {
        var (record, text) = (kept.Record, new StringBuilder());
        text.Append(CultureInfo.InvariantCulture, $"The decision {DecisionAnswers.IdOf(record.Request, record.Decision.Version)}: {Words.Of(record.Decision.Outcome)}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"For people. {proven}\nAn administrator of the exchange can make the decision again from its record and compare every byte.\n");
        foreach (var reason in record.Decision.Reasons.Select(reason => ReasonAnswer.Of(reason, "en")))
            text.Append(CultureInfo.InvariantCulture, $"\n{reason.Code} (ISO 37156, {reason.Clause})\n    {reason.Text}\n    {reason.Remedy}\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static Problem NeedsTheWhole { get; } = new(403, "proof-needs-the-whole", "A proof needs the whole record",
        "You see a part of this record: some of its datasets are not yours. A proof is about a record as it was made and would show all of it. Ask the data office for the proof.");

    private static Problem NoProof { get; } = new(409, "no-proof", "There is no proof of it",
        "The record is older than the log, or others that were entered with it are removed, as exchanges.keepDays says: what is left cannot be compared with the log.");
}
