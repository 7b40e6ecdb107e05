using System.Collections.Immutable;

namespace Stoa.Vocabulary;

/// <summary>A box on the map, WGS 84, in millionths of a degree; whole numbers, so that equal boxes are equal texts.</summary>
/// <param name="West">Least longitude; above <paramref name="East"/> the box holds nothing.</param>
/// <param name="South">Least latitude; above <paramref name="North"/> the box holds nothing.</param>
/// <param name="East">Greatest longitude.</param>
/// <param name="North">Greatest latitude.</param>
public readonly record struct ScopeArea(int West, int South, int East, int North);

/// <summary>What is left of a dataset of which a request may not see everything as it is.</summary>
/// <remarks>ISO 37156, 8.3.4 and 4.2 g. A member that is null or zero narrows nothing. Two are equal when they say the same,
/// whatever the order in which fields were named.</remarks>
public sealed record ScopeNarrowing
{
    private readonly ImmutableArray<string>? _fields;

    /// <summary>Names of the fields that may be read, such as <c>Observations/result</c>; ordered; null for all, empty for none.</summary>
    public ImmutableArray<string>? Fields
    {
        get => _fields;
        init => _fields = value is { IsDefault: false } names
            ? [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]
            : value is null ? null : [];
    }

    /// <summary>Places are given as the middle of a cell of this width.</summary>
    public int SpaceMetres { get; init; }

    /// <summary>Times are given as the last multiple of so many seconds.</summary>
    public int TimeSeconds { get; init; }

    /// <summary>Earliest phenomenon time.</summary>
    public Instant? From { get; init; }

    /// <summary>Phenomenon times from here on are not seen.</summary>
    public Instant? Until { get; init; }

    /// <summary>What lies elsewhere, or cannot be located, is not seen.</summary>
    public ScopeArea? Area { get; init; }

    /// <summary>Whether it leaves everything as it is.</summary>
    public bool IsNone => Fields is null && SpaceMetres <= 0 && TimeSeconds <= 0 && From is null && Until is null && Area is null;

    /// <inheritdoc/>
    public bool Equals(ScopeNarrowing? other) => ReferenceEquals(this, other) ||
        (other is not null && SpaceMetres == other.SpaceMetres && TimeSeconds == other.TimeSeconds &&
            From?.UnixMicroseconds == other.From?.UnixMicroseconds && Until?.UnixMicroseconds == other.Until?.UnixMicroseconds &&
            Area == other.Area && Fields.HasValue == other.Fields.HasValue &&
            (Fields is not { } mine || mine.AsSpan().SequenceEqual(other.Fields!.Value.AsSpan()))); // Both have them, see above.

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(SpaceMetres);
        hash.Add(TimeSeconds);
        hash.Add(From?.UnixMicroseconds);
        hash.Add(Until?.UnixMicroseconds);
        hash.Add(Area);
        if (Fields is { } names)
            foreach (var name in names) hash.Add(name, StringComparer.Ordinal);
        return hash.ToHashCode();
    }
}
