using System.Collections.Immutable;
using Stoa.Identity.Http;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Records;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Obligations;

/// <summary>What proves that something was done.</summary>
/// <param name="Hash">SHA-256 of the proof, in small hexadecimal digits.</param>
/// <param name="Note">The proof, or where it lies, in words.</param>
internal sealed record Evidence(string Hash, string Note);

/// <summary>Who stands on which side of an obligation.</summary>
/// <param name="Creditors">To whom it is owed: the provider, or the owner of what was held.</param>
/// <param name="Debtor">Who owes it.</param>
/// <param name="Terms">Under which it is owed; null after a custody.</param>
internal sealed record ObligationSides(ImmutableArray<PartyId> Creditors, PartyId Debtor, AgreementTerms? Terms)
{
    public static ObligationSides Of(AgreementTerms terms) => new([terms.Provider], terms.Consumer, terms);

    /// <summary>After a custody: the present owner and the former custodian; null when there is no such dataset.</summary>
    public static ObligationSides? Of(Session session, CustodyDuty custody) => GovernedPlace.Find(session, custody.Dataset) is { } place
        ? new([.. place.Assignments.Where(role => role is { Role: DataRole.Owner, State: RoleAssignmentState.Active }).Select(role => role.Party)],
            custody.Custodian, null)
        : null;

    /// <summary>The sides of any obligation; null when what it rests on is not there.</summary>
    public static ObligationSides? Of(Session session, Obligation owed) => owed.Custody is { } custody
        ? Of(session, custody)
        : GovernedRecords.Find(session, RecordTypes.Agreement, owed.Agreement.Value) is { } agreement ? Of(agreement.Content.Terms) : null;

    /// <summary>Every capacity in which somebody acts here.</summary>
    public Actor CapacityOf(Acting by) =>
        (Creditors.Contains(by.Party) ? Actor.Provider : Actor.None) |
        (by.Party == Debtor ? Actor.Consumer | Actor.Concerned : Actor.None) |
        (by.IsOfficer ? Actor.Officer : Actor.None);

    /// <summary>What proves that it was done, in words.</summary>
    public string? EvidenceOf(Obligation owed) => owed.Custody is not null
        ? "that the data were given back or deleted"
        : owed.Clause is { } clause ? Terms?.Obligations[clause].Evidence : null;
}

/// <summary>What happens to obligations: each step by the table of moves, in the transaction of the caller.</summary>
internal static class ObligationMoves
{
    /// <summary>Longest time that a provider can give to make good a breach.</summary>
    public static readonly TimeSpan CureMax = TimeSpan.FromDays(366);

