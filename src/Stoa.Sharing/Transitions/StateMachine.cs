using System.Collections.Immutable;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Recording;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Transitions;

/// <summary>In which capacity somebody acts on a governed thing.</summary>
[Flags]
internal enum Actor
{
    None = 0,

    /// <summary>Who proposed, requested or lodged it.</summary>
    Proposer = 1,

    /// <summary>The party it is about, or who owes: a role is accepted by its own holder.</summary>
    Concerned = 2,
    Owner = 4,
    PrimaryPublisher = 8,

    /// <summary>The accountable officer of the exchange.</summary>
    Officer = 16,
    Provider = 32,
    Consumer = 64,

    /// <summary>Nobody: a date has come.</summary>
    Clock = 128,

    /// <summary>Publishes in the primary publisher's place: derived data, or what was delegated to it.</summary>
    SecondaryPublisher = 256,
    Anyone = Proposer | Concerned | Owner | PrimaryPublisher | Officer | Provider | Consumer | SecondaryPublisher,
}

/// <summary>Somebody who acts, and the one from whom the matter must be kept apart.</summary>
/// <param name="By">Who acts; null for the clock.</param>
/// <param name="Capacity">Every capacity in which it may act here.</param>
/// <param name="Requested">Who asked for it, or made the move that this one answers.</param>
internal readonly record struct Act(PartyId? By, Actor Capacity, PartyId? Requested = null)
{
    public static Act OfClock { get; } = new(null, Actor.Clock);

    internal bool IsByAnother => By is { } by && Requested is { } requested && by != requested;
}

/// <summary>A condition on the facts beside who acts.</summary>
/// <param name="Code">Stable.</param>
/// <param name="Holds">Pure.</param>
/// <param name="Advice">What is missing, as a sentence.</param>
/// <param name="Next">What must hold besides.</param>
internal sealed record Guard<TFacts>(string Code, Func<TFacts, bool> Holds, string Advice, Guard<TFacts>? Next = null)
{
    /// <summary>All of these, in their order.</summary>
    public static Guard<TFacts> All(params ReadOnlySpan<Guard<TFacts>> guards)
    {
        var all = guards[^1];
        for (var i = guards.Length - 2; i >= 0; i--) all = guards[i] with { Next = all };
        return all;
    }

    /// <summary>The first condition that does not hold; null when all do.</summary>
    public Guard<TFacts>? FirstFailing(TFacts facts)
    {
        for (var guard = this; guard is not null; guard = guard.Next)
            if (!guard.Holds(facts)) return guard;
        return null;
    }
}

/// <summary>A row: from where, what, who may, under which condition, to where.</summary>
/// <param name="From">The state before.</param>
/// <param name="Name">The move.</param>
/// <param name="Who">The capacities that may make it.</param>
/// <param name="To">The state after.</param>
/// <param name="Guard">What must hold; null for nothing.</param>
/// <param name="IsByAnother">Who requests never approves: it must be done by a party other than the one it answers.</param>
internal sealed record Transition<TState, TFacts>(
    TState From, string Name, Actor Who, TState To, Guard<TFacts>? Guard = null, bool IsByAnother = false)
    where TState : struct, Enum;

/// <summary>Why a move was refused.</summary>
internal enum RefusedMove { NoSuchMove, NotByThisActor, NotByTheSameParty, GuardFails }

/// <summary>The state after a move, or why there is none.</summary>
/// <param name="State">Where it stands now: where it stood before, when the move was refused.</param>
/// <param name="Refusal">Null when the move was made.</param>
/// <param name="Guard">Code of the condition that failed.</param>
/// <param name="Advice">What would have to be different.</param>
internal readonly record struct Move<TState>(
    TState State, RefusedMove? Refusal = null, string? Guard = null, string Advice = "")
    where TState : struct, Enum
{
    public bool IsMade => Refusal is null;
}

/// <summary>States and the moves between them, as a table; what the table does not list cannot happen.</summary>
/// <remarks>Pure: it says what the next state is, and keeps nothing. Of several rows with the same state and name the first
/// that lets the actor through counts; the refusal told is that of the row that came furthest.</remarks>
internal sealed class StateMachine<TState, TFacts>(ImmutableArray<Transition<TState, TFacts>> transitions)
    where TState : struct, Enum
{
    public ImmutableArray<Transition<TState, TFacts>> Transitions { get; } = transitions;

    public Move<TState> Go(TState from, string name, Act act, TFacts facts)
    {
        var refused = new Move<TState>(from, RefusedMove.NoSuchMove, null, $"'{name}' cannot follow on '{Words.Of(from)}'.");
        foreach (var row in Transitions)
        {
            if (!row.From.Equals(from) || row.Name != name) continue;
            var outcome = Try(row, act, facts);
            if (outcome.IsMade) return outcome;
            if (outcome.Refusal >= refused.Refusal) refused = outcome;
        }

        return refused;
    }

    /// <summary>The moves that the actor can make now: what a page offers.</summary>
    public IEnumerable<string> Offered(TState from, Act act, TFacts facts) =>
        Transitions.Where(row => row.From.Equals(from) && Try(row, act, facts).IsMade).Select(row => row.Name).Distinct();

    private static Move<TState> Try(Transition<TState, TFacts> row, Act act, TFacts facts)
    {
        if ((row.Who & act.Capacity) == 0)
            return new(row.From, RefusedMove.NotByThisActor, null, $"'{row.Name}' is for: {row.Who}.");
        if (row.IsByAnother && !act.IsByAnother)
            return new(row.From, RefusedMove.NotByTheSameParty, null, "Who asks does not decide: another party must do this.");
        return row.Guard?.FirstFailing(facts) is { } guard
            ? new(row.From, RefusedMove.GuardFails, guard.Code, guard.Advice)
            : new(row.To);
    }
}
