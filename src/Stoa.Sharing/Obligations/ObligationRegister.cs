using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Obligations;

/// <summary>What is owed under agreements: seen and moved by the two sides, and by the office.</summary>
internal sealed class ObligationRegister(Database database, PolicyRefresh refresh, SharingOptions options, TimeProvider time)
{
    private ExchangeTime Now => options.At(Instant.From(time.GetUtcNow()));

    /// <summary>Makes a move, with evidence where something is fulfilled.</summary>
    public async Task<Result<ObligationAnswer>> MoveAsync(
        Requester requester, long id, ObligationMoveDraft draft, CancellationToken cancellation)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        if (FaultOf(draft) is { } fault) return fault;
        var outcome = await database.TryWriteAsync<ObligationAnswer>(session =>
        {
            var now = Now;
            if (Visible(session, requester, id) is not var (record, terms)) return Problem.NotFound();
            PartyId? named = draft.For is { } party ? new(party) : null;
            var acting = Acting.OfSides(session, requester, named, terms.Provider, terms.Consumer);
            if (!acting.TryGet(out var by, out var refusal)) return refusal;
            var moved = ObligationMoves.Go(session, record, draft.Move!, by, draft.Reason ?? "", EvidenceOf(draft), now,
                Instant.TryParse(draft.Until, out var until) ? new Instant(until.UnixMicroseconds) : null);
            return moved.TryGet(out var kept, out refusal) ? AnswerOf(kept, terms, by, now) : refusal;
        }, cancellation);
        await refresh.ReloadAsync(CancellationToken.None);
        return outcome;
    }

    /// <summary>One obligation, for a side of its agreement or the office.</summary>
    public async Task<Result<ObligationAnswer>> FindAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        if (Visible(session, requester, id) is not var (record, terms)) return Problem.NotFound();
        return AnswerOf(record, terms,
            Acting.OfSides(session, requester, null, terms.Provider, terms.Consumer).TryGet(out var by, out _) ? by : null, Now);
    }

    /// <summary>What happened to it, newest first.</summary>
    public async Task<Result<(IReadOnlyList<ActAnswer> Entries, long Total)>> ActsAsync(
        Requester requester, long id, Page page, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        return Visible(session, requester, id) is var (record, _) ? AgreementRegister.ActsOf(session, record, page) : Problem.NotFound();
    }

    /// <summary>What is owed under one agreement, or under all of the requester's; what is due first comes first.</summary>
    /// <returns>404 for an agreement that the requester may not see.</returns>
    public async Task<Result<(IReadOnlyList<ObligationAnswer> Entries, long Total)>> ListAsync(
        Requester requester, long? agreement, ObligationState? state, Page page, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        if (agreement is { } id)
        {
            if (AgreementRegister.Visible(session, requester, id) is not { } record) return Problem.NotFound();
            return Paged([.. ObligationMoves.Of(session, new(id)).Select(one => (one, record.Content.Terms))], state, page);
        }

        if (!requester.IsAdministrator)
            return Paged([.. AgreementRegister.OfParties(session, Acting.Candidates(session, requester), null)
                .SelectMany(one => ObligationMoves.Of(session, new(one.Id)).Select(owed => (owed, one.Content.Terms)))], state, page);
        var terms = GovernedRecords.All(session, RecordTypes.Agreement).ToDictionary(one => one.Id, one => one.Content.Terms);
        return Paged([.. GovernedRecords.Every(session, RecordTypes.Obligation, new(State: (int?)state))
            .Where(one => terms.ContainsKey(one.Content.Agreement.Value)).Select(one => (one, terms[one.Content.Agreement.Value]))], state, page);
    }

    /// <summary>The obligation in the form in which it is told.</summary>
    internal static ObligationAnswer AnswerOf(GovernedRecord<Obligation> record, AgreementTerms terms, Acting? by, ExchangeTime now)
    {
        var owed = record.Content;
        return new(
            record.Id, owed.Agreement.Value, Words.Of(owed.Kind), Words.Of(owed.State), terms.Consumer.Value, owed.DueAt, owed.Suspends,
            owed.Clause is { } clause ? terms.Obligations[clause].Evidence : null, owed.EvidenceHash, owed.EvidenceNote,
            by is null ? null : [.. ObligationMoves.Offered(owed, terms, by, now)], record.Created, record.Modified);
    }

    private static (GovernedRecord<Obligation> Record, AgreementTerms Terms)? Visible(Session session, Requester requester, long id) =>
        GovernedRecords.Find(session, RecordTypes.Obligation, id) is { } record &&
        AgreementRegister.Visible(session, requester, record.Content.Agreement.Value) is { } agreement
            ? (record, agreement.Content.Terms)
            : null;

    private static Result<(IReadOnlyList<ObligationAnswer> Entries, long Total)> Paged(
        List<(GovernedRecord<Obligation> Record, AgreementTerms Terms)> all, ObligationState? state, Page page)
    {
        var found = all.Where(one => state is null || one.Record.Content.State == state)
            .OrderBy(one => (one.Record.Content.DueAt ?? Instant.Max).UnixMicroseconds).ThenBy(one => one.Record.Id).ToList();
        return (
            (IReadOnlyList<ObligationAnswer>)[.. found.Skip(page.Skip).Take(page.Limit).Select(one => AnswerOf(one.Record, one.Terms, null, default))],
            (long)found.Count);
    }

    private static Evidence? EvidenceOf(ObligationMoveDraft draft)
    {
        var note = draft.EvidenceNote?.Trim() ?? "";
        if (draft.EvidenceHash is { Length: > 0 } hash) return new(hash.ToLowerInvariant(), note);
        return note.Length > 0 ? new(Hashes.Of(note), note) : null;
    }

    private static Problem? FaultOf(ObligationMoveDraft draft) => draft switch
    {
        { Move: null or "" } => StrictJson.InvalidProperty("move", "Name the move."),
        { EvidenceHash.Length: > 0 } when !Hashes.IsHash(draft.EvidenceHash) =>
            StrictJson.InvalidProperty("evidenceHash", "The SHA-256 of the proof has 64 hexadecimal digits."),
        { EvidenceNote.Length: > AgreementCheck.TextLengthMax } =>
            StrictJson.InvalidProperty("evidenceNote", $"At most {AgreementCheck.TextLengthMax} characters.")
                .With("limit", AgreementCheck.TextLengthMax),
        { Until: { } until } when !Instant.TryParse(until, out _) =>
            StrictJson.InvalidProperty("until", "Name a moment, such as 2027-01-31T00:00:00Z."),
        _ => AgreementRegister.ReasonFault(draft.Reason),
    };
}
