using Microsoft.AspNetCore.Http;
using Stoa.Query;
using Stoa.Query.OData;
using Stoa.Sensing.Import.Time;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Aggregation;

/// <summary>By what observations are put together.</summary>
internal enum AggregationGroup
{
    Datastream,
    Thing,
    ObservedProperty,
    Area,

    /// <summary>All together.</summary>
    None,
}

/// <summary>An area named by a request.</summary>
/// <param name="Name">What its rows are called.</param>
/// <param name="Wkt">Its geometry as it was written.</param>
/// <param name="Filter">That a Datastream's Thing has a Location that meets it.</param>
internal sealed record AggregationArea(string Name, string Wkt, Expression Filter);

/// <summary>The parameters of an aggregation.</summary>
internal sealed record AggregationRequest
{
    /// <summary>Most buckets of one answer; further ones are on the next page.</summary>
    internal const int BucketsMax = 10_000;

    /// <summary>Most functions.</summary>
    internal const int FunctionsMax = 20;

    /// <summary>Most areas: each is a search of its own.</summary>
    internal const int AreasMax = 50;

    /// <summary>Most characters of a zone's or an area's name.</summary>
    internal const int NameCharsMax = 64;

    private static readonly string[] Parameters = ["interval", "zone", "functions", "groupBy", "fill", "area"];

    internal required BucketLength Interval { get; init; }

    internal required string IntervalText { get; init; }

    internal required TimeZoneInfo Zone { get; init; }

    internal required string ZoneName { get; init; }

    internal required IReadOnlyList<AggregateFunction> Functions { get; init; }

    internal required AggregationGroup GroupBy { get; init; }

    internal required bool FillsGaps { get; init; }

    internal required IReadOnlyList<AggregationArea> Areas { get; init; }

    /// <summary>Reads the parameters that have no $.</summary>
    internal static Result<AggregationRequest> Parse(IQueryCollection query, QueryLimits limits)
    {
        foreach (var name in query.Keys)
            if (!name.StartsWith('$') && !Parameters.Contains(name, StringComparer.Ordinal))
                return Invalid(Show(name), $"There is no parameter {Show(name)}. There are {string.Join(", ", Parameters)}, and $filter, $top.");
        if (ParseInterval(query, out var interval, out var length) is { } problem) return problem;
        if (ParseZone(query, out var zoneName, out var zone) is { } noZone) return noZone;
        if (ParseFunctions(query, out var functions) is { } noFunctions) return noFunctions;
        if (ParseAreas(query, limits, out var areas) is { } noAreas) return noAreas;
        if (ParseGroup(query, areas, out var group) is { } noGroup) return noGroup;
        if (!TryOne(query, "fill", "none", out var fill) || fill is not ("none" or "null"))
            return Invalid("fill", "fill takes null (a row for every bucket) or none (only buckets with observations).");
        return new AggregationRequest
        {
            Interval = length, IntervalText = interval, Zone = zone, ZoneName = zoneName, Functions = functions, GroupBy = group,
            FillsGaps = fill == "null", Areas = areas,
        };
    }

    private static Problem? ParseInterval(IQueryCollection query, out string text, out BucketLength length)
    {
        length = default;
        var position = 0;
        if (TryOne(query, "interval", "", out text) && BucketLength.TryParse(text, out length, out position)) return null;
        return Invalid("interval",
                "interval takes an ISO 8601 duration of whole numbers: hours, minutes and seconds such as PT15M or PT1H, or one of days, " +
                "weeks, months and years such as P1D, P1W, P1M, P1Y.")
            .With("position", position);
    }

