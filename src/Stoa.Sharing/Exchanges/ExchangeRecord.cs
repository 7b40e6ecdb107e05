using System.Collections.Immutable;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>Identifies an <see cref="ExchangeRecord"/>; holds when it was made, so that ids are in the order of time.</summary>
public readonly record struct ExchangeId(long Value)
{
    // 2^52 microseconds last until 2112; eleven bits tell two thousand runs of a program apart.
    internal const int RunBits = 11;

    /// <summary>When it was made.</summary>
    public Instant At => new(Value >> RunBits);

    /// <summary>The second in which it was made.</summary>
    internal long Second => (Value >> RunBits) / 1_000_000;

    /// <summary>The one of the same run so many microseconds later.</summary>
    internal ExchangeId After(long microseconds) => new(Value + (microseconds << RunBits));

    /// <summary>The first that could have been made in the second of a time.</summary>
    internal static ExchangeId FromSecond(Instant time) => From(new(time.UnixMicroseconds / 1_000_000 * 1_000_000));

    /// <summary>The first that could have been made then.</summary>
    internal static ExchangeId From(Instant time) => new(Math.Clamp(time.UnixMicroseconds, 0, (1L << 52) - 1) << RunBits);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>One access to data that are not open: who, under what, what was asked, and what left (ISO 37156, 8.3.4).</summary>
/// <remarks>Says nothing about people: parties are numbers, and values in the query are left out.</remarks>
internal sealed record ExchangeRecord
{
    public required ExchangeId Id { get; init; }

    public PartyId? Party { get; init; }

    /// <summary>For which organization, as it stood then; null for none, and where one of several cannot be told.</summary>
    public PartyId? Organization { get; init; }

    /// <summary>Read because the data office may read everything.</summary>
    public bool IsByOffice { get; init; }

    public long? Token { get; init; }

    public long? Agreement { get; init; }

    public string? Purpose { get; init; }

    /// <summary>Which datasets that are not open could be reached, at most <see cref="DatasetsMax"/> of them.</summary>
    public required ImmutableArray<DatasetId> Datasets { get; init; }

    /// <summary>How many could.</summary>
    public required int DatasetCount { get; init; }

    public required Channel Channel { get; init; }

    public required string Method { get; init; }

    /// <summary>The path, with 0 for every number.</summary>
    public required string Route { get; init; }

    /// <summary>The query, with ? for every value.</summary>
    public required string Query { get; init; }

    public required int Status { get; init; }

    public required long Rows { get; init; }

    public required long Bytes { get; init; }

    /// <summary>SHA-256 of the body as it left.</summary>
    public required BodyDigest Digest { get; init; }

    /// <summary>Which decision let it through.</summary>
    public string? Decision { get; init; }

    /// <summary>The governance state by which it was decided.</summary>
    public required long Version { get; init; }

    /// <summary>Most datasets that are listed one by one.</summary>
    public const int DatasetsMax = 16;
}
