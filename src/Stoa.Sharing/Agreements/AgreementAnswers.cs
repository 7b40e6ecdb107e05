using System.Text.Json;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>An agreement as it is told to its sides and to the office.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Revision">Grows with everything that happens to it.</param>
/// <param name="Version">Of the terms.</param>
/// <param name="Provider">Who gives access.</param>
/// <param name="ProviderName">Its name.</param>
/// <param name="Consumer">Who gets it.</param>
/// <param name="ConsumerName">Its name.</param>
/// <param name="Datasets">Slugs of the datasets.</param>
/// <param name="Purposes">What they may be used for.</param>
/// <param name="ValidFrom">Its first moment.</param>
/// <param name="ValidTo">From then on it grants nothing.</param>
/// <param name="Hash">SHA-256 of the canonical text of the terms: what is signed.</param>
/// <param name="Terms">The clauses; left out of lists.</param>
/// <param name="Signatures">Who has signed, and what.</param>
/// <param name="Undertakings">What the consumer has undertaken.</param>
/// <param name="ActiveSince">When it last became active.</param>
/// <param name="Template">From which template and version it was drafted; absent where from none.</param>
/// <param name="Moves">What the caller could do now; left out of lists.</param>
/// <param name="Created">When it was drafted.</param>
/// <param name="Modified">When something last happened to it.</param>
internal sealed record AgreementAnswer(
    long Id, string State, int Revision, int Version, long Provider, string ProviderName, long Consumer, string ConsumerName,
    IReadOnlyList<string> Datasets, IReadOnlyList<string> Purposes, Instant ValidFrom, Instant ValidTo, string Hash, JsonElement? Terms,
    IReadOnlyList<SignatureAnswer> Signatures, IReadOnlyList<UndertakingAnswer> Undertakings, Instant? ActiveSince,
    TemplateOrigin? Template, IReadOnlyList<string>? Moves, Instant Created, Instant Modified);

/// <summary>A signature.</summary>
/// <param name="Party">For whom it was given.</param>
/// <param name="Person">Who gave it.</param>
/// <param name="At">When.</param>
/// <param name="TermsHash">What was signed.</param>
internal sealed record SignatureAnswer(long Party, long Person, Instant At, string TermsHash);

/// <summary>An undertaking that was given.</summary>
/// <param name="Name">Its name in the terms.</param>
/// <param name="DocumentHash">SHA-256 of its document.</param>
/// <param name="ValidUntil">Until when it counts.</param>
internal sealed record UndertakingAnswer(string Name, string DocumentHash, Instant ValidUntil);

/// <summary>A floor of quality of an agreement and what was measured, for one dataset.</summary>
/// <param name="Measure">Completeness, timeliness, validity or uniqueness.</param>
/// <param name="PercentMin">The least percentage that is promised.</param>
/// <param name="Days">The last days over which completeness is measured.</param>
/// <param name="EverySeconds">The cadence that was agreed; absent where the one that is seen is taken.</param>
/// <param name="Dataset">Slug of the dataset.</param>
/// <param name="Percent">What was measured; absent where nothing was or could be.</param>
/// <param name="IsMet">Whether the floor is kept; absent where nothing was measured.</param>
/// <param name="UnmetSince">When it was first found below the floor.</param>
/// <param name="IsWhole">Whether everything was looked at; false where a limit left some out.</param>
/// <param name="Measured">When.</param>
/// <param name="Newest">When the newest value was observed; for the provider and the office.</param>
internal sealed record FloorAnswer(
    string Measure, int PercentMin, int? Days, int? EverySeconds, string Dataset, decimal? Percent, bool? IsMet, Instant? UnmetSince,
    bool? IsWhole, Instant? Measured, Instant? Newest);

/// <summary>The floors of quality of an agreement.</summary>
/// <param name="Value">For each of its datasets.</param>
internal sealed record FloorList(IReadOnlyList<FloorAnswer> Value);

/// <summary>One page of agreements, newest first.</summary>
/// <param name="Value">The entries.</param>
/// <param name="Count">How many there are in all.</param>
/// <param name="NextLink">The page that follows, if any.</param>
internal sealed record AgreementPage(IReadOnlyList<AgreementAnswer> Value, long Count, string? NextLink);

/// <summary>What happened to a record once.</summary>
/// <param name="Revision">The revision that came of it.</param>
/// <param name="Move">What was done.</param>
/// <param name="Party">For whom; absent when a date came.</param>
/// <param name="Person">Who did it.</param>
/// <param name="Reason">Why.</param>
/// <param name="At">When.</param>
internal sealed record ActAnswer(int Revision, string Move, long? Party, long? Person, string Reason, Instant At);

/// <summary>One page of what happened to a record, newest first.</summary>
/// <param name="Value">The entries.</param>
/// <param name="Count">How many there are in all.</param>
/// <param name="NextLink">The page that follows, if any.</param>
internal sealed record ActList(IReadOnlyList<ActAnswer> Value, long Count, string? NextLink);

/// <summary>What is said of an agreement to be drafted.</summary>
internal sealed record AgreementDraft
{
    /// <summary>The party for which one acts, where it could be several.</summary>
    public long? For { get; init; }

    /// <summary>Name of the template whose clauses it begins with.</summary>
    public string? Template { get; init; }

    /// <summary>The clauses; they take the place of those of the template. Datasets by slug or number.</summary>
    public JsonElement? Terms { get; init; }

    /// <summary>Whether it is offered to the other side at once.</summary>
    public bool Offer { get; init; }
}

/// <summary>A move of a record.</summary>
internal sealed record AgreementMoveDraft
{
    /// <summary>The party for which one acts, where it could be several.</summary>
    public long? For { get; init; }

    /// <summary>Name of the move.</summary>
    public string? Move { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>Of an agreement that is countered: the clauses that change.</summary>
    public JsonElement? Terms { get; init; }
}

/// <summary>A signature to be put under terms.</summary>
internal sealed record SignatureDraft
{
    /// <summary>The party for which one acts, where it could be several.</summary>
    public long? For { get; init; }

    /// <summary>The hash that was shown with the terms.</summary>
    public string? Hash { get; init; }
}

/// <summary>An undertaking to be given.</summary>
internal sealed record UndertakingDraft
{
    /// <summary>The party for which one acts, where it could be several.</summary>
    public long? For { get; init; }

    /// <summary>Its name in the terms.</summary>
    public string? Name { get; init; }

    /// <summary>SHA-256 of its document, in hexadecimal digits.</summary>
    public string? DocumentHash { get; init; }

    /// <summary>Until when it counts.</summary>
    public string? ValidUntil { get; init; }
}
