using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Stoa.Sharing.Recording;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Parties;

/// <summary>Where a claim stands. Only a verified one counts, and only until it expires.</summary>
[JsonConverter(typeof(WordJson<ClaimStatus>))]
internal enum ClaimStatus { Asserted, Verified, Revoked }

/// <summary>What somebody with authority says of a party: membership of a group is computed from these.</summary>
/// <param name="Type">Of what kind it is; group criteria name it.</param>
/// <param name="Value">What it says.</param>
/// <param name="Status">Whether somebody with authority stands behind it.</param>
/// <param name="ExpiresAt">From then on it no longer counts; null for never.</param>
internal sealed record Claim(string Type, string Value, ClaimStatus Status, Instant? ExpiresAt = null);

/// <summary>That a party has accepted one version of terms: the receipt of the level public.</summary>
internal sealed record TermsAcceptance(string Terms, int Version, Instant At);

/// <summary>That a person belongs to an organization for a time, and may then act for it.</summary>
/// <param name="Organization">Where.</param>
/// <param name="From">Since when.</param>
/// <param name="To">Until when, not included; null for no end.</param>
/// <param name="IsOfficer">Answers for its data, or governs it: whoever does not may see what it sees, and change nothing.</param>
internal sealed record MemberOf(PartyId Organization, Instant From, Instant? To, bool IsOfficer)
{
    public bool IsInForceAt(Instant at) => From.CompareTo(at) <= 0 && (To is not { } to || to.CompareTo(at) > 0);
}

/// <summary>What a decision needs to know of a party; names and contacts are not among it.</summary>
internal sealed record Party
{
    public required PartyId Id { get; init; }

    public required PartyKind Kind { get; init; }

    public required PartyStatus Status { get; init; }

    /// <summary>Null when nobody has said.</summary>
    public UserGroup? Category { get; init; }

    /// <summary>Where it works: ISO 3166 code; null when nobody has established it.</summary>
    public string? Jurisdiction { get; init; }

    /// <summary>For whom it acts: a unit for an organization, a service or device for its operator. What the other may, it
    /// may; while the other may not act, neither may it.</summary>
    public PartyId? ActsFor { get; init; }

    /// <summary>The organizations to which a person belongs. It acts for one at a time; one that may not act does not keep it
    /// from acting for the others.</summary>
    public ImmutableArray<MemberOf> MemberOf { get => field.OrEmpty(); init; }

    public ImmutableArray<Claim> Claims { get => field.OrEmpty(); init; }

    public ImmutableArray<TermsAcceptance> Accepted { get => field.OrEmpty(); init; }

    /// <summary>Highest residual risk, 1 to 25, that it takes part in; null when it has not said.</summary>
    public int? RiskAppetite { get; init; }
}
