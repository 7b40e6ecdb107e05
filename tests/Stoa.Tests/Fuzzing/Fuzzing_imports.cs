using System.Text;
using Stoa.Sensing.Import;
using Stoa.Sensing.Import.Crs;
using Stoa.Sensing.Import.Csv;
using Stoa.Sensing.Import.GeoJson;
using Stoa.Sensing.Import.Mapping;
using Stoa.Sensing.Import.Time;
using Stoa.Sensing.Spatial;
using Xunit;

namespace Stoa.Tests.Fuzzing;

/// <summary>Files that are imported: tables, features and mappings, whatever they hold.</summary>
public class Fuzzing_imports
{
    private static readonly CsvLimits Small = new() { RowBytesMax = 4096, FieldBytesMax = 1024, ColumnsMax = 64 };

    [Fact]
    public void Tables_are_rows_or_faults_however_the_bytes_arrive()
    {
        var random = new Random(1);
        new Fuzzer("tables.txt", "\"", "\"\"", ",", ";", "\n", "\r", "\r\n", "a", "1.5", "\"a,b\"", "\"a\nb\"", " ",
            "\0").Run(bytes =>
        {
            var rows = Rows(bytes, int.MaxValue);

            Assert.Equal(rows, Rows(bytes, 1 + random.Next(7)));
        });
    }

    private static string Rows(byte[] bytes, int chunk)
    {
        using var reader = new CsvReader(new Trickle(bytes, chunk), (byte)',', (byte)'"', Small);
        var rows = new StringBuilder();
        // Every call finds a row or asks for bytes: more calls than bytes would never end.
        for (var calls = 0; calls <= 2 * bytes.Length + 10; calls++)
        {
            var read = reader.Read();
            if (read == CsvRead.End) return rows.ToString();
            if (read == CsvRead.FillNeeded)
            {
                Assert.True(reader.FillAsync(TestContext.Current.CancellationToken).AsTask().IsCompletedSuccessfully);
                continue;
            }

            rows.Append(reader.LineNumber).Append(reader.Fault);
            for (var i = 0; i < reader.FieldCount; i++) rows.Append('[').Append(
                Encoding.UTF8.GetString(reader.Field(i))).Append(']');
            rows.Append('\n');
        }

        throw new InvalidOperationException("The reader does not end.");
    }

    [Fact]
    public void Features_are_read_or_the_file_is_at_fault() => new Fuzzer(
        "features.txt", "{", "}", "[", "]", ",", ":", "\"", "\"type\":\"Feature\"", "\"features\":[",
            "\"geometry\":null", "\"properties\":{}", "null", "1e400", "\"crs\":{}").Run(bytes =>
    {
        using var reader = new FeatureReader(new Trickle(bytes, 100));
        var features = 0;
        var reading = reader.ReadAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(
            TestContext.Current.CancellationToken);
        while (reading.MoveNextAsync().AsTask() is { IsCompletedSuccessfully: true, Result: true }) features++;
        reading.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Assert.True(features <= bytes.Length);
        if (reader.Fault is { } fault) Assert.InRange(fault.Length, 1, 1000);
    });

    [Fact]
    public void Features_become_things_or_rejections() => new Fuzzer(
        "features.txt", "\"type\":\"Polygon\"", "[1,2]", "[", "]", "1e308", "-181", "\"geometries\":[", "\"id\":",
            "\\ud800", "\"name\":null").Run(bytes =>
    {
        using var rejected = new RejectedRows(file: null);
        var things = new FeatureThings(FeatureMapping.Default, "fuzz.geojson", rejected);
        Assert.True(things.ProbeAsync(new MemoryStream(bytes),
            TestContext.Current.CancellationToken).IsCompletedSuccessfully);
        var reading = things.ReadAsync(new MemoryStream(bytes), () => 0, null, TestContext.Current.CancellationToken)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);
        while (reading.MoveNextAsync().AsTask() is { IsCompletedSuccessfully: true } step &&
            step.Result) Assert.Empty(reading.Current.Datastreams);
        reading.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Assert.All(rejected.Kept, row => Assert.NotEmpty(row.Reason));
    });

    [Fact]
    public void Well_known_text_of_a_table_becomes_geometry_or_a_reason() => new Fuzzer(
        "wkt.txt", "SRID=25832;", "SRID=", "(", ")", ",", " ", "EMPTY", "CURVEPOLYGON(", "GEOMETRYCOLLECTION(", "NaN",
            "1e400", "Infinity").Run(bytes =>
    {
        var text = Encoding.UTF8.GetString(bytes);
        if (!Geometry.TryFromWellKnownText(text, CoordinateReferenceSystem.Wgs84, out var geoJson,
            out var reason)) Assert.InRange(reason.Length, 1, 1000);
        else if (!GeoJson.Parse(geoJson, "location").TryGet(out _, out var problem)) Assert.Equal(400, problem.Status);
    });

    [Fact]
    public void Mappings_are_read_or_refused_with_a_line() => new Fuzzer(
        "mappings.txt", ":", "- ", "\n  ", "'", "\"", "{", "}", "[", "]", "&a ", "*a", "!!str ", "|", ">", "#", "? ",
            "<<: *a", "time:", "thing: { key: a }", "'{x}'", "{{", "~", "---\n").Run(bytes =>
    {
        if (!MappingReader.Read(bytes).TryGet(out _, out var problem))
        {
            Assert.Equal((400, "invalid-mapping"), (problem.Status, problem.Type));
            Assert.Contains(problem.Members, member => member.Key == "line");
        }

        if (!MappingReader.ReadFeatures(bytes).TryGet(out _, out problem)) Assert.Equal(400, problem.Status);
        if (!MappingReader.ReadDataset(bytes).TryGet(out _, out problem)) Assert.Equal(400, problem.Status);
    });

    [Fact]
    public void Time_formats_and_numbers_are_read_or_refused()
    {
        NumberFormat[] formats = [NumberFormat.Plain, new((byte)',', (byte)'.'), new((byte)'.', (byte)' ')];
        new Fuzzer("formats.txt", "yyyy", "MM", "dd", "HH", "'", "fff", "zzz", "tt", "MMM", ".", ",", "-", "e", "0",
            " ", "\\").Run(bytes =>
        {
            var text = Encoding.UTF8.GetString(bytes);
            foreach (var format in formats)
            {
                if (format.TryReadNumber(bytes, out var number)) Assert.True(double.IsFinite(number));
                _ = format.TryReadInteger(bytes, out _);
            }

            foreach (var part in text.Split('|', 2))
            {
                if (TimeFormat.TryCreate(part, out var format,
                    out var problem)) _ = format.TryRead(Encoding.UTF8.GetBytes(text.Split('|', 2)[^1]), out _);
                else Assert.NotEmpty(problem);
                if (!Template.TryParse(part, out _, out problem)) Assert.NotEmpty(problem);
            }
        });
    }

    /// <summary>Gives its bytes a few at a time.</summary>
    private sealed class Trickle(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span[..Math.Min(buffer.Length, chunk)]));
    }
}
