using Stoa.Sharing.Transitions;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Records;

/// <summary>A record as it stands now.</summary>
/// <param name="Id">Its id, one space for all kinds.</param>
/// <param name="Content">What it says.</param>
/// <param name="Revision">Counted from 1; a change names the one that it saw.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Modified">When it was last changed.</param>
internal sealed record GovernedRecord<T>(long Id, T Content, int Revision, Instant Created, Instant Modified)
    where T : class;

/// <summary>Who does something to a record, in which capacity, and why.</summary>
/// <param name="Move">What is done: the name of a move of the kind's machine, or a verb such as <c>propose</c>.</param>
/// <param name="Party">For whom; null for the clock.</param>
/// <param name="Person">Who does it; null for the clock.</param>
/// <param name="Capacity">As what.</param>
/// <param name="Reason">Why, in words; may be empty.</param>
internal readonly record struct RecordAct(string Move, PartyId? Party, PartyId? Person, Actor Capacity, string Reason = "")
{
    /// <summary>A date has come.</summary>
    public static RecordAct OfClock(string move) => new(move, null, null, Actor.Clock);
}

/// <summary>What happened to a record once.</summary>
/// <param name="Revision">The revision that came of it.</param>
/// <param name="Act">What was done, by whom.</param>
/// <param name="Content">What the record says since.</param>
/// <param name="At">When.</param>
internal sealed record RecordEvent<T>(int Revision, RecordAct Act, T Content, Instant At)
    where T : class;

/// <summary>Who did what to a record once.</summary>
/// <param name="Revision">The revision that came of it.</param>
/// <param name="Act">What was done, by whom.</param>
/// <param name="At">When.</param>
internal sealed record RecordedAct(int Revision, RecordAct Act, Instant At);
