using System.Collections.Immutable;
using Stoa.Identity.Http;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Requests;
using Stoa.Sharing.Spectrum;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>What happens to an agreement: each step by the table of moves, in the transaction of the caller.</summary>
internal static class AgreementMoves
{
    /// <summary>Says that a signature was put under the terms; no move of the machine.</summary>
    public const string Signing = "signature";

    /// <summary>Says that an undertaking was given; no move of the machine.</summary>
    public const string Undertaking = "undertaking";

    private const string Drafting = "draft";
    private const string Approving = "approve";
    private const Actor Sides = Actor.Provider | Actor.Consumer;
    private static readonly string[] Offers = ["offer", "counter"];

    /// <summary>Makes a draft of terms, from the template of that name or from none.</summary>
    public static Result<GovernedRecord<Agreement>> Draft(
        WriteSession session, AgreementTerms terms, string? template, Acting by, ExchangeTime now)
    {
        var draft = new Agreement
        {
            Terms = terms with { Id = default, Version = 1 }, State = AgreementState.Draft,
            Template = AgreementTemplates.OriginOf(session, template),
        };
        if ((FaultOf(session, draft.Terms, now) ?? NewFaultOf(session, draft.Terms, null)) is { } fault) return fault;
        var mine = by.Party == terms.Consumer
            ? new RecordQuery(Party: by.Party, State: (int)AgreementState.Draft)
            : new RecordQuery(Counterparty: by.Party, State: (int)AgreementState.Draft);
        if (GovernedRecords.Count(session, RecordTypes.Agreement, mine) >= RequestMoves.OpenMax) return RequestMoves.TooManyOpen;
        return GovernedRecords.Insert(
            session, RecordTypes.Agreement, draft, new(Drafting, by.Party, by.Person, CapacityOf(by, terms) | Actor.Proposer), now);
    }

    /// <summary>Makes one move of a party, and what follows of it by itself.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="record">The agreement as it was seen.</param>
    /// <param name="move">Its name in the table.</param>
    /// <param name="by">Who makes it; null for the clock.</param>
    /// <param name="reason">Why.</param>
    /// <param name="now">The time.</param>
    /// <param name="terms">The terms that take the place of those there are, when it is countered.</param>
    public static Result<GovernedRecord<Agreement>> Go(
        WriteSession session, GovernedRecord<Agreement> record, string move, Acting? by, string reason, ExchangeTime now,
        AgreementTerms? terms = null)
    {
        var made = GoOnce(session, record, move, by, reason, now, terms);
        return made.TryGet(out var moved, out var problem) ? GoOn(session, moved, by, now) : problem;
    }

    /// <summary>Puts a signature under exactly the terms whose hash was shown, and makes what follows of it.</summary>
    /// <remarks>Who signs an offer of the other side accepts it; who signs a draft of its own offers it.</remarks>
    public static Result<GovernedRecord<Agreement>> Sign(
        WriteSession session, GovernedRecord<Agreement> record, string hash, Acting by, ExchangeTime now)
    {
        var side = CapacityOf(by, record.Content.Terms) & Sides;
        if (side == 0) return NotASide;
        if (hash != AgreementText.Hash(record.Content.Terms)) return OtherTerms;
        var signable = MakeSignable(session, record, by, now);
        if (!signable.TryGet(out var seen, out var problem)) return problem;
        if (seen.Content.State is not (AgreementState.Offered or AgreementState.Countered or AgreementState.Accepted))
            return GovernedRecords.Refusal(new Move<AgreementState>(seen.Content.State, RefusedMove.NoSuchMove, null,
                "Nothing is to be signed any more."));
        if (!seen.Content.Signatures.Any(one => one.Party == by.Party && one.TermsHash == hash))
        {
            var signature = new Signature(by.Party, by.Person, now, hash);
            var signed = GovernedRecords.Update(
                session, RecordTypes.Agreement, seen, seen.Content with { Signatures = seen.Content.Signatures.Add(signature) },
                new(Signing, by.Party, by.Person, side), now);
            if (!signed.TryGet(out seen, out problem)) return problem;
        }

        return GoOn(session, seen, by, now);
    }

