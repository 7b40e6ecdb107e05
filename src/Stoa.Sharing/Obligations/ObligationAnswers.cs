using Stoa.Vocabulary;

namespace Stoa.Sharing.Obligations;

/// <summary>Something owed as it is told to the two sides and to the office.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Agreement">Under which it is owed; absent after a custody.</param>
/// <param name="Role">The custody after which it is owed; absent under an agreement.</param>
/// <param name="Dataset">Slug of the dataset that was held.</param>
/// <param name="Kind">What is owed.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Debtor">Who owes it.</param>
/// <param name="DueAt">The last moment; absent while nothing has set the time running.</param>
/// <param name="Suspends">Whether the agreement grants nothing while it is overdue.</param>
/// <param name="Evidence">What proves it, as the clause says.</param>
/// <param name="EvidenceHash">SHA-256 of the proof.</param>
/// <param name="EvidenceNote">The proof in words.</param>
/// <param name="Moves">What the caller could do now; left out of lists.</param>
/// <param name="Created">When it was written down.</param>
/// <param name="Modified">When something last happened to it.</param>
internal sealed record ObligationAnswer(
    long Id, long? Agreement, long? Role, string? Dataset, string Kind, string State, long Debtor, Instant? DueAt, bool Suspends, string? Evidence, string? EvidenceHash,
    string? EvidenceNote, IReadOnlyList<string>? Moves, Instant Created, Instant Modified);

/// <summary>One page of obligations.</summary>
/// <param name="Value">The entries.</param>
/// <param name="Count">How many there are in all.</param>
/// <param name="NextLink">The page that follows, if any.</param>
internal sealed record ObligationPage(IReadOnlyList<ObligationAnswer> Value, long Count, string? NextLink);

/// <summary>A move of an obligation.</summary>
internal sealed record ObligationMoveDraft
{
    /// <summary>The party for which one acts, where it could be several.</summary>
    public long? For { get; init; }

    /// <summary>Name of the move.</summary>
    public string? Move { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>SHA-256 of the proof; worked out from the note when it is absent.</summary>
    public string? EvidenceHash { get; init; }

    /// <summary>The proof, or where it lies, in words.</summary>
    public string? EvidenceNote { get; init; }

    /// <summary>By when a breach can be made good, where the move gives it such a date; within a year.</summary>
    public string? Until { get; init; }
}
