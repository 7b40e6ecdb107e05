using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Logs;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Requests;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>An agreement as it goes into an evidence pack.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Text">Its clauses, for people.</param>
/// <param name="Changes">Its changes, and those of what belongs to it.</param>
internal sealed record GatheredAgreement(long Id, byte[] Text, RecordEvidence Changes);

/// <summary>Gives an agreement away with what proves that it is the one that the log of this exchange has recorded.</summary>
/// <remarks>For whom the agreement is, and with nothing that the addresses of agreements, requests and obligations would not tell him.</remarks>
internal sealed class AgreementEvidence(Database database, LogReader logs, TimeProvider time)
{
    // A level of each is one entry; beyond that the agreement itself says which they are.
    private const int LevelsMax = 50;

    /// <summary>The answer to a request for <see cref="PackAsync"/>.</summary>
    public async Task<Result<FileContentHttpResult>> AnswerAsync(HttpContext http, Requester requester, long id)
    {
        if (!PackAnswers.OlderOf(http.Request).TryGet(out var older, out var problem) ||
            !(await PackAsync(requester, id, older, http.RequestAborted)).TryGet(out var pack, out problem)) return problem;
        return PackAnswers.Send(http, pack, string.Create(CultureInfo.InvariantCulture, $"agreement-{id}-evidence.zip"));
    }

    /// <summary>The pack of an agreement with the request that it came from and what is owed under it.</summary>
    /// <returns>404 for what is absent and what is not for him alike; 409 while no checkpoint covers it; 400 when the older size is beyond the log.</returns>
    public async Task<Result<byte[]>> PackAsync(Requester requester, long id, long? older, CancellationToken cancellation)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        GatheredAgreement agreement;
        List<(string Dataset, long Index)> levels;
        using (var session = await database.ReadAsync(cancellation))
        {
            if (Gather(session, requester, id, isWhole: true) is not { } gathered) return Problem.NotFound();
            agreement = gathered;
            levels = Levels(session, requester, id, Instant.From(time.GetUtcNow()));
        }

        if (!(await PackAnswers.LogAsync(logs, older, cancellation)).TryGet(out var log, out var problem)) return problem;
        var changes = await agreement.Changes.ProveAsync(log, cancellation);
        if (changes.Count == 0) return PackAnswers.NothingProven;
        var about = string.Create(CultureInfo.InvariantCulture,
            $"Agreement {id}: its exact terms, and {changes.Count} changes of it, of the request that it came from and of what is owed under it, as they entered the log of audit.") +
            agreement.Changes.Missing();
        using var bytes = new MemoryStream();
        await using (var pack = await EvidencePackWriter.BeginAsync(bytes, about, time.GetUtcNow(), cancellation))
        {
            await AddToAsync(pack, agreement, changes, cancellation);
            foreach (var (dataset, index) in levels)
                if (await log.ProofAsync(index, cancellation) is { } proof)
                    await pack.AddEntryAsync($"The level that is in force of the dataset {dataset}", proof, cancellation);
            await log.AddToAsync(pack, older, cancellation);
            await pack.EndAsync(cancellation);
        }