    /// <summary>Keeps an undertaking that the consumer gives.</summary>
    public static Result<GovernedRecord<Agreement>> Undertake(
        WriteSession session, GovernedRecord<Agreement> record, Undertaking given, Acting by, ExchangeTime now)
    {
        var agreement = record.Content;
        if (by.Party != agreement.Terms.Consumer)
            return GovernedRecords.Refusal(new Move<AgreementState>(agreement.State, RefusedMove.NotByThisActor, null,
                "Undertakings are given by the consumer."));
        if (!agreement.Terms.Undertakings.Contains(given.Name))
            return StrictJson.InvalidProperty("name", "The terms do not ask for an undertaking of that name.");
        if (agreement.State is AgreementState.Draft or AgreementState.Expired or AgreementState.Terminated or AgreementState.Closing or
            AgreementState.Closed)
            return GovernedRecords.Refusal(new Move<AgreementState>(agreement.State, RefusedMove.NoSuchMove, null,
                "Nothing is to be undertaken now."));
        var kept = agreement with { Undertakings = [.. agreement.Undertakings.Where(one => one.Name != given.Name), given] };
        var updated = GovernedRecords.Update(
            session, RecordTypes.Agreement, record, kept, new(Undertaking, by.Party, by.Person, Actor.Consumer, given.Name), now);
        return updated.TryGet(out var seen, out var problem) ? GoOn(session, seen, null, now) : problem;
    }

    /// <summary>Every capacity in which somebody acts on an agreement, beside that of who drafted it.</summary>
    public static Actor CapacityOf(Acting by, AgreementTerms terms) =>
        (by.Party == terms.Provider ? Actor.Provider : Actor.None) |
        (by.Party == terms.Consumer ? Actor.Consumer : Actor.None) |
        (by.IsOfficer ? Actor.Officer : Actor.None);

    /// <summary>The moves that somebody could make now.</summary>
    public static IEnumerable<string> Offered(Session session, GovernedRecord<Agreement> record, Acting by, ExchangeTime now) =>
        AgreementStates.Machine.Offered(
            record.Content.State, ActOf(session, record, by), FactsOf(session, record.Content, now));

    /// <summary>What the moves depend on, as it is now.</summary>
    public static AgreementFacts FactsOf(Session session, Agreement agreement, ExchangeTime now)
    {
        var terms = agreement.Terms;
        ImmutableArray<Obligation> obligations = terms.Id.Value == 0
            ? []
            : [.. ObligationMoves.Of(session, terms.Id).Select(record => record.Content).Where(one => !IsMoot(agreement, one))];
        return AgreementFacts.Of(agreement, obligations, FaultOf(session, terms, now) is null,
            !terms.Datasets.Any(dataset => SharedDatasets.IsReviewOverdue(session, dataset, now)), now) with
        {
            IsClosed = ClosedOf(session, terms) is not null,
            IsUnapproved = !agreement.IsApproved && NewAccess.IsGained(session, agreement),
        };
    }

    /// <summary>The first of its datasets that is closed: an agreement on it grants nothing. Null when there is none.</summary>
    public static SharedDataset? ClosedOf(Session session, AgreementTerms terms)
    {
        foreach (var id in terms.Datasets)
            if (SharedDatasets.Find(session, id) is { Level: SpectrumClass.Closed } dataset) return dataset;
        return null;
    }

    /// <summary>Why the terms cannot be kept; null when they can.</summary>
    public static Problem? FaultOf(Session session, AgreementTerms terms, ExchangeTime now)
    {
        var datasets = new Dictionary<DatasetId, GovernedDataset>();
        foreach (var id in terms.Datasets.IsDefault ? [] : terms.Datasets)
        {
            if (datasets.Count > AgreementCheck.DatasetsMax) break;
            if (SharedDatasets.FindToGrant(session, id, terms.Provider, now) is not { } dataset) return NotGranted;
            if (GovernedPlace.Find(session, id) is { } place && dataset.Level > SpectrumClass.Closed &&
                OnwardClauses.Fault(session, place, SpectrumClass.SharedSpecific, [terms.Consumer]) is not null) return NotOnward;
            datasets[id] = SharedDatasets.Governed(session, dataset);
        }

        var faults = AgreementCheck.Check(terms, SharedDatasets.Purposes(session), datasets);
        if (faults.Length > 0) return AgreementText.NotEvaluable(faults[0].Clause, faults[0].Advice);
        return SharedDatasets.MayAct(session, terms.Consumer)
            ? null
            : AgreementText.NotEvaluable("consumer", "The consumer does not take part in this exchange.");
    }

