using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>What was used up before this request, as the enforcement point counts it.</summary>
internal sealed record Usage(int RequestsInMinute, long RowsToday)
{
    /// <summary>Nothing yet.</summary>
    public static Usage None { get; } = new(0, 0);
}

/// <summary>The question whether somebody may do something with a dataset now: all that comes with the request.</summary>
/// <remarks>The word is XACML's. A party's request to its owner for access is an <see cref="Requests.AccessRequest"/>.</remarks>
internal sealed record DecisionRequest
{
    /// <summary>Who asks; null without a credential.</summary>
    public PartyId? Party { get; init; }

    /// <summary>The credential is good for what it names alone, and not for what the party holds roles towards.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool WithoutRoles { get; init; }

    public Strength Strength { get; init; }

    /// <summary>From then on the credential counts no more.</summary>
    public Instant? CredentialUntil { get; init; }

    public DataAction Action { get; init; }

    public required DatasetId Dataset { get; init; }

    /// <summary>Fields asked for; null for whatever is allowed.</summary>
    public ImmutableArray<string>? Fields { get; init; }

    /// <summary>Earliest phenomenon time asked for.</summary>
    public Instant? From { get; init; }

    /// <summary>Phenomenon times from here on are not asked for.</summary>
    public Instant? Until { get; init; }

    public BoundingBox? Area { get; init; }

    public Granularity Granularity { get; init; }

    /// <summary>The declared purpose.</summary>
    public PurposeId? Purpose { get; init; }

    /// <summary>The agreement to which the credential is bound, or that the request names.</summary>
    public AgreementId? Agreement { get; init; }

    public Channel Channel { get; init; }

    public required Instant At { get; init; }

    /// <summary>Where it comes from, when that is known better than from the party: ISO 3166 code.</summary>
    public string? Origin { get; init; }

    public Usage? Usage { get; init; }

    /// <summary>Evaluate every gate, also after one has failed.</summary>
    public bool Explain { get; init; }
}

/// <summary>The answer. Only <see cref="Permit"/> lets anything through.</summary>
[JsonConverter(typeof(WordJson<Outcome>))]
internal enum Outcome
{
    Deny,
    Permit,

    /// <summary>There is nothing of the kind to decide about.</summary>
    NotApplicable,

    /// <summary>Something cannot be established.</summary>
    Indeterminate,
}

/// <summary>A reason, and the name of what it is about where there is one: a claim's type, a field's name.</summary>
internal readonly record struct Reason(ReasonCode Code, string? About = null);

/// <summary>What a permitted access may reach: the part of the access scope for one dataset.</summary>
internal sealed record AccessGrant
{
    public required DatasetId Dataset { get; init; }

    /// <summary>Fields that may be read, filtered and ordered by; null for all.</summary>
    public ImmutableArray<string>? Fields { get; init; }

    /// <summary>Values leave no finer than this.</summary>
    public Granularity Granularity { get; init; }

    public Instant? From { get; init; }

    public Instant? Until { get; init; }

    public BoundingBox? Area { get; init; }

    public PurposeId? Purpose { get; init; }

    public AgreementId? Agreement { get; init; }

    public ImmutableArray<ObligationKind> Obligations { get => field.OrEmpty(); init; }

    public RateLimits Limits { get; init; }

    /// <summary>The reading is recorded with its reason: the office reads because it may read everything.</summary>
    public bool IsReadByOffice { get; init; }

    /// <summary>Ask again from then on.</summary>
    public required Instant ValidUntil { get; init; }

    /// <summary>Whether the whole dataset may be seen as it is, so that its id in the scope says everything.</summary>
    [JsonIgnore]
    public bool IsWhole => Fields is null && Granularity.IsFine && From is null && Until is null && Area is null;

    /// <summary>In the form that goes into statements.</summary>
    public ScopeNarrowing ToNarrowing() => new()
    {
        Fields = Fields,
        SpaceMetres = Granularity.SpaceMetres,
        TimeSeconds = Granularity.TimeSeconds,
        From = From,
        Until = Until,
        Area = Area is { } area ? new ScopeArea(area.West, area.South, area.East, area.North) : null,
    };
}

/// <summary>What was decided, and why.</summary>
internal sealed record Decision
{
    public required Outcome Outcome { get; init; }

    /// <summary>The gate that decided; null when all were passed.</summary>
    public Gate? Gate { get; init; }

    /// <summary>The reason that decided comes first; then, when every gate was to be evaluated, those of later gates, and notes.</summary>
    public ImmutableArray<Reason> Reasons { get => field.OrEmpty(); init; }

    public AccessGrant? Grant { get; init; }

    /// <summary>Who asks may not even know that the dataset exists.</summary>
    public bool IsOutsider { get; init; }

    /// <summary>Number of the governance state by which it was decided.</summary>
    public required long Version { get; init; }

    [JsonIgnore]
    public bool IsPermitted => Outcome == Outcome.Permit;

    /// <summary>What may be told to the one who asked: to outsiders a hidden dataset looks like one that is not there.</summary>
    public Decision ToOutside()
    {
        if (IsPermitted || !IsOutsider) return this;
        var told = ImmutableArray.CreateBuilder<Reason>();
        foreach (var reason in Reasons)
        {
            if (ReasonCodes.Of(reason.Code) is not { IsRestricted: false, Kind: not ReasonKind.Note }) continue;
            told.Add(reason);
        }

        if (told.Count == 0) told.Add(new(ReasonCode.NotAvailable));
        return new() { Outcome = Outcome.Deny, Reasons = told.ToImmutable(), IsOutsider = true, Version = Version };
    }
}