    private static Problem? ParseZone(IQueryCollection query, out string name, out TimeZoneInfo zone)
    {
        zone = TimeZoneInfo.Utc;
        if (TryOne(query, "zone", "UTC", out name) && name.Length is > 0 and <= NameCharsMax &&
            name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+'))
        {
            if (name == "UTC") return null;
            if (ZoneRules.TryFind(name, out var found))
            {
                zone = found;
                return null;
            }
        }

        return Invalid("zone", "zone takes the IANA name of a time zone, for example Europe/Berlin, or UTC.");
    }

    private static Problem? ParseFunctions(IQueryCollection query, out List<AggregateFunction> functions)
    {
        functions = [];
        if (!TryOne(query, "functions", "avg,min,max,count", out var text)) return Twice("functions");
        var position = 0;
        foreach (var name in text.Split(','))
        {
            if (!AggregateFunction.TryParse(name, out var function))
                return Invalid("functions", $"There is no function {Show(name)}. There are {AggregateFunction.Known}.").With("position", position);
            if (functions.Contains(function))
                return Invalid("functions", $"{name} is named twice.").With("position", position);
            if (functions.Count == FunctionsMax)
                return Invalid("functions", $"There may be at most {FunctionsMax} functions.").With("position", position).With("limit", FunctionsMax);
            functions.Add(function);
            position += name.Length + 1;
        }

        return null;
    }

    private static Problem? ParseAreas(IQueryCollection query, QueryLimits limits, out List<AggregationArea> areas)
    {
        areas = [];
        foreach (var text in query["area"])
        {
            if (areas.Count == AreasMax) return Invalid("area", $"There may be at most {AreasMax} areas.").With("limit", AreasMax);
            var colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
            if (text is null || colon is < 1 or > NameCharsMax || text.AsSpan(0, colon).ContainsAnyInRange('\0', '\x1f'))
                return Invalid("area", $"area takes a name of at most {NameCharsMax} characters, a colon and a geometry as well-known " +
                    "text in longitude and latitude: area=centre:POLYGON((7.6 51.9,7.7 51.9,7.7 52,7.6 51.9)).");
            var (name, wkt) = (text[..colon], text[(colon + 1)..]);
            if (areas.Exists(area => area.Name == name)) return Invalid("area", $"Two areas are named {Show(name)}.");
            var quote = wkt.IndexOf('\'', StringComparison.Ordinal);
            if (quote >= 0) return Invalid("area", "A geometry has no quotation mark.").With("position", colon + 1 + quote);
            const string Before = "st_intersects(Thing/Locations/location,geography'";
            if (!ODataQuery.ParseFilter($"{Before}{wkt}')", limits).TryGet(out var filter, out var problem))
                return AreaProblem(problem, colon + 1 - Before.Length);
            areas.Add(new(name, wkt, filter));
        }

        return null;
    }

    /// <summary>A problem of the condition that was made of an area, as one of the area.</summary>
    private static Problem AreaProblem(Problem problem, int shift)
    {
        var position = problem.Members.Where(member => member.Key == "position").Select(member => (int?)(int)member.Value).FirstOrDefault();
        var detail = problem.Detail[(problem.Detail.IndexOf(": ", StringComparison.Ordinal) + 2)..];
        var shown = Invalid("area", $"The geometry cannot be used: {detail}");
        return position is { } at ? shown.With("position", Math.Max(0, at + shift)) : shown;
    }

    private static Problem? ParseGroup(IQueryCollection query, List<AggregationArea> areas, out AggregationGroup group)
    {
        group = default;
        if (!TryOne(query, "groupBy", areas.Count > 0 ? "Area" : "Datastream", out var text)) return Twice("groupBy");
        AggregationGroup? known = text switch
        {
            "Datastream" => AggregationGroup.Datastream,
            "Thing" => AggregationGroup.Thing,
            "ObservedProperty" => AggregationGroup.ObservedProperty,
            "Area" => AggregationGroup.Area,
            "none" => AggregationGroup.None,
            _ => null,
        };
        if (known is not { } named)
            return Invalid("groupBy", "groupBy takes Datastream, Thing, ObservedProperty, Area or none.");
        if (named == AggregationGroup.Area != areas.Count > 0)
            return Invalid("groupBy", "Areas are named by area=NAME:WKT and go with groupBy=Area alone.");
        group = named;
        return null;
    }

    private static bool TryOne(IQueryCollection query, string name, string absent, out string value)
    {
        var values = query[name];
        value = values.Count == 1 ? values[0] ?? "" : absent;
        return values.Count <= 1;
    }

    private static Problem Twice(string name) => Invalid(name, $"{name} is given twice. Give it once.");

    private static Problem Invalid(string parameter, string detail) =>
        Problem.BadRequest("invalid-parameter", "A query parameter is not acceptable", detail).With("parameter", parameter);

    private static string Show(string text)
    {
        var shown = text.Length > 40 ? text[..40] + "…" : text;
        return string.Concat(shown.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c));
    }
}
