using System.Text.Json;
using Stoa.Portal.Layout;
using Stoa.Portal.Pages;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Map;

/// <summary>Things as GeoJSON features with the latest values of their first datastreams.</summary>
/// <remarks>RFC 7946. Written while both statements are read; nothing is collected in between.</remarks>
internal static partial class MapFeatures
{
    /// <summary>Most places on one map: what a browser still moves smoothly, some 10 MB of GeoJSON.</summary>
    internal const int FeaturesMax = 20_000;

    // In the pop-up at first; the rest is asked for when it opens.
    private const int ValuesOnMap = 3;
    private const int ValuesOfOne = 12;

    /// <summary>Most values of narrowed datasets on a map of one dataset: each is read by itself. Beyond, and of those of
    /// <see cref="NarrowedValuesOnMapMax"/>, the others are asked for when the pop-up opens.</summary>
    internal const int NarrowedValuesMax = 2_000;

    /// <summary>Most values of narrowed datasets on the map of everything, which anybody may ask for.</summary>
    internal const int NarrowedValuesOnMapMax = 100;

    /// <param name="json">Where to.</param>
    /// <param name="read">The snapshot.</param>
    /// <param name="scope">What may be seen.</param>
    /// <param name="thing">The one that is asked for, if any.</param>
    /// <param name="isOfDataset">Whether the scope is that of the one dataset that is asked for.</param>
    /// <returns>Places and values that were written.</returns>
    internal static long WriteCollection(Utf8JsonWriter json, ReadSession read, AccessScope scope, long? thing, bool isOfDataset)
    {
        var (first, last) = (thing ?? long.MinValue, thing ?? long.MaxValue);
        using var places = read.Prepare(Places, scope).Bind("@first", first).Bind("@last", last).Bind("@limit", FeaturesMax);
        using var values = read.Prepare(Values, scope).Bind("@first", first).Bind("@last", last).Bind("@perThing", ValuesOnMap);
        var hasValue = values.Step();
        var rows = 0L;
        var narrowed = new NarrowedValues(read, scope, thing is null && !isOfDataset ? NarrowedValuesOnMapMax : NarrowedValuesMax);
        json.WriteStartObject();
        json.WriteString("type"u8, "FeatureCollection"u8);
        json.WriteStartArray("features"u8);
        while (places.Step())
        {
            var id = places.Int64(0);
            while (hasValue && values.Int64(0) < id) hasValue = values.Step();
            using var geometry = GeometryOf(places.Text(5));
            if (geometry is null) continue;
            rows++;
            json.WriteStartObject();
            json.WriteString("type"u8, "Feature"u8);
            json.WriteNumber("id"u8, id);
            json.WritePropertyName("geometry"u8);
            WriteGeometry(json, geometry.RootElement);
            json.WriteStartObject("properties"u8);
            json.WriteNumber("id"u8, id);
            json.WriteString("name"u8, places.Utf8(1));
            json.WriteString("dataset"u8, places.Utf8(3));
            var sector = (InfrastructureSector)places.Int64(4);
            json.WriteString("sector"u8, sector.ToWord());
            json.WriteString("sectorName"u8, Wording.Sector(sector));
            json.WriteStartArray("streams"u8);
            for (; hasValue && values.Int64(0) == id; hasValue = values.Step(), rows++) narrowed.WriteStream(json, values);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        return rows;
    }

    /// <summary>One thing with the latest values of more of its datastreams; null when it is absent or hidden.</summary>
    /// <returns>The thing and its values that were written, counted.</returns>
    internal static long? TryWriteThing(Utf8JsonWriter json, ReadSession read, AccessScope scope, long thing)
    {
        using var name = read.Prepare(Name, scope).Bind("@thing", thing);
        if (!name.Step()) return null;
        var rows = 1L;
        using var values = read.Prepare(Values, scope)
            .Bind("@first", thing).Bind("@last", thing).Bind("@perThing", ValuesOfOne);
        var narrowed = new NarrowedValues(read, scope, ValuesOfOne);
        json.WriteStartObject();
        json.WriteNumber("id"u8, thing);
        json.WriteString("name"u8, name.Utf8(0));
        json.WriteStartArray("streams"u8);
        for (; values.Step(); rows++) narrowed.WriteStream(json, values);
        json.WriteEndArray();
        json.WriteEndObject();
        return rows;
    }

    /// <summary>Writes latest values, and looks for those of narrowed datasets, up to a number.</summary>
    private sealed class NarrowedValues(ReadSession read, AccessScope scope, int most)
    {
        // What is made of a dataset's scope, once for all of its series.
        private readonly Dictionary<long, NarrowedSeries?> _ofDatasets = [];
        private int _read;

        internal void WriteStream(Utf8JsonWriter json, Statement row)
        {
            json.WriteStartObject();
            json.WriteNumber("id"u8, row.Int64(1));
            json.WriteString("name"u8, row.Utf8(2));
            json.WriteString("unit"u8, ResultText.Unit(row.Text(3)).Symbol);
            if (Of(row.Int64(9), row.Int64(1)) is { } narrowed)
            {
                using var newest = _read++ < most ? narrowed.Newest(1) : null;
                if (newest is not null && newest.Step()) WriteValue(json, newest, time: 0, result: 2);
                else WriteNothing(json);
            }
            else if (row.IsNull(4))
            {
                WriteNothing(json);
            }
            else
            {
                WriteValue(json, row, time: 4, result: 5);
            }

            json.WriteEndObject();
        }

        private NarrowedSeries? Of(long dataset, long series)
        {
            if (!_ofDatasets.TryGetValue(dataset, out var first)) _ofDatasets[dataset] = first = NarrowedSeries.Of(read, scope, dataset, series);
            return first?.Beside(series);
        }

        private static void WriteValue(Utf8JsonWriter json, Statement row, int time, int result)
        {
            json.WriteNumber("time"u8, row.Int64(time) / 1000);
            json.WritePropertyName("result"u8);
            ResultText.Write(json, row, result);
        }

        private static void WriteNothing(Utf8JsonWriter json)
        {
            json.WriteNull("time"u8);
            json.WriteNull("result"u8);
        }
    }

    // The text was checked when it was stored: a geometry, a Feature or a FeatureCollection.
    private static JsonDocument? GeometryOf(string location)
    {
        var document = JsonDocument.Parse(location);
        if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("type", out _)) return document;
        document.Dispose();
        return null;
    }

    private static void WriteGeometry(Utf8JsonWriter json, JsonElement element)
    {
        if (element.TryGetProperty("geometry", out var geometry))
        {
            geometry.WriteTo(json);
        }
        else if (element.TryGetProperty("features", out var features) && features.ValueKind == JsonValueKind.Array)
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "GeometryCollection"u8);
            json.WriteStartArray("geometries"u8);
            foreach (var feature in features.EnumerateArray())
                if (feature.TryGetProperty("geometry", out var part)) part.WriteTo(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        else
        {
            element.WriteTo(json);
        }
    }
}
