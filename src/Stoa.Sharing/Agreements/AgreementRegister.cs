using System.Text.Json;
using System.Text.Json.Nodes;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>The agreements: drafted, negotiated, signed and looked at by their two sides, and by the office.</summary>
/// <remarks>Who is no side of an agreement learns nothing of it, and a draft is its maker's alone: it answers like one that is not there.</remarks>
internal sealed class AgreementRegister(Database database, PolicyRefresh refresh, AccessPolicy policy, SharingOptions options, TimeProvider time)
{
    /// <summary>Most agreements of one party that are listed.</summary>
    public const int OfPartyMax = 1000;

    private ExchangeTime Now => options.At(Instant.From(time.GetUtcNow()));

    /// <summary>Makes a draft, and offers it if that is asked for.</summary>
    public async Task<Result<AgreementAnswer>> DraftAsync(Requester requester, AgreementDraft draft, CancellationToken cancellation)
    {
        var outcome = await database.TryWriteAsync<AgreementAnswer>(session =>
        {
            var now = Now;
            var acting = Acting.Of(session, requester, draft.For is { } party ? new PartyId(party) : null);
            if (!acting.TryGet(out var by, out var refusal)) return refusal;
            var read = TermsText.Read(session, draft.Template, draft.Terms, by.Party, null, now);
            if (!read.TryGet(out var terms, out refusal)) return refusal;
            if (by.Party != terms.Provider && by.Party != terms.Consumer) return OfOthers;
            if (by.Party == terms.Consumer && !terms.Datasets.All(dataset => MayKnow(requester, dataset)))
                return AgreementMoves.NotGranted;
            var made = AgreementMoves.Draft(session, terms, draft.Template, by, now);
            if (made.TryGet(out var record, out refusal) && draft.Offer)
                made = AgreementMoves.Go(session, record, "offer", by, "", now);
            return made.TryGet(out record, out refusal) ? AnswerOf(session, record, by, now) : refusal;
        }, cancellation);
        await refresh.ReloadAsync(CancellationToken.None);
        return outcome;
    }

    /// <summary>Makes a move.</summary>
    public Task<Result<AgreementAnswer>> MoveAsync(Requester requester, long id, AgreementMoveDraft draft, CancellationToken cancellation) =>
        ChangeAsync(requester, id, draft.For, (session, record, by, now) =>
        {
            if (draft.Move is not { Length: > 0 } move || move == "sign")
                return StrictJson.InvalidProperty("move", "Name the move. Signatures have an address of their own.");
            if (ReasonFault(draft.Reason) is { } fault) return fault;
            AgreementTerms? terms = null;
            if (move == "counter")
            {
                var read = TermsText.Read(session, null, draft.Terms, by.Party, record.Content.Terms, now);
                if (!read.TryGet(out var countered, out var refusal)) return refusal;
                var before = record.Content.Terms.Datasets;
                if (by.Party == countered.Consumer && !countered.Datasets.All(one => before.Contains(one) || MayKnow(requester, one)))
                    return AgreementMoves.NotGranted;
                var wrong = AgreementMoves.FaultOf(session, countered, now) ??
                    AgreementMoves.NewFaultOf(session, countered, record.Content.Terms);
                if (wrong is not null) return wrong;
                terms = countered;
            }

            return AgreementMoves.Go(session, record, move, by, draft.Reason ?? "", now, terms);
        }, cancellation);

    /// <summary>Puts a signature under the terms whose hash was shown.</summary>
    public Task<Result<AgreementAnswer>> SignAsync(Requester requester, long id, SignatureDraft draft, CancellationToken cancellation) =>
        ChangeAsync(requester, id, draft.For, (session, record, by, now) =>
            AgreementMoves.Sign(session, record, draft.Hash ?? "", by, now), cancellation);

