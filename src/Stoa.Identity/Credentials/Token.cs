using System.ComponentModel;
using System.Text.Json.Serialization;
using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Identity.Credentials;

/// <summary>An access token as it may be shown: everything but the secret.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Prefix">The part of its text by which people recognise it.</param>
/// <param name="Name">What it was named at creation.</param>
/// <param name="Administrator">Whether it may do everything.</param>
/// <param name="Datasets">What it may do with which datasets; empty for administrators.</param>
/// <param name="Holder">The service, device or person that holds it; null for one that belongs to nobody in particular.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Expires">From when on it is refused; null for never.</param>
/// <param name="Revoked">Since when it is refused; null when it is not revoked.</param>
/// <param name="Rotated">When it last got a new secret.</param>
/// <param name="PreviousUntil">Until when the secret before is taken too.</param>
public sealed record Token(
    [property: JsonIgnore] TokenId Id,
    string Prefix,
    string Name,
    bool Administrator,
    IReadOnlyList<TokenGrant> Datasets,
    [property: JsonIgnore] PartyId? Holder,
    [property: JsonConverter(typeof(InstantJson))] Instant Created,
    [property: JsonConverter(typeof(InstantJson))] Instant? Expires,
    [property: JsonConverter(typeof(InstantJson))] Instant? Revoked,
    [property: JsonConverter(typeof(InstantJson))] Instant? Rotated = null,
    [property: JsonConverter(typeof(InstantJson))] Instant? PreviousUntil = null)
{
    /// <summary>The id on the wire.</summary>
    [JsonPropertyName("id")]
    [JsonPropertyOrder(-1)]
    public long Number => Id.Value;

    /// <summary>The id of the party that holds it, on the wire.</summary>
    [JsonPropertyName("party")]
    public long? HolderNumber => Holder?.Value;
}

/// <summary>A token just made. This is the only time that its text is known.</summary>
/// <param name="Text">The text to send as <c>Authorization: Bearer …</c>; it cannot be shown again.</param>
/// <param name="Token">What is kept of it.</param>
public sealed record CreatedToken(
    [property: JsonPropertyName("token")] string Text,
    [property: JsonPropertyName("details")] Token Token)
{
    /// <summary>The text is left out, so that it cannot slip into a log.</summary>
    public override string ToString() => $"token {Token.Prefix}";
}

/// <summary>What a token may do with one dataset.</summary>
public sealed record TokenGrant
{
    /// <summary>The dataset's slug.</summary>
    [Description("The dataset's slug.")]
    public string? Dataset { get; init; }

    /// <summary>Rights: read, write or both.</summary>
    [Description("Rights: read, write or both. The right to write does not include the right to read.")]
    public IReadOnlyList<string>? Can { get; init; }

    internal bool MayRead => Can!.Contains("read");

    internal bool MayWrite => Can!.Contains("write");
}

/// <summary>What a caller asks for in a new token.</summary>
public sealed record TokenDraft
{
    /// <summary>Longest name, in characters.</summary>
    public const int NameLengthMax = 200;

    /// <summary>Most datasets of one token: what the policy looks through when the token first comes.</summary>
    public const int DatasetsMax = 1000;

    /// <summary>What the token is for.</summary>
    [Description("What the token is for, so that people can tell tokens apart.")]
    public string? Name { get; init; }

    /// <summary>Whether it may do everything.</summary>
    [Description("Whether the token may do everything; it then names no datasets.")]
    public bool Administrator { get; init; }

    /// <summary>What it may do with which datasets.</summary>
    [Description("What the token may do with which datasets. A token that a party holds may name none: it may then do what the party may.")]
    public IReadOnlyList<TokenGrant>? Datasets { get; init; }

    /// <summary>Who holds it.</summary>
    [Description("Id of the service, device or person that holds it: it is refused while that party, or one above it, is not active.")]
    public long? Party { get; init; }

    /// <summary>From when on it is refused.</summary>
    [Description("From when on the token is refused; absent for never.")]
    [JsonConverter(typeof(InstantJson))]
    public Instant? Expires { get; init; }

    /// <summary>Null when all of it is acceptable at that time.</summary>
    public Problem? Check(Instant now)
    {
        if (TextRules.CheckLine("name", Name, NameLengthMax) is { } problem) return problem;
        if (Expires is { } expires && expires.CompareTo(now) <= 0)
            return StrictJson.InvalidProperty("expires", "'expires' must lie in the future.");
        var grants = Datasets ?? [];
        if (Administrator && grants.Count > 0)
            return StrictJson.InvalidProperty("datasets", "An administrator's token may do everything and names no datasets.");
        if (!Administrator && grants.Count == 0 && Party is null)
            return StrictJson.InvalidProperty("datasets",
                "'datasets' must name at least one dataset, unless 'administrator' is true or a 'party' holds the token.");
        if (grants.Count > DatasetsMax)
            return StrictJson.InvalidProperty("datasets", $"'datasets' takes at most {DatasetsMax} entries.")
                .With("limit", DatasetsMax);
        return grants.Select((grant, index) => Check(grant, index)).FirstOrDefault(found => found is not null);
    }

    private static Problem? Check(TokenGrant? grant, int index)
    {
        if (grant is null) return TextRules.Missing($"datasets[{index}]");
        if (TextRules.CheckSlug($"datasets[{index}].dataset", grant.Dataset) is { } problem) return problem;
        return grant.Can is { Count: > 0 and <= 2 } can && can.All(right => right is "read" or "write")
            ? null
            : StrictJson.InvalidProperty($"datasets[{index}].can", "'can' takes a list of 'read', 'write' or both.");
    }
}

/// <summary>One page of tokens, newest first.</summary>
/// <param name="Value">The entries.</param>
/// <param name="Count">Entries in all.</param>
/// <param name="NextLink">The page that follows, if any.</param>
public sealed record TokenPage(IReadOnlyList<Token> Value, long Count, string? NextLink);

/// <summary>What a caller asks for when a token gets a new secret.</summary>
public sealed record TokenRotation
{
    /// <summary>Longest overlap, in seconds: four weeks, in which a fleet of devices can be visited.</summary>
    public const int OverlapSecondsMax = 28 * 24 * 3600;

    /// <summary>How long the secret before is taken too.</summary>
    [Description("For how many seconds the secret before is taken too; 0 if left out.")]
    public int OverlapSeconds { get; init; }

    /// <summary>Null when it is acceptable.</summary>
    public Problem? Check() => OverlapSeconds is >= 0 and <= OverlapSecondsMax
        ? null
        : StrictJson.InvalidProperty("overlapSeconds", $"'overlapSeconds' takes a whole number from 0 to {OverlapSecondsMax}.")
            .With("limit", OverlapSecondsMax);
}

/// <summary>A token's row as the credential check needs it.</summary>
/// <param name="Requester">Who shows it.</param>
/// <param name="Hash">Of the whole text.</param>
/// <param name="Previous">Of the text before, and until when that is taken too.</param>
/// <param name="Expires">From when on it is refused.</param>
/// <param name="IsStopped">Revoked, or whoever holds it may not act.</param>
internal sealed record StoredToken(
    Requester Requester, TokenHash Hash, (TokenHash Hash, Instant Until)? Previous, Instant? Expires, bool IsStopped)
{
    /// <summary>Stands in where there is none, so that an unknown prefix is handled like a wrong secret.</summary>
    internal static StoredToken None { get; } = new(Requester.Anonymous, default, null, null, true);

    internal bool IsValidAt(Instant now) => !IsStopped && (Expires is not { } expires || now.CompareTo(expires) < 0);
}
