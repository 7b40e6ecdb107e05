using System.Collections.Frozen;

namespace Stoa.Query;

/// <summary>Built-in functions: OGC 18-088, table 23, and the relations between times that other servers offer.</summary>
public enum QueryFunction
{
#pragma warning disable CS1591 // The names are those of the table; the meaning stands in QueryFunctions.
    SubstringOf,
    EndsWith,
    StartsWith,
    Contains,
    Length,
    IndexOf,
    Substring,
    ToLower,
    ToUpper,
    Trim,
    Concat,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    FractionalSeconds,
    Date,
    Time,
    TotalOffsetMinutes,
    Now,
    MinDateTime,
    MaxDateTime,
    Round,
    Floor,
    Ceiling,
    GeoDistance,
    GeoLength,
    GeoIntersects,
    StEquals,
    StDisjoint,
    StTouches,
    StWithin,
    StOverlaps,
    StCrosses,
    StIntersects,
    StContains,
    StRelate,
    Before,
    After,
    Meets,
    During,
    Overlaps,
    Starts,
    Finishes,
#pragma warning restore CS1591
}

/// <summary>What a function takes and gives.</summary>
/// <param name="Function">The function.</param>
/// <param name="Name">Name on the wire.</param>
/// <param name="Result">Kind of its value.</param>
/// <param name="Parameters">Kinds of its arguments.</param>
/// <param name="Required">How many of them must be there.</param>
public sealed record FunctionSignature(
    QueryFunction Function, string Name, ValueKind Result, IReadOnlyList<ValueKind> Parameters, int Required);

/// <summary>The table of built-in functions.</summary>
public static class QueryFunctions
{
    private const ValueKind Text = ValueKind.Text, Number = ValueKind.Number, Boolean = ValueKind.Boolean,
        Instant = ValueKind.Instant, Interval = ValueKind.Interval, Geometry = ValueKind.Geometry;

    private static readonly FunctionSignature[] Table =
    [
        Of(QueryFunction.SubstringOf, "substringof", Boolean, Text, Text),
        Of(QueryFunction.EndsWith, "endswith", Boolean, Text, Text),
        Of(QueryFunction.StartsWith, "startswith", Boolean, Text, Text),
        Of(QueryFunction.Contains, "contains", Boolean, Text, Text),
        Of(QueryFunction.Length, "length", Number, Text),
        Of(QueryFunction.IndexOf, "indexof", Number, Text, Text),
        new(QueryFunction.Substring, "substring", Text, [Text, Number, Number], 2),
        Of(QueryFunction.ToLower, "tolower", Text, Text),
        Of(QueryFunction.ToUpper, "toupper", Text, Text),
        Of(QueryFunction.Trim, "trim", Text, Text),
        Of(QueryFunction.Concat, "concat", Text, Text, Text),
        Of(QueryFunction.Year, "year", Number, Instant),
        Of(QueryFunction.Month, "month", Number, Instant),
        Of(QueryFunction.Day, "day", Number, Instant),
        Of(QueryFunction.Hour, "hour", Number, Instant),
        Of(QueryFunction.Minute, "minute", Number, Instant),
        Of(QueryFunction.Second, "second", Number, Instant),
        Of(QueryFunction.FractionalSeconds, "fractionalseconds", Number, Instant),
        Of(QueryFunction.Date, "date", Instant, Instant),
        Of(QueryFunction.Time, "time", ValueKind.TimeOfDay, Instant),
        Of(QueryFunction.TotalOffsetMinutes, "totaloffsetminutes", Number, Interval),
        Of(QueryFunction.Now, "now", Instant),
        Of(QueryFunction.MinDateTime, "mindatetime", Instant),
        Of(QueryFunction.MaxDateTime, "maxdatetime", Instant),
        Of(QueryFunction.Round, "round", Number, Number),
        Of(QueryFunction.Floor, "floor", Number, Number),
        Of(QueryFunction.Ceiling, "ceiling", Number, Number),
        Of(QueryFunction.GeoDistance, "geo.distance", Number, Geometry, Geometry),
        Of(QueryFunction.GeoLength, "geo.length", Number, Geometry),
        Of(QueryFunction.GeoIntersects, "geo.intersects", Boolean, Geometry, Geometry),
        Of(QueryFunction.StEquals, "st_equals", Boolean, Geometry, Geometry),
        Of(QueryFunction.StDisjoint, "st_disjoint", Boolean, Geometry, Geometry),
        Of(QueryFunction.StTouches, "st_touches", Boolean, Geometry, Geometry),
        Of(QueryFunction.StWithin, "st_within", Boolean, Geometry, Geometry),
        Of(QueryFunction.StOverlaps, "st_overlaps", Boolean, Geometry, Geometry),
        Of(QueryFunction.StCrosses, "st_crosses", Boolean, Geometry, Geometry),
        Of(QueryFunction.StIntersects, "st_intersects", Boolean, Geometry, Geometry),
        Of(QueryFunction.StContains, "st_contains", Boolean, Geometry, Geometry),
        Of(QueryFunction.StRelate, "st_relate", Boolean, Geometry, Geometry, Text),
        Of(QueryFunction.Before, "before", Boolean, Interval, Interval),
        Of(QueryFunction.After, "after", Boolean, Interval, Interval),
        Of(QueryFunction.Meets, "meets", Boolean, Interval, Interval),
        Of(QueryFunction.During, "during", Boolean, Interval, Interval),
        Of(QueryFunction.Overlaps, "overlaps", Boolean, Interval, Interval),
        Of(QueryFunction.Starts, "starts", Boolean, Interval, Interval),
        Of(QueryFunction.Finishes, "finishes", Boolean, Interval, Interval),
    ];

    private static readonly FrozenDictionary<string, FunctionSignature> ByName =
        Table.ToFrozenDictionary(signature => signature.Name, StringComparer.Ordinal);

    /// <summary>All functions, in the order of <see cref="QueryFunction"/>.</summary>
    public static IReadOnlyList<FunctionSignature> All => Table;

    /// <summary>The function of this name; null when there is none.</summary>
    public static FunctionSignature? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>What the function takes and gives.</summary>
    public static FunctionSignature Signature(this QueryFunction function) => Table[(int)function];

    private static FunctionSignature Of(
        QueryFunction function, string name, ValueKind result, params ValueKind[] parameters) =>
        new(function, name, result, parameters, parameters.Length);
}
