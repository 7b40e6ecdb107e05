using System.Text;
using System.Text.Json;
using NetTopologySuite.IO;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Observations;
using Stoa.Sensing.Spatial;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Fuzzing;

/// <summary>Bodies of requests: entities, observations, data arrays, GeoJSON, times and results, whatever they hold.</summary>
public class Fuzzing_bodies
{
    private static readonly string[] Json =
    [
        "{", "}", "[", "]", "\"", ":", ",", "null", "true", "{\"@iot.id\":1}", "\"name\":\"x\",", "\"result\":",
            "\"properties\":{}", "1e400", "-0", "0.1", "\\u0000", "\\",
        "\"Datastream\":{\"@iot.id\":1}", "\"Locations\":[", "\"coordinates\":[1,2]", "\"type\":\"Point\"",
            "\"phenomenonTime\":\"2025-01-01T00:00:00Z\"", "//", "/*",
    ];

    // The border checks the encoding of a body before any parser sees it.
    private static bool IsText(byte[] bytes) => System.Text.Unicode.Utf8.IsValid(bytes);

    private static void MustBeAdvice(Problem problem)
    {
        Assert.InRange(problem.Status, 400, 499);
        Assert.InRange(problem.Detail.Length, 1, 2000);
        Assert.DoesNotContain(problem.Detail, c => char.IsControl(c) && c != '\n');
        Assert.DoesNotContain("   at ", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Entities_are_drafts_or_problems()
    {
        EntityDescription[] kinds =
        [
            EntityDescription.Thing, EntityDescription.Location, EntityDescription.HistoricalLocation,
                EntityDescription.Sensor,
            EntityDescription.ObservedProperty, EntityDescription.Datastream,
        ];
        var round = 0;
        new Fuzzer("entities.txt", Json).Run(bytes =>
        {
            if (!IsText(bytes)) return;
            var kind = kinds[round++ % kinds.Length];
            if (!EntityDraft.Parse(kind, bytes, isPatch: round % 3 == 0).TryGet(out var draft,
                out var problem)) MustBeAdvice(problem);
            else Assert.All(draft.Values, value =>
                Assert.True(value.Value is null or string or Instant or long or double or bool, value.Key));
        });
    }

    [Fact]
    public void Observations_are_drafts_or_problems() => new Fuzzer("observations.txt", Json).Run(bytes =>
    {
        if (!IsText(bytes)) return;
        if (!ObservationDraft.Parse(bytes).TryGet(out var draft, out var problem)) MustBeAdvice(problem);
        // Minus nothing is nothing.
        else if (Written(draft.Result) is var text && text != "-0") Assert.Equal(text, Written(Again(draft.Result)));
        if (!ObservationDraft.Parse(bytes, isPatch: true).TryGet(out _, out problem)) MustBeAdvice(problem);
    });

    private static string Written(ResultValue result)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) result.WriteTo(json);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static ResultValue Again(ResultValue result)
    {
        var text = Encoding.UTF8.GetBytes(Written(result));
        var reader = new Utf8JsonReader(text);
        Assert.True(reader.Read());
        return ResultValue.Read(ref reader, text);
    }

    [Fact]
    public void Data_arrays_are_groups_or_problems() =>
        new Fuzzer("data-arrays.txt", [.. Json, "\"components\":[\"result\"]", "\"dataArray\":[[1]]",
        "[1,2],"]).Run(bytes =>
    {
        if (!IsText(bytes)) return;
        if (!DataArray.Parse(bytes).TryGet(out _, out var problem)) MustBeAdvice(problem);
    });

    [Fact]
    public void GeoJSON_is_a_geometry_or_a_problem()
    {
        var reader = new WKBReader();
        new Fuzzer("geojson.txt", [.. Json, "\"type\":\"Polygon\"", "\"geometries\":[", "[[0,0],[1,0],[1,1],[0,0]]",
            "1e308"]).Run(bytes =>
        {
            var text = Encoding.UTF8.GetString(bytes);
            try
            {
                using var document = JsonDocument.Parse(text, JsonText.Strict);
            }
            catch (Exception error) when (error is JsonException or InvalidOperationException)
            {
                // The parser is given members of bodies that were read: they are JSON, and Unicode.
                return;
            }

            if (!GeoJson.Parse(text, "location").TryGet(out var read, out var problem))
            {
                MustBeAdvice(problem);
                return;
            }

            Assert.False(reader.Read(read.Wkb).IsEmpty);
            Assert.Equal(read.Box, GeoJson.BoxOf(read.Wkb));
        });
    }

    [Fact]
    public void Times_survive_being_written_and_read_again() => new Fuzzer(
        "times.txt", "/", "Z", "+14:00", "-14:00", "T", ":", ".", "24:00", "60", "0001", "9999", "-", "2024-02-29",
            "999999999").Run(bytes =>
    {
        var text = Encoding.UTF8.GetString(bytes);
        if (Instant.TryParse(bytes, out var instant))
        {
            Assert.True(Instant.TryParse(text.AsSpan(), out var same));
            Assert.Equal(instant, same);
            Assert.True(Instant.TryParse(instant.ToString().AsSpan(), out var again), instant.ToString());
            Assert.Equal(instant.UnixMicroseconds, again.UnixMicroseconds);
        }

        if (!TimeInterval.TryParse(bytes, out var interval)) return;
        Assert.True(interval.Start.UnixMicroseconds <= interval.End.UnixMicroseconds);
        Assert.True(TimeInterval.TryParse(interval.ToString().AsSpan(), out var back), interval.ToString());
        Assert.Equal((interval.Start.UnixMicroseconds, interval.End.UnixMicroseconds),
            (back.Start.UnixMicroseconds, back.End.UnixMicroseconds));
    });
}
