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
/// <param name="Created">When it was made.</param>
/// <param name="Expires">From when on it is refused; null for never.</param>
/// <param name="Revoked">Since when it is refused; null when it is not revoked.</param>
public sealed record Token(
    [property: JsonIgnore] TokenId Id,
    string Prefix,
    string Name,
    bool Administrator,
    IReadOnlyList<TokenGrant> Datasets,
    [property: JsonConverter(typeof(InstantJson))] Instant Created,
    [property: JsonConverter(typeof(InstantJson))] Instant? Expires,
    [property: JsonConverter(typeof(InstantJson))] Instant? Revoked)
{
    /// <summary>The id on the wire.</summary>
    [JsonPropertyName("id")]
    [JsonPropertyOrder(-1)]
    public long Number => Id.Value;
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
    [Description("What the token may do with which datasets.")]
    public IReadOnlyList<TokenGrant>? Datasets { get; init; }

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
        if (!Administrator && grants.Count == 0)
            return StrictJson.InvalidProperty("datasets",
                "'datasets' must name at least one dataset, unless 'administrator' is true.");
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

/// <summary>A token's row as the credential check needs it.</summary>
internal sealed record StoredToken(Requester Requester, TokenHash Hash, Instant? Expires, bool IsRevoked)
{
    /// <summary>Stands in where there is none, so that an unknown prefix is handled like a wrong secret.</summary>
    internal static StoredToken None { get; } = new(Requester.Anonymous, default, null, true);

    internal bool IsValidAt(Instant now) => !IsRevoked && (Expires is not { } expires || now.CompareTo(expires) < 0);
}