        return bytes.ToArray();
    }

    /// <summary>What is kept of an agreement, if the requester may see it.</summary>
    /// <param name="session">Where it is read.</param>
    /// <param name="requester">For whom.</param>
    /// <param name="id">Its id.</param>
    /// <param name="isWhole">With the request that it came from, and what is owed under it.</param>
    internal static GatheredAgreement? Gather(Session session, Requester requester, long id, bool isWhole)
    {
        if (AgreementRegister.Visible(session, requester, id) is not { } record) return null;
        var changes = new RecordEvidence();
        changes.Take(session, RecordKind.Agreement, id);
        if (isWhole)
        {
            // Who owns the dataset by now may not be who gave access.
            if (RequestOf(session, record) is { } request && RequestInbox.Visible(session, requester, request) is not null)
                changes.Take(session, RecordKind.AccessRequest, request);
            foreach (var owed in ObligationMoves.Of(session, new(id))) changes.Take(session, RecordKind.Obligation, owed.Id);
        }

        return new(id, TextOf(session, record), changes);
    }

    /// <summary>Puts it into a pack: the terms, each version of them, and the changes.</summary>
    internal static async Task AddToAsync(
        EvidencePackWriter pack, GatheredAgreement agreement, IReadOnlyList<ProvenChange> changes, CancellationToken cancellation)
    {
        await pack.AddUnprovenAsync("agreement.txt", agreement.Text, cancellation);
        var versions = changes.Where(one => one.Change.Kind == RecordKind.Agreement)
            .Select(one => (one.Proof, Terms: TermsOf(one.Change))).Where(one => IsDigestOf(one.Proof, one.Terms))
            .GroupBy(one => Convert.ToHexStringLower(SHA256.HashData(one.Terms))).ToList();
        for (var number = 0; number < versions.Count; number++)
        {
            // The newest entry of the version says the state in which these terms were left.
            var (proof, terms) = versions[number].Last();
            var title = string.Create(CultureInfo.InvariantCulture, $"The exact terms of agreement {agreement.Id}, {(number == versions.Count - 1 ? "the newest that are here" : "before they were countered")}");
            await pack.AddDigestAsync(title, string.Create(CultureInfo.InvariantCulture, $"terms-{number + 1}.json"), new MemoryStream(terms), proof, cancellation);
        }

        await RecordEvidence.AddToAsync(pack, changes, cancellation);
    }

    // What a person who was erased had written is not what was hashed any more.
    private static bool IsDigestOf(LogProof proof, byte[] terms)
    {
        using var entry = JsonDocument.Parse(proof.Extra);
        return entry.RootElement.TryGetProperty("digest", out var digest) && digest.GetString() == "sha256:" + Convert.ToHexStringLower(SHA256.HashData(terms));
    }

    // As they stand in the record, so that their bytes are those that were hashed, whatever clauses there are by now.
    private static byte[] TermsOf(RecordChange change)
    {
        using var content = JsonDocument.Parse(change.Content);
        return content.RootElement.TryGetProperty("terms", out var terms) ? Encoding.UTF8.GetBytes(terms.GetRawText()) : [];
    }

    private static long? RequestOf(Session session, GovernedRecord<Agreement> record) => GovernedRecords
        .Every(session, RecordTypes.AccessRequest, new(Party: record.Content.Terms.Consumer, State: (int)AccessRequestState.Agreed))
        .FirstOrDefault(one => one.Content.Agreement?.Value == record.Id)?.Id;

    // For those who govern the datasets: others are told the level, not how it came about.
    private static List<(string Dataset, long Index)> Levels(Session session, Requester requester, long id, Instant now)
    {
        var levels = new List<(string, long)>();
        if (AgreementRegister.Visible(session, requester, id) is not { } record || !Reader.Of(session, requester).TryGet(out var reader, out _)) return levels;
        foreach (var dataset in record.Content.Terms.Datasets.Take(LevelsMax))
        {
            if (GovernedPlace.Find(session, dataset) is not { } place || !reader.Governs(place, now) || place.InForce(session) is not { } level) continue;
            if (RecordEvidence.Places(session, RecordKind.Classification, level.Id, 1) is [var index]) levels.Add((place.Slug, index));
        }

        return levels;
    }

    private static byte[] TextOf(Session session, GovernedRecord<Agreement> record)
    {
        var (agreement, text) = (record.Content, new StringBuilder());
        text.Append(CultureInfo.InvariantCulture, $"AGREEMENT {record.Id}\n\nFor people: nothing proves this text. What was signed stands in the file terms-*.json with the SHA-256\n");
        text.Append(CultureInfo.InvariantCulture, $"{AgreementText.Hash(agreement.Terms)}.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"State: {Words.Of(agreement.State)}. Version of the terms: {agreement.Terms.Version}.\n\n");
        foreach (var clause in AgreementWords.Of(session, agreement.Terms))
            text.Append(CultureInfo.InvariantCulture, $"{clause.Title}\n    {clause.Text.ReplaceLineEndings("\n    ")}\n");
        text.Append("\nSignatures\n");
        foreach (var signature in agreement.Signatures)
            text.Append(CultureInfo.InvariantCulture, $"    For {SharedDatasets.NameOf(session, signature.Party)}, {signature.At}, under {signature.TermsHash}\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
