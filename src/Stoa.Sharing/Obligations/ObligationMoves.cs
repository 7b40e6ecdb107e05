using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Records;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Obligations;

/// <summary>What proves that something was done.</summary>
/// <param name="Hash">SHA-256 of the proof, in small hexadecimal digits.</param>
/// <param name="Note">The proof, or where it lies, in words.</param>
internal sealed record Evidence(string Hash, string Note);

/// <summary>What happens to obligations: each step by the table of moves, in the transaction of the caller.</summary>
internal static class ObligationMoves
{
    /// <summary>Longest time that a provider can give to make good a breach.</summary>
    public static readonly TimeSpan CureMax = TimeSpan.FromDays(366);

    /// <summary>Everything owed under an agreement, oldest first.</summary>
    public static List<GovernedRecord<Obligation>> Of(Session session, AgreementId agreement)
    {
        var records = GovernedRecords.Every(session, RecordTypes.Obligation, new(Parent: agreement.Value)).ToList();
        records.Reverse();
        return records;
    }

    /// <summary>Writes down what is owed from the moment at which an agreement first runs.</summary>
    public static void Begin(WriteSession session, Agreement agreement, ExchangeTime now)
    {
        var terms = agreement.Terms;
        for (var i = 0; i < terms.Obligations.Length; i++)
        {
            var clause = terms.Obligations[i];
            Add(session, terms, i, clause.Kind, clause.Suspends, clause.Trigger switch
            {
                ObligationTrigger.Receipt => Later(now, 0, clause.Days),
                ObligationTrigger.EveryMonth => Later(now, 1, clause.Days),
                ObligationTrigger.EndOfAgreement or ObligationTrigger.Incident => null,
                _ => throw new ArgumentOutOfRangeException(nameof(agreement), clause.Trigger, "Unknown trigger."),
            }, now);
        }

        // What is kept after the end is the last that was received: the end of keeping is owed then, whatever it is counted from.
        if (terms.Retention is { } retention)
            Add(session, terms, null,
                retention.Then == AfterRetention.Return ? ObligationKind.Return : ObligationKind.Delete, false, null, now);
    }

    /// <summary>Sets the time running for what is owed at the end.</summary>
    public static void End(WriteSession session, Agreement agreement, ExchangeTime now)
    {
        var terms = agreement.Terms;
        foreach (var record in Of(session, terms.Id))
        {
            if (record.Content is not { State: ObligationState.Pending, DueAt: null } owed) continue;
            if (owed.Clause is { } clause && terms.Obligations[clause].Trigger != ObligationTrigger.EndOfAgreement) continue;
            var due = Later(now, 0, owed.Clause is { } place ? terms.Obligations[place].Days : terms.Retention?.Days ?? 0);
            _ = GoOnce(session, record, owed with { DueAt = due }, terms, "trigger", null, "", now);
        }
    }

    /// <summary>Makes one move, and what follows of it for the agreement.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="record">The obligation as it was seen.</param>
    /// <param name="move">Its name in the table.</param>
    /// <param name="by">Who makes it; null for the clock.</param>
    /// <param name="reason">Why.</param>
    /// <param name="evidence">What proves it, where something is fulfilled or presented.</param>
    /// <param name="now">The time.</param>
    /// <param name="until">By when a breach can be made good.</param>
    public static Result<GovernedRecord<Obligation>> Go(
        WriteSession session, GovernedRecord<Obligation> record, string move, Acting? by, string reason, Evidence? evidence, ExchangeTime now,
        Instant? until = null)
    {
        if (GovernedRecords.Find(session, RecordTypes.Agreement, record.Content.Agreement.Value) is not { } agreement)
            return Problem.NotFound();
        var terms = agreement.Content.Terms;
        var owed = record.Content;
        // What was shown for an earlier time and not accepted proves nothing now.
        if (move is "fulfil" or "present") owed = owed with { EvidenceHash = evidence?.Hash, EvidenceNote = evidence?.Note };
        if (move == "allowCure") owed = owed with { DueAt = until, EvidenceHash = null, EvidenceNote = null };
        if (move == "trigger" && owed is { DueAt: null, Clause: { } clause } &&
            terms.Obligations[clause].Trigger == ObligationTrigger.Incident)
            owed = owed with { DueAt = Later(now, 0, terms.Obligations[clause].Days) };
        var made = GoOnce(session, record, owed, terms, move, by, reason, now);
        if (!made.TryGet(out var moved, out var problem)) return problem;
        if (record.Content.State is ObligationState.Due) AddNext(session, agreement.Content, moved.Content, now);
        if (moved.Content is { State: ObligationState.Overdue or ObligationState.Breached, Suspends: true } &&
            agreement.Content.State == AgreementState.Active)
            _ = AgreementMoves.Go(session, agreement, "suspend", null, "An obligation is overdue.", now);
        else if (by is not null && IsOfBreach(record.Content.State)) AgreementMoves.ResumeAfterBreach(session, agreement, by, reason, now);
        else if (agreement.Content.State == AgreementState.Closing) AgreementMoves.GoOn(session, agreement, null, now);
        return moved;
    }

