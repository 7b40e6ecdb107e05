using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Stoa.Identity.Credentials;
using Stoa.Query;
using Stoa.Sensing.Aggregation;
using Stoa.Sensing.Feed;
using Stoa.Sensing.Schema;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Formats;

/// <summary>The forms in which entities are answered.</summary>
internal enum ResultFormat
{
    /// <summary>JSON of the standard (OGC 18-088, 9).</summary>
    Json,

    /// <summary>Observations as arrays by Datastream (OGC 18-088, 13.1).</summary>
    DataArray,

    /// <summary>A table of comma-separated values (RFC 4180).</summary>
    Csv,

    /// <summary>A FeatureCollection (RFC 7946).</summary>
    GeoJson,
}

/// <summary>Which form a request asks for, and whether its query fits that form.</summary>
internal static class ResultFormats
{
    internal const string Csv = "text/csv";
    internal const string GeoJson = "application/geo+json";

    /// <summary>By $resultFormat, else by Accept.</summary>
    /// <returns>The form; 501 for one that is not known, 400 where it does not fit what is asked for.</returns>
    internal static Result<ResultFormat> Choose(HttpRequest request, BoundQuery query, ResourcePath path)
    {
        if (query.ResultFormat is not { } name)
            return path.End == PathEnd.Entities ? Check(Accepted(request.Headers.Accept.ToString()), query, path) : ResultFormat.Json;
        ResultFormat? format = name.ToUpperInvariant() switch
        {
            "JSON" => ResultFormat.Json,
            "DATAARRAY" => ResultFormat.DataArray,
            "CSV" => ResultFormat.Csv,
            "GEOJSON" => ResultFormat.GeoJson,
            _ => null,
        };
        if (format is not { } known) return Problems.UnsupportedFormat(name);
        return path.End == PathEnd.Entities || known == ResultFormat.Json
            ? Check(known, query, path)
            : Problems.FormatDoesNotFit("Only sets and entities have other forms than JSON. Leave $resultFormat out.");
    }

    private static Result<ResultFormat> Check(ResultFormat format, BoundQuery query, ResourcePath path)
    {
        switch (format)
        {
            case ResultFormat.DataArray when path.IsSingle || !ReferenceEquals(path.Entity, SensorThingsSchema.Observation):
                return Problems.FormatDoesNotFit(
                    "A data array holds a set of Observations (OGC 18-088, 13.1). Ask for Observations, or leave $resultFormat out.");
            case ResultFormat.DataArray when query.Expand.Count > 0:
                return Problems.FormatDoesNotFit(
                    "A data array cannot expand relations (OGC 18-088, 13.1). Leave $expand out, or ask for CSV.");
            case ResultFormat.Csv when ExpandedToMany(query) is { } name:
                return Problems.FormatDoesNotFit(
                    $"A row of CSV has one place for each column: {name} leads to many. Expand it with ($top=1), or ask from its other side.");
            default:
                return format;
        }
    }

    private static string? ExpandedToMany(BoundQuery query)
    {
        foreach (var expand in query.Expand)
        {
            if (expand.Navigation.IsMany && expand.Query.Top > 1) return expand.Navigation.Name;
            if (ExpandedToMany(expand.Query) is { } inner) return inner;
        }

        return null;
    }

    /// <summary>By which way data leave: tables and maps are files with everything, events a subscription, all else is an interface.</summary>
    internal static WayOut WayOutOf(HttpRequest request, bool isAlone)
    {
        if (isAlone && ChangeStreams.IsMeant(request) && HttpMethods.IsGet(request.Method) &&
            !IsAggregate(request.RouteValues["path"] as string)) return WayOut.Subscription;
        var isChosen = false;
        foreach (var option in new QueryStringEnumerable(request.QueryString.Value))
        {
            if (!option.DecodeName().Span.Equals("$resultFormat", StringComparison.OrdinalIgnoreCase)) continue;
            isChosen = true;
            if (option.DecodeValue().Span is var value && (value.Equals("csv", StringComparison.OrdinalIgnoreCase) ||
                value.Equals("geojson", StringComparison.OrdinalIgnoreCase))) return WayOut.Export;
        }

        if (isChosen) return WayOut.Api;
        var accept = request.Headers.Accept.ToString();
        return Accepted(accept) is ResultFormat.Csv or ResultFormat.GeoJson ||
            (IsAggregate(request.RouteValues["path"] as string) && accept.StartsWith(Csv, StringComparison.OrdinalIgnoreCase))
                ? WayOut.Export
                : WayOut.Api;
    }

    private static bool IsAggregate(string? path) =>
        path is not null && path.TrimEnd('/').EndsWith("/" + AggregationReads.Segment, StringComparison.Ordinal);

    /// <summary>What the client likes best; of equals the one named first, and JSON when nothing says otherwise.</summary>
    private static ResultFormat Accepted(string accept)
    {
        if (!accept.Contains("csv", StringComparison.OrdinalIgnoreCase) &&
            !accept.Contains("geo+json", StringComparison.OrdinalIgnoreCase)) return ResultFormat.Json;
        var (best, bestQuality) = (ResultFormat.Json, 0.0);
        foreach (var item in accept.Split(','))
        {
            if (!MediaTypeWithQualityHeaderValue.TryParse(item, out var type)) continue;
            ResultFormat? format = type.MediaType?.ToUpperInvariant() switch
            {
                "TEXT/CSV" => ResultFormat.Csv,
                "APPLICATION/GEO+JSON" => ResultFormat.GeoJson,
                "APPLICATION/JSON" or "APPLICATION/*" or "*/*" => ResultFormat.Json,
                _ => null,
            };
            if (format is not { } known || (type.Quality ?? 1) <= bestQuality) continue;
            (best, bestQuality) = (known, type.Quality ?? 1);
        }

        return best;
    }
}
