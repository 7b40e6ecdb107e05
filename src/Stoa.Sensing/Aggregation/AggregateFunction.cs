using System.Globalization;
using System.Text.Json;

namespace Stoa.Sensing.Aggregation;

/// <summary>One column of an aggregation.</summary>
/// <param name="Name">As it was asked for: avg, min, max, sum, count, first, last, or p and a number from 0 to 100.</param>
/// <param name="Encoded">The name ready to be written.</param>
/// <param name="Share">Of a percentile, from 0 to 1; else null.</param>
internal readonly record struct AggregateFunction(string Name, JsonEncodedText Encoded, double? Share)
{
    internal const string Known = "avg, min, max, sum, count, first, last and percentiles such as p50, p95, p99.9";

    internal static bool TryParse(string name, out AggregateFunction function)
    {
        function = default;
        if (name is "avg" or "min" or "max" or "sum" or "count" or "first" or "last")
        {
            function = new(name, JsonEncodedText.Encode(name), null);
            return true;
        }

        const NumberStyles Digits = NumberStyles.AllowDecimalPoint;
        if (name.Length is < 2 or > 8 || name[0] != 'p' || !char.IsAsciiDigit(name[1]) ||
            !double.TryParse(name.AsSpan(1), Digits, CultureInfo.InvariantCulture, out var percent) || percent > 100)
            return false;
        function = new(name, JsonEncodedText.Encode(name), percent / 100);
        return true;
    }

    /// <summary>Its value; null where there is none, or where it is beyond double precision's range.</summary>
    internal double? Of(Accumulator? bucket)
    {
        if (Name == "count") return bucket?.Count ?? 0;
        if (bucket is not { Count: > 0 }) return null;
        var value = Share is { } share ? bucket.Percentile(share) : Name switch
        {
            "avg" => bucket.Sum / bucket.Count,
            "min" => bucket.Min,
            "max" => bucket.Max,
            "sum" => bucket.Sum,
            "first" => bucket.First,
            "last" => bucket.Last,
            _ => throw new InvalidOperationException($"Unknown function {Name}."),
        };
        return double.IsFinite(value) ? value : null;
    }
}
