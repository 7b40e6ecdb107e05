using System.Text.Json;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Requests;

/// <summary>A request for access as it is told to its two sides and to the office.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Requester">Who asks.</param>
/// <param name="RequesterName">Its name.</param>
/// <param name="Dataset">Slug of the dataset.</param>
/// <param name="Purpose">What for.</param>
/// <param name="LegalBasis">On what legal basis.</param>
/// <param name="Statement">Why, in the requester's words.</param>
/// <param name="Fields">Fields asked for; empty for all that are not about people.</param>
/// <param name="From">From when.</param>
/// <param name="Until">Until when.</param>
/// <param name="SpaceMetres">Edge of the smallest cell of space that is needed; 0 for as fine as it is.</param>
/// <param name="TimeSeconds">Length of the smallest bucket of time that is needed; 0 for as fine as it is.</param>
/// <param name="DueAt">Until when the owner's side must answer.</param>
/// <param name="Agreement">The agreement that was made of it.</param>
/// <param name="Reason">What was last said about it.</param>
/// <param name="Moves">What the caller could do now; left out of lists.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Modified">When something last happened to it.</param>
internal sealed record AccessRequestAnswer(
    long Id, string State, long Requester, string RequesterName, string Dataset, string Purpose, string LegalBasis, string Statement,
    IReadOnlyList<string> Fields, Instant? From, Instant? Until, int SpaceMetres, int TimeSeconds, Instant? DueAt, long? Agreement,
    string? Reason, IReadOnlyList<string>? Moves, Instant Created, Instant Modified);

/// <summary>One page of requests for access, newest first.</summary>
/// <param name="Value">The entries.</param>
/// <param name="Count">How many there are in all.</param>
/// <param name="NextLink">The page that follows, if any.</param>
internal sealed record AccessRequestPage(IReadOnlyList<AccessRequestAnswer> Value, long Count, string? NextLink);

/// <summary>What is said of a request for access.</summary>
internal sealed record AccessRequestDraft
{
    /// <summary>The party for which one acts, where it could be several.</summary>
    public long? For { get; init; }

    /// <summary>Slug of the dataset.</summary>
    public string? Dataset { get; init; }

    /// <summary>What for: a name of the Data Privacy Vocabulary.</summary>
    public string? Purpose { get; init; }

    /// <summary>The legal basis; absent for data that are not about people.</summary>
    public string? LegalBasis { get; init; }

    /// <summary>Why.</summary>
    public string? Statement { get; init; }

    /// <summary>Fields asked for.</summary>
    public IReadOnlyList<string>? Fields { get; init; }

    /// <summary>From when.</summary>
    public string? From { get; init; }

    /// <summary>Until when.</summary>
    public string? Until { get; init; }

    /// <summary>Edge of the smallest cell of space that is needed.</summary>
    public int? SpaceMetres { get; init; }

    /// <summary>Length of the smallest bucket of time that is needed.</summary>
    public int? TimeSeconds { get; init; }

    /// <summary>Whether it is submitted at once.</summary>
    public bool Submit { get; init; }
}

/// <summary>What the owner says when he approves a request and offers an agreement of it.</summary>
internal sealed record OfferDraft
{
    /// <summary>The party for which one acts, where it could be several.</summary>
    public long? For { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>Name of the template whose clauses it begins with.</summary>
    public string? Template { get; init; }

    /// <summary>Clauses that take the place of those of template and request.</summary>
    public JsonElement? Terms { get; init; }

    /// <summary>Whether the owner's signature is put under the terms with it.</summary>
    public bool Sign { get; init; }
}