    /// <summary>Keeps an undertaking of the consumer.</summary>
    public Task<Result<AgreementAnswer>> UndertakeAsync(
        Requester requester, long id, UndertakingDraft draft, CancellationToken cancellation) =>
        ChangeAsync(requester, id, draft.For, (session, record, by, now) =>
        {
            if (!Hashes.IsHash(draft.DocumentHash))
                return StrictJson.InvalidProperty("documentHash", "The SHA-256 of the document has 64 hexadecimal digits.");
            if (!Instant.TryParse(draft.ValidUntil, out var until) || until.CompareTo(now) <= 0)
                return StrictJson.InvalidProperty("validUntil", "Name a moment to come, such as 2027-01-31T00:00:00Z.");
            var given = new Undertaking(draft.Name ?? "", draft.DocumentHash!.ToLowerInvariant(), new(until.UnixMicroseconds));
            return AgreementMoves.Undertake(session, record, given, by, now);
        }, cancellation);

    /// <summary>One agreement, for a side of it or the office.</summary>
    public async Task<Result<AgreementAnswer>> FindAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        return Visible(session, requester, id) is { } record
            ? AnswerOf(session, record, ActingOn(session, requester, record), Now)
            : Problem.NotFound();
    }

    /// <summary>The canonical text of the terms, which is signed; and its hash.</summary>
    public async Task<Result<AgreementTerms>> TermsAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        return Visible(session, requester, id) is { } record ? record.Content.Terms : Problem.NotFound();
    }

    /// <summary>The terms as ODRL.</summary>
    public async Task<Result<byte[]>> OdrlAsync(Requester requester, long id, string baseAddress, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        return Visible(session, requester, id) is { } record
            ? new Odrl(baseAddress, dataset => SharedDatasets.Find(session, dataset)?.Slug).Of(record.Content.Terms, SharedDatasets.Purposes(session))
            : Problem.NotFound();
    }

    /// <summary>Its floors of quality, with what was measured.</summary>
    public async Task<Result<FloorList>> QualityAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        if (Visible(session, requester, id) is not { } record) return Problem.NotFound();
        var isOfProvider = requester.IsAdministrator || Acting.Candidates(session, requester).Contains(record.Content.Terms.Provider);
        return new FloorList([.. QualityFindings.Of(session, record.Content).Select(floor => AnswerOf(floor, isOfProvider))]);
    }

    /// <summary>Who would gain access to what by it, and what changed since the terms before.</summary>
    public async Task<Result<AgreementDifference>> DifferenceAsync(Requester requester, long id, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        return Visible(session, requester, id) is { } record
            ? AgreementDifferences.Of(session, record, policy.Snapshot, Now)
            : Problem.NotFound();
    }

    /// <summary>What happened to it, newest first.</summary>
    public async Task<Result<(IReadOnlyList<ActAnswer> Entries, long Total)>> ActsAsync(
        Requester requester, long id, Page page, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        return Visible(session, requester, id) is { } record ? ActsOf(session, record, page) : Problem.NotFound();
    }

    /// <summary>The agreements of the parties for which the requester acts; every one for the office.</summary>
    public async Task<(IReadOnlyList<AgreementAnswer> Entries, long Total)> ListAsync(
        Requester requester, AgreementState? state, Page page, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        var all = Records(session, requester, state, page, out var total);
        return ([.. all.Select(record => AnswerOf(session, record, null, default))], total);
    }

    /// <summary>Everything that is waiting for a signature of one of these parties.</summary>
    internal static IEnumerable<GovernedRecord<Agreement>> ToSign(Session session, IReadOnlyList<PartyId> parties)
    {
        foreach (var record in OfParties(session, parties, null))
        {
            var agreement = record.Content;
            if (agreement.State is not (AgreementState.Offered or AgreementState.Countered or AgreementState.Accepted)) continue;
            var hash = AgreementText.Hash(agreement.Terms);
            if (parties.Any(party => (party == agreement.Terms.Provider || party == agreement.Terms.Consumer) &&
                !agreement.Signatures.Any(one => one.Party == party && one.TermsHash == hash))) yield return record;
        }
    }

    /// <summary>The agreement, if the requester is on a side of it or governs the exchange.</summary>
    internal static GovernedRecord<Agreement>? Visible(Session session, Requester requester, long id)
    {
        if (GovernedRecords.Find(session, RecordTypes.Agreement, id) is not { } record) return null;
        var candidates = Acting.Candidates(session, requester);
        if (requester.IsAdministrator) return record;
        if (!candidates.Contains(record.Content.Terms.Provider) && !candidates.Contains(record.Content.Terms.Consumer)) return null;
        return !IsNeverOffered(session, record) || IsOwnDraft(session, record, candidates) ? record : null;
    }

    /// <summary>Whether an agreement is there that was shown to its other side.</summary>
    internal static bool WasOffered(Session session, long id) =>
        GovernedRecords.Find(session, RecordTypes.Agreement, id) is { } record && !IsNeverOffered(session, record);

    /// <summary>As what the requester looks at an agreement; null where it could be several.</summary>
    internal static Acting? ActingOn(Session session, Requester requester, GovernedRecord<Agreement> record) =>
        Acting.OfSides(session, requester, null, record.Content.Terms.Provider, record.Content.Terms.Consumer)
            .TryGet(out var by, out _) ? by : null;

    /// <summary>One page of what happened to a record, newest first; each revision is one event.</summary>
    internal static (IReadOnlyList<ActAnswer> Entries, long Total) ActsOf<T>(Session session, GovernedRecord<T> record, Page page)
        where T : class => (
        [.. GovernedRecords.Acts(session, record.Id, page).Select(one => new ActAnswer(
            one.Revision, one.Act.Move, one.Act.Party?.Value, one.Act.Person?.Value, one.Act.Reason, one.At))],
        record.Revision);

    /// <summary>The refusal of a reason that is too long; null when it is not.</summary>
    internal static Problem? ReasonFault(string? reason) =>
        reason is { Length: > 0 } ? TextRules.CheckText("reason", reason, AgreementCheck.TextLengthMax) : null;

    /// <summary>The agreement in the form in which it is told.</summary>
    internal static AgreementAnswer AnswerOf(Session session, GovernedRecord<Agreement> record, Acting? by, ExchangeTime now)
    {
        var agreement = record.Content;
        var terms = agreement.Terms;
        var isWhole = by is not null;
        return new(
            record.Id, Words.Of(agreement.State), record.Revision, terms.Version,
            terms.Provider.Value, SharedDatasets.NameOf(session, terms.Provider),
            terms.Consumer.Value, SharedDatasets.NameOf(session, terms.Consumer),
            [.. terms.Datasets.Select(id => SharedDatasets.Find(session, id)?.Slug ?? "")],
            [.. terms.Purposes.Select(purpose => purpose.Value)], terms.ValidFrom, terms.ValidTo, AgreementText.Hash(terms),
            isWhole ? JsonSerializer.SerializeToElement(terms, SharingJson.Wire.AgreementTerms) : null,
            [.. agreement.Signatures.Select(one => new SignatureAnswer(one.Party.Value, one.Person.Value, one.At, one.TermsHash))],
            [.. agreement.Undertakings.Select(one => new UndertakingAnswer(one.Name, one.DocumentHash, one.ValidUntil))],
            agreement.ActiveSince, agreement.Template, by is null ? null : [.. AgreementMoves.Offered(session, record, by, now)], record.Created, record.Modified);
    }

    // When the newest value was observed is of the data themselves: whoever may read them asks there.
    private static FloorAnswer AnswerOf(MeasuredFloor floor, bool isOfProvider)
    {
        var (clause, found) = (floor.Clause, floor.Finding);
        return new(
            Words.Of(clause.Measure), clause.PercentMin,
            clause.Measure == QualityMeasure.Completeness ? clause.Days ?? QualityFloor.DaysDefault : null, clause.EverySeconds,
            floor.Dataset.Slug, found?.Hundredths / 100m, found?.Hundredths is null ? null : found.UnmetSince is null, found?.UnmetSince,
            found?.IsWhole, found?.Measured, isOfProvider ? found?.Newest : null);
    }

    // Whoever may not even know that a dataset is there cannot learn it by asking for an agreement on it.
    private bool MayKnow(Requester requester, DatasetId dataset) => DatasetKnowledge.IsKnownTo(policy, requester, dataset);

    private async Task<Result<AgreementAnswer>> ChangeAsync(
        Requester requester, long id, long? party,
        Func<WriteSession, GovernedRecord<Agreement>, Acting, ExchangeTime, Result<GovernedRecord<Agreement>>> change,
        CancellationToken cancellation)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        var outcome = await database.TryWriteAsync<AgreementAnswer>(session =>
        {
            var now = Now;
            if (Visible(session, requester, id) is not { } record) return Problem.NotFound();
            var terms = record.Content.Terms;
            var acting = Acting.OfSides(session, requester, party is { } named ? new PartyId(named) : null, terms.Provider, terms.Consumer);
            if (!acting.TryGet(out var by, out var refusal)) return refusal;
            var changed = change(session, record, by, now);
            return changed.TryGet(out var moved, out refusal) ? AnswerOf(session, moved, by, now) : refusal;
        }, cancellation);
        await refresh.ReloadAsync(CancellationToken.None);
        return outcome;
    }

    internal static List<GovernedRecord<Agreement>> Records(
        Session session, Requester requester, AgreementState? state, Page page, out long total)
    {
        if (requester.IsAdministrator)
        {
            var query = new RecordQuery(State: (int?)state);
            total = GovernedRecords.Count(session, RecordTypes.Agreement, query);
            return GovernedRecords.List(session, RecordTypes.Agreement, query, page);
        }

        var own = OfParties(session, Acting.Candidates(session, requester), state);
        total = own.Count;
        return [.. own.Skip(page.Skip).Take(page.Limit)];
    }

    internal static List<GovernedRecord<Agreement>> OfParties(Session session, IReadOnlyList<PartyId> parties, AgreementState? state)
    {
        var found = new SortedDictionary<long, GovernedRecord<Agreement>>(Comparer<long>.Create((one, other) => other.CompareTo(one)));
        foreach (var party in parties)
        {
            var most = new Page(OfPartyMax, 0);
            foreach (var record in GovernedRecords.List(session, RecordTypes.Agreement, new(Party: party, State: (int?)state), most))
                found[record.Id] = record;
            foreach (var record in GovernedRecords.List(session, RecordTypes.Agreement, new(Counterparty: party, State: (int?)state), most))
                found[record.Id] = record;
        }

        return [.. found.Values.Where(record => !IsNeverOffered(session, record) || IsOwnDraft(session, record, parties))];
    }

    // A draft that was withdrawn, or whose time has passed, is still its maker's alone.
    private static bool IsNeverOffered(Session session, GovernedRecord<Agreement> record) => record.Content.State switch
    {
        AgreementState.Draft => true,
        AgreementState.Expired or AgreementState.Closed when record.Content.Signatures.IsEmpty =>
            !GovernedRecords.Acts(session, record.Id).Exists(one => one.Act.Move == "offer"),
        _ => false,
    };

    private static bool IsOwnDraft(Session session, GovernedRecord<Agreement> record, IReadOnlyList<PartyId> parties) =>
        GovernedRecords.Acts(session, record.Id) is [var first, ..] && first.Act.Party is { } maker && parties.Contains(maker);

    private static Problem OfOthers { get; } = AgreementText.NotEvaluable(
        "consumer", "You draft agreements of which the party that you act for is the provider or the consumer.");
}