    private static bool IsOfBreach(ObligationState state) =>
        state is ObligationState.Breached or ObligationState.Presented or ObligationState.Curing;

    /// <summary>Every capacity in which somebody acts on an obligation.</summary>
    public static Actor CapacityOf(Acting by, AgreementTerms terms)
    {
        var capacity = AgreementMoves.CapacityOf(by, terms);
        return (capacity & Actor.Consumer) != 0 ? capacity | Actor.Concerned : capacity;
    }

    /// <summary>The moves that somebody could make now; evidence can be added with the move.</summary>
    public static IEnumerable<string> Offered(Obligation owed, AgreementTerms terms, Acting by, ExchangeTime now)
    {
        var mayBeTriggered = owed.DueAt is not null ||
            (owed.Clause is { } clause && terms.Obligations[clause].Trigger == ObligationTrigger.Incident);
        return ObligationStates.Machine.Offered(owed.State, new(by.Party, CapacityOf(by, terms), terms.Consumer),
            FactsOf(owed, "", now) with { IsTriggered = mayBeTriggered, HasEvidence = true, HasReason = true, HasDate = true });
    }

    private static Result<GovernedRecord<Obligation>> GoOnce(
        WriteSession session, GovernedRecord<Obligation> record, Obligation owed, AgreementTerms terms, string move, Acting? by,
        string reason, ExchangeTime now)
    {
        var act = by is null ? Act.OfClock : new Act(by.Party, CapacityOf(by, terms), terms.Consumer);
        var outcome = ObligationStates.Machine.Go(owed.State, move, act, FactsOf(owed, reason, now));
        if (!outcome.IsMade) return GovernedRecords.Refusal(outcome);
        return GovernedRecords.Update(session, RecordTypes.Obligation, record, owed with { State = outcome.State },
            by is null ? RecordAct.OfClock(move) : new(move, by.Party, by.Person, act.Capacity, reason), now);
    }

    private static ObligationFacts FactsOf(Obligation owed, string reason, ExchangeTime now) => new(
        owed.DueAt is not null, owed.DueAt is { } due && due.CompareTo(now) < 0, owed.EvidenceHash is not null, reason.Trim().Length > 0,
        owed.DueAt is { } ahead && ahead.CompareTo(now) > 0 && ahead.CompareTo(Instant.From(now.Now.ToDateTimeOffset() + CureMax)) <= 0);

    private static void Add(
        WriteSession session, AgreementTerms terms, int? clause, ObligationKind kind, bool suspends, Instant? dueAt, ExchangeTime now)
    {
        var owed = new Obligation(default, terms.Id, kind, ObligationState.Pending, dueAt, suspends, Clause: clause);
        var made = GovernedRecords.Insert(session, RecordTypes.Obligation, owed, RecordAct.OfClock("owe"), now);
        if (made.TryGet(out var record, out _) && dueAt is not null)
            _ = GoOnce(session, record, record.Content, terms, "trigger", null, "", now);
    }

    // The next month's is written down when this month's is done or missed, so that there is one at a time. Months are counted from the
    // moment at which the agreement first ran: counted from the date before, a 31st would become a 28th for good.
    private static void AddNext(WriteSession session, Agreement agreement, Obligation done, ExchangeTime now)
    {
        var terms = agreement.Terms;
        if (agreement.State is not (AgreementState.Active or AgreementState.Suspended) || done is not { Clause: { } place }) return;
        var clause = terms.Obligations[place];
        if (clause.Trigger != ObligationTrigger.EveryMonth) return;
        var before = Of(session, terms.Id).Where(one => one.Content.Clause == place).ToList();
        var next = Later(before[0].Created, before.Count + 1, 0);
        if (next.CompareTo(terms.ValidTo) <= 0)
            Add(session, terms, place, clause.Kind, clause.Suspends, Later(next, 0, clause.Days), now);
    }

    private static Instant Later(Instant from, int months, int days)
    {
        var time = from.ToDateTimeOffset();
        return time.Year + ((days + (months * 31)) / 365) >= DateTimeOffset.MaxValue.Year - 1
            ? Instant.Max
            : Instant.From(time.AddMonths(months).AddDays(days));
    }
}

/// <summary>Makes obligations overdue when their date has passed.</summary>
internal sealed class ObligationClock(SharingOptions options) : IRecordClock
{
    /// <inheritdoc/>
    public RecordKind Kind => RecordKind.Obligation;

    /// <inheritdoc/>
    public void Move(WriteSession session, long id, Instant now)
    {
        if (GovernedRecords.Find(session, RecordTypes.Obligation, id) is not { } record) return;
        var move = record.Content.State == ObligationState.Pending ? "trigger" : "lapse";
        _ = ObligationMoves.Go(session, record, move, null, "", null, options.At(now));
    }
}