    /// <summary>Days within which data that were held are given back or deleted.</summary>
    public const int CustodyDays = 30;

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
            _ = GoOnce(session, record, owed with { DueAt = due }, ObligationSides.Of(terms), "trigger", null, "", now);
        }
    }

    /// <summary>Writes down that a custodian gives back or deletes what it held; once for each role.</summary>
    public static void BeginReturn(WriteSession session, RoleAssignment role, Instant now)
    {
        if (GovernedRecords.Count(session, RecordTypes.Obligation, new(Parent: role.Id.Value)) > 0) return;
        var custody = new CustodyDuty(role.Id.Value, role.Dataset, role.Party);
        if (ObligationSides.Of(session, custody) is { } sides)
            Add(session, sides, new(default, default, ObligationKind.Return, ObligationState.Pending, Later(now, 0, CustodyDays), false, Custody: custody), now);
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
        var owed = record.Content;
        if (ObligationSides.Of(session, owed) is not { } sides) return Problem.NotFound();
        // What was shown for an earlier time and not accepted proves nothing now.
        if (move is "fulfil" or "present") owed = owed with { EvidenceHash = evidence?.Hash, EvidenceNote = evidence?.Note };
        if (move == "allowCure") owed = owed with { DueAt = until, EvidenceHash = null, EvidenceNote = null };
        if (move == "trigger" && owed is { DueAt: null, Clause: { } clause } && sides.Terms is { } terms &&
            terms.Obligations[clause].Trigger == ObligationTrigger.Incident)
            owed = owed with { DueAt = Later(now, 0, terms.Obligations[clause].Days) };
        var made = GoOnce(session, record, owed, sides, move, by, reason, now);
        if (!made.TryGet(out var moved, out var problem)) return problem;
        if (GovernedRecords.Find(session, RecordTypes.Agreement, owed.Agreement.Value) is not { } agreement) return moved;
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

    /// <summary>The moves that somebody could make now; evidence can be added with the move.</summary>
    public static IEnumerable<string> Offered(Obligation owed, ObligationSides sides, Acting by, Instant now)
    {
        var mayBeTriggered = owed.DueAt is not null ||
            (owed.Clause is { } clause && sides.Terms?.Obligations[clause].Trigger == ObligationTrigger.Incident);
        return ObligationStates.Machine.Offered(owed.State, new(by.Party, sides.CapacityOf(by), sides.Debtor),
            FactsOf(owed, "", now) with { IsTriggered = mayBeTriggered, HasEvidence = true, HasReason = true, HasDate = true })
            .Where(move => !DecidesForItself(owed, sides, move, by));
    }

    // Whoever may act for the one who owes does not decide about what it owes, in whichever other capacity.
    private static bool DecidesForItself(Obligation owed, ObligationSides sides, string move, Acting by) =>
        by.Parties.Contains(sides.Debtor) && Governing.IsByAnother(ObligationStates.Machine, owed.State, move);

    private static Result<GovernedRecord<Obligation>> GoOnce(
        WriteSession session, GovernedRecord<Obligation> record, Obligation owed, ObligationSides sides, string move, Acting? by,
        string reason, Instant now)
    {
        var capacity = by is null ? Actor.Clock : sides.CapacityOf(by);
        var presented = by is null ? null : GovernedRecords.Acts(session, record.Id).FindLast(one => one.Act.Move == "present")?.Act.Person;
        var outcome = Governing.Go(
            ObligationStates.Machine, owed.State, move, by, capacity, new(sides.Debtor, presented), FactsOf(owed, reason, now));
        if (!outcome.TryGet(out var state, out var refusal)) return refusal;
        if (by is not null && DecidesForItself(owed, sides, move, by)) return Governing.SamePerson(owed.State);
        return GovernedRecords.Update(session, RecordTypes.Obligation, record, owed with { State = state },
            by is null ? RecordAct.OfClock(move) : new(move, by.Party, by.Person, capacity, reason), now);
    }

    private static ObligationFacts FactsOf(Obligation owed, string reason, Instant now) => new(
        owed.DueAt is not null, owed.DueAt is { } due && due.CompareTo(now) < 0, owed.EvidenceHash is not null, reason.Trim().Length > 0,
        owed.DueAt is { } ahead && ahead.CompareTo(now) > 0 && ahead.CompareTo(Instant.From(now.ToDateTimeOffset() + CureMax)) <= 0);

    private static void Add(
        WriteSession session, AgreementTerms terms, int? clause, ObligationKind kind, bool suspends, Instant? dueAt, Instant now) =>
        Add(session, ObligationSides.Of(terms), new(default, terms.Id, kind, ObligationState.Pending, dueAt, suspends, Clause: clause), now);

    private static void Add(WriteSession session, ObligationSides sides, Obligation owed, Instant now)
    {
        var made = GovernedRecords.Insert(session, RecordTypes.Obligation, owed, RecordAct.OfClock("owe"), now);
        if (made.TryGet(out var record, out _) && owed.DueAt is not null)
            _ = GoOnce(session, record, record.Content, sides, "trigger", null, "", now);
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

    /// <inheritdoc/>
    public Instant? DueOf(WriteSession session, long id) => GovernedRecords.DueOf(session, RecordTypes.Obligation, id);
}