    /// <summary>Lets an agreement go on that a date had suspended, when whoever answers for it has settled the breach.</summary>
    /// <remarks>What a side or the office suspended for reasons of its own stays so until it is resumed by word.</remarks>
    internal static void ResumeAfterBreach(
        WriteSession session, GovernedRecord<Agreement> record, Acting by, string reason, ExchangeTime now)
    {
        if (record.Content.State == AgreementState.Closing) _ = GoOn(session, record, null, now);
        if (record.Content.State != AgreementState.Suspended ||
            GovernedRecords.Acts(session, record.Id).FindLast(one => one.Act.Move == "suspend") is not { Act.Party: null }) return;
        _ = GoOnce(session, record, "resume", by, reason, now);
    }

    /// <summary>Why the terms cannot be said anew: they name a purpose that is retired, and did not before. What was agreed for one runs on.</summary>
    public static Problem? NewFaultOf(Session session, AgreementTerms terms, AgreementTerms? before)
    {
        var purposes = SharedDatasets.Purposes(session);
        foreach (var purpose in terms.Purposes.OrEmpty())
            if (!purposes.IsOffered(purpose) && before?.Purposes.Contains(purpose) != true)
                return AgreementText.NotEvaluable("purposes", $"'{purpose}' is not a purpose that is known here, or it is retired.");
        return null;
    }

    /// <summary>Makes what follows by itself: what both have signed is signed, what the consumer did is verified, what has begun runs.</summary>
    internal static GovernedRecord<Agreement> GoOn(WriteSession session, GovernedRecord<Agreement> record, Acting? by, ExchangeTime now)
    {
        while (true)
        {
            var (move, mover) = record.Content.State switch
            {
                AgreementState.Accepted when by is not null => ("sign", by),
                AgreementState.Signed when by?.Party == record.Content.Terms.Consumer => ("verify", by),
                AgreementState.Verified => ("activate", (Acting?)null),
                AgreementState.Expired or AgreementState.Terminated => ("settle", null),
                AgreementState.Closing => ("close", null),
                _ => ("", null),
            };
            if (move.Length == 0) return record;
            var made = GoOnce(session, record, move, mover, "", now);
            if (!made.TryGet(out var moved, out _) && move == "settle")
                made = GoOnce(session, record, "close", mover, "", now);
            if (!made.TryGet(out moved, out _)) return record;
            record = moved;
        }
    }

    private static Result<GovernedRecord<Agreement>> GoOnce(
        WriteSession session, GovernedRecord<Agreement> record, string move, Acting? by, string reason, ExchangeTime now,
        AgreementTerms? terms = null)
    {
        var before = record.Content.State;
        var agreement = terms is null ? record.Content : record.Content with { Terms = terms, Signatures = [] };
        var act = by is null ? Act.OfClock : ActOf(session, record, by);
        var outcome = AgreementStates.Machine.Go(before, move, act, FactsOf(session, agreement, now));
        if (!outcome.IsMade)
            return outcome.Guard == AgreementStates.DatasetClosed && ClosedOf(session, agreement.Terms) is { } closed
                ? Closed(outcome, closed)
                : GovernedRecords.Refusal(outcome);
        if (move == Approving)
        {
            if (by is null || NewAccess.HasPart(agreement, by)) return Governing.SamePerson(before);
            agreement = agreement with { Approval = new(by.Party, by.Person, now, AgreementText.Hash(agreement.Terms)) };
        }

        agreement = agreement with
        {
            State = outcome.State,
            ActiveSince = outcome.State == AgreementState.Active ? now : agreement.ActiveSince,
        };
        var updated = GovernedRecords.Update(session, RecordTypes.Agreement, record, agreement,
            by is null ? RecordAct.OfClock(move) with { Reason = reason } : new(move, by.Party, by.Person, act.Capacity, reason), now);
        if (!updated.TryGet(out var moved, out var problem)) return problem;
        if (before == AgreementState.Verified && outcome.State == AgreementState.Active)
        {
            NamedByAgreement.Enter(session, agreement, now);
            ObligationMoves.Begin(session, agreement, now);
        }

        if (before is AgreementState.Active or AgreementState.Suspended &&
            outcome.State is AgreementState.Expired or AgreementState.Terminated)
            ObligationMoves.End(session, agreement, now);
        return moved;
    }

