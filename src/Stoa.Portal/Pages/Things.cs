using System.Text.Json;
using Stoa.Portal.Charts;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Pages;

/// <summary>A Thing's own page.</summary>
internal static partial class Things
{
    // Charts on one page; a thing with more is a data logger, read over the API.
    private const int DatastreamsShown = 16;
    private const int PropertiesShown = 30;
    private const int PropertyDepthMax = 3;

    /// <summary>The page of a thing; null when it is absent or hidden.</summary>
    internal static ThingView? Find(ReadSession read, AccessScope scope, long id, Span span, string baseAddress)
    {
        using var select = read.Prepare(ById, scope).Bind("@id", id);
        if (!select.Step()) return null;
        var streams = ReadDatastreams(read, scope, id);
        using var where = read.Prepare(Where, scope).Bind("@id", id);
        var place = where.Step() ? GeoJsonBox.MiddleOf(where.Text(1)) : null;
        using var count = read.Prepare(CountDatastreams, scope).Bind("@id", id);
        count.Step();
        // Every chart of the page shows the same stretch, so that they can be compared: it ends with the newest value.
        var to = streams.Max(stream => stream.Last);
        var first = streams.Min(stream => stream.First);
        var from = span.Length is { } length && to is { } end ? new Instant(end.UnixMicroseconds - (long)length.TotalMicroseconds) : first;
        return new(
            id, select.Text(1), select.Text(2), select.Text(4), select.Text(5), (InfrastructureSector)select.Int64(6),
            select.TextOrNull(7), place?.X, place?.Y, place is null ? null : where.Text(0), Properties(select.TextOrNull(3)),
            [.. streams.Select(stream => Show(read, scope, stream, from, to))], count.Int64(0), MultiDatastreams.Of(read, scope, id), span,
            ApiCallText.OfThing(baseAddress, id, streams.Count > 0 ? streams[0].Value.Datastream : null));
    }

    private static List<Stream> ReadDatastreams(ReadSession read, AccessScope scope, long id)
    {
        using var select = read.Prepare(Datastreams, scope).Bind("@id", id).Bind("@limit", DatastreamsShown);
        var streams = new List<Stream>();
        while (select.Step())
        {
            var value = ResultText.Latest(select, 0);
            var (first, last) = (Time(select, 10), Time(select, 11));
            if (NarrowedSeries.Of(read, scope, select.Int64(12), value.Datastream) is { } narrowed)
            {
                value = narrowed.Latest(value);
                (first, last) = (narrowed.Oldest(value.Time), value.Time);
            }

            streams.Add(new(value, select.Int64(12), select.Text(8), select.Text(9), ResultText.Unit(select.Text(2)).Name, first, last));
        }

        return streams;
    }

    private static Instant? Time(Statement row, int column) => row.Int64OrNull(column) is { } time ? new(time) : null;

    private static ThingDatastream Show(ReadSession read, AccessScope scope, Stream stream, Instant? from, Instant? to)
    {
        var chart = from is { } start && to is { } end
            ? SeriesReader.View(read, scope, stream.Dataset, stream.Value.Datastream, stream.Value.Name, stream.Value.Unit, start, end)
            : null;
        IReadOnlyList<StateRow> states = chart is null && from is { } begin && to is { } last
            ? SeriesReader.States(read, scope, stream.Dataset, stream.Value.Datastream, begin, last)
            : [];
        var more = stream.Name == stream.Value.Name ? stream.Description : stream.Name;
        return new(stream.Value, stream.Value.Name, more, stream.UnitName, chart, states);
    }

    /// <summary>Members of the properties as rows; members of members with their path.</summary>
    internal static IReadOnlyList<PropertyRow> Properties(string? json)
    {
        if (json is null) return [];
        using var document = JsonDocument.Parse(json);
        var rows = new List<PropertyRow>();
        Add(rows, "", document.RootElement, 0);
        return rows;
    }

    private static void Add(List<PropertyRow> rows, string path, JsonElement value, int depth)
    {
        if (rows.Count >= PropertiesShown) return;
        if (value.ValueKind == JsonValueKind.Object && depth < PropertyDepthMax)
        {
            foreach (var member in value.EnumerateObject())
                Add(rows, path.Length == 0 ? member.Name : $"{path} · {member.Name}", member.Value, depth + 1);
            return;
        }

        var text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.True => "yes",
            JsonValueKind.False => "no",
            JsonValueKind.Null => "–",
            JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
                string.Join(", ", value.EnumerateArray().Select(item => item.GetString())),
            _ => value.GetRawText(),
        };
        var isLink = Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && !text.Contains(' ');
        rows.Add(new(path.Length == 0 ? "properties" : path, text.Length <= 400 ? text : text[..399] + "…", isLink));
    }

    private sealed record Stream(
        LatestValue Value, long Dataset, string Name, string Description, string UnitName, Instant? First, Instant? Last);
}
