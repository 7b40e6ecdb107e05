using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Purposes;
using Stoa.Sharing.Recording;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>By which way out data leave.</summary>
[JsonConverter(typeof(WordJson<Channel>))]
internal enum Channel { Api, Portal, Export, Subscription, Dataspace }

/// <summary>How surely it is known who asks.</summary>
[JsonConverter(typeof(WordJson<Strength>))]
internal enum Strength { None, Token, Password, MultiFactor }

/// <summary>How coarse data leave; zeros mean as fine as they are.</summary>
/// <param name="SpaceMetres">Edge of the smallest cell of space.</param>
/// <param name="TimeSeconds">Length of the smallest bucket of time.</param>
/// <param name="CellMinimum">Fewest contributors that a published cell may have (k).</param>
internal readonly record struct Granularity(int SpaceMetres, int TimeSeconds, int CellMinimum)
{
    /// <summary>The coarser of both in each respect.</summary>
    public Granularity And(Granularity other) => new(
        Math.Max(SpaceMetres, other.SpaceMetres), Math.Max(TimeSeconds, other.TimeSeconds),
        Math.Max(CellMinimum, other.CellMinimum));

    [JsonIgnore]
    public bool IsFine => this == default;
}

/// <summary>A box on the map in millionths of a degree, WGS 84; whole numbers, so that equal boxes are equal texts.</summary>
internal readonly record struct BoundingBox(int West, int South, int East, int North)
{
    [JsonIgnore]
    public bool IsEmpty => West > East || South > North;

    public BoundingBox And(BoundingBox other) => new(
        Math.Max(West, other.West), Math.Max(South, other.South), Math.Min(East, other.East), Math.Min(North, other.North));
}

/// <summary>Bounds on use; zeros mean none.</summary>
internal readonly record struct RateLimits(int RequestsPerMinute, long RowsPerDay)
{
    public RateLimits And(RateLimits other) => new(
        (int)Lower(RequestsPerMinute, other.RequestsPerMinute), Lower(RowsPerDay, other.RowsPerDay));

    [JsonIgnore]
    public bool IsNone => this == default;

    private static long Lower(long one, long other) => one == 0 ? other : other == 0 ? one : Math.Min(one, other);
}

/// <summary>Hours of the day, in the exchange's time zone, in minutes from midnight; the end is not included. From after
/// until goes over midnight.</summary>
internal readonly record struct DayHours(int FromMinute, int UntilMinute)
{
    public bool Contains(int minute) => FromMinute <= UntilMinute
        ? minute >= FromMinute && minute < UntilMinute
        : minute >= FromMinute || minute < UntilMinute;
}

/// <summary>What one layer of policy leaves of a use: the city's rules, a member's rules, a classification's conditions, an
/// agreement's clauses. Layers are intersected, so that a further one never widens anything.</summary>
/// <remarks>A member that is null or zero says nothing; an empty list lets nothing through.</remarks>
internal sealed record Restriction
{
    public static Restriction None { get; } = new();

    public ImmutableArray<string>? Fields { get; init; }

    public ImmutableArray<string> FieldsLeftOut { get => field.OrEmpty(); init; }

    public Granularity Granularity { get; init; }

    /// <summary>Earliest phenomenon time that leaves.</summary>
    public Instant? From { get; init; }

    /// <summary>Phenomenon times from here on do not leave.</summary>
    public Instant? Until { get; init; }

    public BoundingBox? Area { get; init; }

    /// <summary>The purposes allowed, with all that lie within them.</summary>
    public ImmutableArray<PurposeId>? Purposes { get; init; }

    /// <summary>Purposes not allowed, with all that lie within them.</summary>
    public ImmutableArray<PurposeId> PurposesLeftOut { get => field.OrEmpty(); init; }

    /// <summary>Where data may be worked on: ISO 3166 codes.</summary>
    public ImmutableArray<string>? Jurisdictions { get; init; }

    public ImmutableArray<UserGroup>? Categories { get; init; }

    public ImmutableArray<Channel>? Channels { get; init; }

    public DayHours? Hours { get; init; }

    public RateLimits Limits { get; init; }

    public Strength StrengthMin { get; init; }
}