    private static Result<GovernedRecord<Agreement>> MakeSignable(
        WriteSession session, GovernedRecord<Agreement> record, Acting by, ExchangeTime now) => record.Content.State switch
    {
        AgreementState.Draft => GoOnce(session, record, "offer", by, "", now),
        AgreementState.Offered or AgreementState.Countered when LastOffer(session, record.Id)?.Party != by.Party =>
            GoOnce(session, record, "accept", by, "", now),
        _ => record,
    };

    private static Act ActOf(Session session, GovernedRecord<Agreement> record, Acting by)
    {
        var acts = GovernedRecords.Acts(session, record.Id);
        var capacity = CapacityOf(by, record.Content.Terms);
        if (acts.Count > 0 && acts[0].Act.Party == by.Party) capacity |= Actor.Proposer;
        var offer = acts.FindLast(one => Offers.Contains(one.Act.Move))?.Act;
        // One person may act for both sides; who offers still does not accept.
        return new(by.Party, capacity, offer is { } last && last.Person == by.Person ? by.Party : offer?.Party);
    }

    private static RecordAct? LastOffer(Session session, long id) =>
        GovernedRecords.Acts(session, id).FindLast(one => Offers.Contains(one.Act.Move))?.Act;

    // What only an incident would have set running is not owed when there is no agreement any more.
    private static bool IsMoot(Agreement agreement, Obligation obligation) =>
        agreement.State is AgreementState.Expired or AgreementState.Terminated or AgreementState.Closing &&
        obligation is { State: ObligationState.Pending, DueAt: null };

    /// <summary>400: a dataset that the provider may not give, or that is not there.</summary>
    internal static Problem NotGranted { get; } = AgreementText.NotEvaluable(
        "datasets", "The provider may not give access to one of these datasets, or it does not exist.");

    // To which agreement the clause belongs is not told to the other side of this one.
    private static Problem NotOnward { get; } = AgreementText.NotEvaluable("datasets",
        "One of these datasets was made from what an agreement does not let be passed on to the consumer (its clause onward).");

    // Both sides know of the dataset: it stands in the terms.
    private static Problem Closed(in Move<AgreementState> refused, SharedDataset dataset) => (GovernedRecords.Refusal(refused) with
    {
        Detail = $"'{dataset.Title}' ({dataset.Slug}) is closed: an agreement on it would grant nothing. Its owner proposes a level first, on " +
            $"the page /datasets/{dataset.Slug}/governance or over the API; when the level is in force, do this again.",
    }).With("dataset", dataset.Slug);

    private static Problem OtherTerms { get; } = new(409, "other-terms", "These are not the terms as they stand",
        "The hash is not that of the terms as they stand now. Read them again, and sign the hash that is shown with them.");

    private static Problem NotASide { get; } = GovernedRecords.Refusal(new Move<AgreementState>(
        AgreementState.Offered, RefusedMove.NotByThisActor, null, "An agreement is signed by its two sides."));
}

/// <summary>Begins, ends and closes agreements when their date comes.</summary>
internal sealed class AgreementClock(SharingOptions options) : IRecordClock
{
    /// <inheritdoc/>
    public RecordKind Kind => RecordKind.Agreement;

    /// <inheritdoc/>
    public void Move(WriteSession session, long id, Instant now)
    {
        if (GovernedRecords.Find(session, RecordTypes.Agreement, id) is not { } record) return;
        var terms = record.Content.Terms;
        var move = record.Content.State switch
        {
            not (AgreementState.Expired or AgreementState.Terminated or AgreementState.Closing or AgreementState.Closed) when terms.ValidTo.CompareTo(now) <= 0 => "expire",
            AgreementState.Active => "suspend",
            _ => null, // What is verified begins, and what is over closes.
        };
        if (move is null) AgreementMoves.GoOn(session, record, null, options.At(now));
        else _ = AgreementMoves.Go(session, record, move, null, "", options.At(now));
    }

    /// <inheritdoc/>
    public Instant? DueOf(WriteSession session, long id) => GovernedRecords.DueOf(session, RecordTypes.Agreement, id);
}
