using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Transitions;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Records;

/// <summary>What everything that governs needs: the database, the policy that must know at once what was decided, and the time.</summary>
internal sealed class Governing(Database database, AccessPolicy policy, PolicyRefresh refresh, TimeProvider time)
{
    /// <summary>Longest reason, in characters.</summary>
    public const int ReasonLengthMax = 2000;

    public AccessPolicy Policy => policy;

    public Instant Now => Instant.From(time.GetUtcNow());

    public ValueTask<ReadSession> ReadAsync(CancellationToken cancellation) => database.ReadAsync(cancellation);

    /// <summary>The dataset, for whoever has anything to do with it; null for everybody else, as for one that is absent.</summary>
    public GovernedPlace? Find(Session session, Requester requester, string slug) => GovernedPlace.Find(session, policy, requester, slug);

    /// <summary>Does something in one transaction; when this returns the policy knows of it.</summary>
    public async Task<Result<T>> WriteAsync<T>(Func<WriteSession, Instant, Result<T>> work, CancellationToken cancellation)
    {
        var now = Now;
        var outcome = await database.TryWriteAsync(session => work(session, now), cancellation);
        // What was decided is in force, whether or not the caller still waits for the answer.
        if (outcome.IsValue) await refresh.ReloadAsync(CancellationToken.None);
        return outcome;
    }

    /// <summary>Does something in one transaction on which no decision rests: the policy stays as it is.</summary>
    public Task<Result<T>> KeepAsync<T>(Func<WriteSession, Result<T>> work, CancellationToken cancellation) =>
        database.TryWriteAsync(work, cancellation);

    /// <summary>A reason from outside, or the refusal of it.</summary>
    public static Problem? CheckReason(string? reason) => TextRules.CheckText("reason", reason, ReasonLengthMax);

    /// <summary>Makes a move of a machine, or says why it was not made.</summary>
    /// <param name="machine">The table of moves.</param>
    /// <param name="from">Where it stands.</param>
    /// <param name="name">The move.</param>
    /// <param name="by">Who makes it; null for the clock.</param>
    /// <param name="capacity">As what.</param>
    /// <param name="answered">Who made the move that this one answers.</param>
    /// <param name="facts">What it depends on.</param>
    /// <remarks>Who requests never approves: where the table asks for another party, it must be another person too.</remarks>
    public static Result<TState> Go<TState, TFacts>(
        StateMachine<TState, TFacts> machine, TState from, string name, Acting? by, Actor capacity, Answered answered, TFacts facts)
        where TState : struct, Enum
    {
        var move = machine.Go(from, name, new(by?.Party, capacity, answered.Party), facts);
        if (!move.IsMade) return GovernedRecords.Refusal(move);
        return IsByAnother(machine, from, name) && by is not null && by.Person == answered.Person ? SamePerson(from) : move.State;
    }

    /// <summary>Whether the table asks for somebody else than who is answered.</summary>
    public static bool IsByAnother<TState, TFacts>(StateMachine<TState, TFacts> machine, TState from, string name)
        where TState : struct, Enum =>
        machine.Transitions.Any(row => row.From.Equals(from) && row.Name == name && row.IsByAnother);

    /// <summary>The refusal of a person who would decide about what it asked for itself.</summary>
    public static Problem SamePerson<TState>(TState state)
        where TState : struct, Enum =>
        GovernedRecords.Refusal(new Move<TState>(
            state, RefusedMove.NotByTheSameParty, null, "Who asks does not decide: another person must do this."));
}

/// <summary>Who made a move that another one answers.</summary>
/// <param name="Party">For whom.</param>
/// <param name="Person">Who did it.</param>
internal readonly record struct Answered(PartyId? Party, PartyId? Person)
{
    /// <summary>Who last did one of these to a record; nobody when it was not done.</summary>
    public static Answered Of<T>(IEnumerable<RecordEvent<T>> events, params ReadOnlySpan<string> moves)
        where T : class
    {
        var last = default(Answered);
        foreach (var one in events)
            if (moves.Contains(one.Act.Move)) last = new(one.Act.Party, one.Act.Person);
        return last;
    }
}

/// <summary>Who reads what is governed: for every party for which the requester may act.</summary>
/// <param name="Parties">Which.</param>
/// <param name="IsOfficer">Governs the exchange.</param>
internal sealed record Reader(IReadOnlyList<PartyId> Parties, bool IsOfficer)
{
    public static Result<Reader> Of(Session session, Requester requester) => requester.IsAnonymous
        ? Refusals.CredentialRequired
        : new Reader(Acting.Candidates(session, requester), requester.IsAdministrator);

    /// <summary>Everybody for whom it could act, the exchange among them for an officer: what could be done is asked for each.</summary>
    public IEnumerable<Acting> ActingParties
    {
        get
        {
            var acting = Parties.Select(party => new Acting(party, party, IsOfficer));
            return IsOfficer ? acting.Append(new(Acting.Exchange, Acting.Exchange, true)) : acting;
        }
    }

    public bool Is(PartyId party) => Parties.Contains(party);

    /// <summary>May read whatever concerns one of these, or everything of a dataset that it governs.</summary>
    public bool MayRead(GovernedPlace? place, Instant now, params ReadOnlySpan<PartyId> concerned)
    {
        if (IsOfficer) return true;
        foreach (var party in concerned)
            if (Is(party)) return true;
        return place is not null && Governs(place, now);
    }

    public bool Governs(GovernedPlace place, Instant now) => IsOfficer || Parties.Any(party =>
        (place.CapacityOf(new(party, party, false), now) & (Actor.Owner | Actor.PrimaryPublisher)) != 0);
}
