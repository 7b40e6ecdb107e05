using System.Text;
using System.Text.Json.Nodes;
using Stoa.Sensing.Import;
using Stoa.Tests.Ledger;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Import;

public class Importing_tables
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    private const string Meter =
        """
        time: { column: when, formats: [iso], zone: UTC }
        thing: { key: '{station}' }
        datastreams:
          - column: level
            key: '{station}/level'
            unit: { name: metre, symbol: m, definition: 'https://ucum.org/ucum#m' }
            sensor: gauge
            observedProperty: level
        sensors: { gauge: { name: Gauge, metadata: 'https://example.org/gauge' } }
        observedProperties: { level: { name: Water level, definition: 'https://example.org/level' } }
        """;

    private static readonly string Readings =
        $"""
        SELECT d.external_key, {TestSql.Moment("o.phenomenon_start")}, o.result_number, o.result_text, o.result_boolean, o.result_quality
        FROM   observation o
        JOIN   datastream d ON d.id = o.datastream_id
        ORDER BY 1, o.phenomenon_start
        """;

    private static string Text(ImportSource source) => File.ReadAllText(source.RejectFile!).ReplaceLineEndings("\n");

    [Fact]
    public async Task Makes_things_sensors_properties_and_datastreams_with_their_keys()
    {
        await using var stoa = await Importer.StartAsync();

        Importer.Summary(await stoa.ImportAsync(Meter,
            stoa.Given("a.csv", "when,station,level\n2025-01-01 00:00,A,1.5\n")));

        Assert.Equal(["A|A|A"], await stoa.QueryAsync("SELECT external_key, name, description FROM thing"));
        Assert.Equal(["""A|text/plain|"A" """.Trim()], await stoa.QueryAsync("SELECT external_key, encoding_type, location FROM location"));
        Assert.Equal(["""gauge|Gauge|text/plain|"https://example.org/gauge" """.Trim()], await stoa.QueryAsync("SELECT external_key, name, encoding_type, metadata FROM sensor"));
        Assert.Equal(["level|Water level|https://example.org/level"],
            await stoa.QueryAsync("SELECT external_key, name, definition FROM observed_property"));
        Assert.Equal(
            ["""A/level|http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement|{"name":"metre","symbol":"m","definition":"https://ucum.org/ucum#m"}"""],
            await stoa.QueryAsync("SELECT external_key, observation_type, unit_of_measurement FROM datastream"));
        Assert.Equal(["A/level|2025-01-01 00:00:00|1.5|||"], await stoa.QueryAsync(Readings));
    }

    [Fact]
    public async Task Adds_nothing_twice_when_run_again_and_only_what_is_new_when_the_file_has_grown()
    {
        await using var stoa = await Importer.StartAsync();
        var first = stoa.Given("a.csv", "when,station,level\n2025-01-01 00:00,A,1\n2025-01-01 01:00,A,2\n");
        Importer.Summary(await stoa.ImportAsync(Meter, first));

        var again = Importer.Summary(await stoa.ImportAsync(Meter, first));
        var grown = Importer.Summary(await stoa.ImportAsync(
            Meter, stoa.Given("a.csv",
                "when,station,level\n2025-01-01 00:00,A,1\n2025-01-01 01:00,A,2\n2025-01-01 02:00,A,3\n")));

        Assert.Equal((0, 2), (again.Added, again.Skipped));
        Assert.Equal((1, 2), (grown.Added, grown.Skipped));
        Assert.Equal(1, await stoa.NumberAsync("SELECT count(*) FROM thing"));
        Assert.Equal(3, await stoa.NumberAsync("SELECT count(*) FROM observation"));
    }

    [Fact]
    public async Task Puts_bad_rows_into_a_file_with_line_and_reason_and_goes_on()
    {
        await using var stoa = await Importer.StartAsync();
        var file = stoa.Given("a.csv",
            "when,station,level\n2025-01-01 00:00,A,1\nyesterday,A,2\n2025-01-01 02:00,A,\"1,5\"\n2025-01-01 " +
                "03:00,A\n2025-01-01 04:00,,5\n" +
            "\"2025\"x,A,6\n\n2025-01-01 05:00,A,7\n");

        var summary = Importer.Summary(await stoa.ImportAsync(Meter, file));

        Assert.Equal(7, summary.Rows);
        Assert.Equal(2, summary.Added);
        Assert.Equal(5, summary.Rejected);
        Assert.Equal(file.RejectFile, summary.Files[0].RejectFile);
        Assert.Equal(
            """"
            line,reason,row
            3,"'yesterday' is not a time in the form iso","yesterday,A,2"
            4,"level: '1,5' is not a number","2025-01-01 02:00,A,""1,5"""
            5,"the row has 2 fields, the table has 3","2025-01-01 03:00,A"
            6,"the key of the Thing ({station}) is empty","2025-01-01 04:00,,5"
            7,"text stands after a closing quote; a quote inside a quoted field must be doubled","""2025""x,A,6"

            """".ReplaceLineEndings("\n"), Text(file));
    }

    [Fact]
    public async Task Takes_the_reject_file_away_when_the_next_run_has_none()
    {
        await using var stoa = await Importer.StartAsync();
        var bad = stoa.Given("a.csv", "when,station,level\nyesterday,A,2\n");
        Importer.Summary(await stoa.ImportAsync(Meter, bad));
        Assert.True(File.Exists(bad.RejectFile));

        Importer.Summary(await stoa.ImportAsync(Meter, stoa.Given("a.csv", "when,station,level\n2025-01-01,A,2\n")));

        Assert.False(File.Exists(bad.RejectFile));
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(1, false)]
    public async Task Ends_when_more_rows_are_rejected_than_allowed(long allowed, bool goesOn)
    {
        await using var stoa = await Importer.StartAsync();
        var file = stoa.Given("a.csv", "when,station,level\nx,A,1\ny,A,2\n2025-01-01,A,3\n");

        var outcome = await stoa.ImportAsync(Encoding.UTF8.GetBytes(Meter), [file], null, rejectsMax: allowed);

        Assert.Equal(goesOn, outcome.TryGet(out _, out var problem));
        Assert.Equal(goesOn ? null : "too-many-rejected-rows", problem?.Type);
    }

    [Fact]
    public async Task Keeps_the_good_values_of_a_row_in_which_one_is_bad()
    {
        await using var stoa = await Importer.StartAsync();
        var mapping = Meter.Replace("datastreams:", """
            datastreams:
              - column: flow
                key: '{station}/flow'
                sensor: gauge
                observedProperty: level
            """, StringComparison.Ordinal);

        var summary = Importer.Summary(await stoa.ImportAsync(mapping,
            stoa.Given("a.csv", "when,station,level,flow\n2025-01-01,A,1.5,much\n")));

        Assert.Equal((1, 1), (summary.Added, summary.Rejected));
    }

    [Fact]
    public async Task Reads_long_tables_by_the_columns_that_say_what_is_measured()
    {
        await using var stoa = await Importer.StartAsync();
        const string mapping =
            """
            file: { delimiter: ';' }
            values: { decimal: ',', thousands: '.', missing: [NaN] }
            time: { columns: [day, hour], formats: ['dd.MM.yyyy HH:mm'], zone: Europe/Berlin }
            thing: { key: '{place}' }
            datastreams:
              - column: value
                when: { what: [T, Temperature] }
                key: '{place}/temperature'
                unit: { symbol: '{unit}' }
                sensor: box
                observedProperty: temperature
              - column: value
                when: { what: door }
                key: '{place}/door'
                result: boolean
                sensor: box
                observedProperty: { key: door, definition: 'https://example.org/door' }
            sensors: { box: {} }
            observedProperties: { temperature: { definition: 'https://example.org/temperature' } }
            """;
        var file = stoa.Given("a.csv",
            "place;day;hour;what;value;unit\nhall;01.07.2025;08:00;T;1.021,5;K\nhall;01.07.2025;08:00;door;Yes;\nhall;01.07.2025;09:00;Temperature;NaN;K\n" +
            "hall;01.07.2025;09:00;noise;55;dB\nhall;01.07.2025;10:00;T;'20;K\n");

        var summary = Importer.Summary(await stoa.ImportAsync(mapping, file));

        Assert.Equal(["hall/door|2025-07-01 06:00:00|||1|", "hall/temperature|2025-07-01 06:00:00|1021.5|||"],
            await stoa.QueryAsync(Readings));
        Assert.Equal((1, 1), (summary.Missing, summary.Rejected));
        Assert.Equal(["""{"name":null,"symbol":"K","definition":null}"""], await stoa.QueryAsync("SELECT unit_of_measurement FROM datastream WHERE external_key = 'hall/temperature'"));
    }

    [Fact]
    public async Task Makes_datastreams_for_properties_as_they_come_in_a_long_table()
    {
        await using var stoa = await Importer.StartAsync();
        const string mapping =
            """
            time: { column: at, formats: [unixMilliseconds] }
            thing: { key: '{station}' }
            datastreams:
              - column: value
                key: '{station}/{parameter}'
                sensor: { key: 'sensor of {station}' }
                observedProperty: { key: '{parameter}', definition: 'https://example.org/{parameter}' }
            """;

        Importer.Summary(await stoa.ImportAsync(mapping,
            stoa.Given("a.csv", "at,station,parameter,value\n1000,A,no2,1\n1000,A,o3,2\n1000,B,no2,3\n")));

        Assert.Equal(
            ["A/no2|1970-01-01 00:00:01|1|||", "A/o3|1970-01-01 00:00:01|2|||", "B/no2|1970-01-01 00:00:01|3|||"],
            (await stoa.QueryAsync(Readings)).Select(row => row.Replace(".0|", "|", StringComparison.Ordinal)));
        Assert.Equal(["no2", "o3"], await stoa.QueryAsync("SELECT external_key FROM observed_property ORDER BY 1"));
    }

    [Fact]
    public async Task Reads_wide_tables_by_a_regular_expression_over_the_headers()
    {
        await using var stoa = await Importer.StartAsync();
        const string mapping =
            """
            time: { index: 1, formats: [iso], zone: UTC }
            thing: { key: '{file}' }
            datastreams:
              - columns: '(?<channel>\d+) \((?<label>.*)\)'
                key: '{channel}'
                name: '{label}'
                result: integer
                sensor: { key: counter }
                observedProperty: { key: count }
                status: { column: '{channel}-status', good: ['0'], drop: ['9'] }
            """;
        var file = stoa.Given("site.csv",
            "t,1 (in),2 (out),1-status,2-status\n2025-01-01T00:00,5,6,0,\n2025-01-01T01:00,7,8,4,9\n2025-01-01T02:00,,1,4,\n");

        var summary = Importer.Summary(await stoa.ImportAsync(mapping, file));

        Assert.Equal(
            ["1|2025-01-01 00:00:00|5|||", """1|2025-01-01 01:00:00|7|||{"status":"4"}""", "2|2025-01-01 00:00:00|6|||", "2|2025-01-01 02:00:00|1|||"],
            await stoa.QueryAsync(Readings));
        Assert.Equal((1, 1), (summary.DroppedByStatus, summary.Missing));
        Assert.Equal(["in", "out"], await stoa.QueryAsync("SELECT name FROM datastream ORDER BY 1"));
    }

    [Fact]
    public async Task Tells_columns_with_the_same_header_apart_by_occurrence_or_place()
    {
        await using var stoa = await Importer.StartAsync();
        const string mapping =
            """
            time: { column: t, formats: [iso], zone: UTC }
            thing: { key: a }
            datastreams:
              - { column: v, key: first, sensor: { key: s }, observedProperty: { key: p } }
              - { column: v, occurrence: 2, key: second, sensor: { key: s }, observedProperty: { key: p } }
              - { index: 4, key: last, sensor: { key: s }, observedProperty: { key: p } }
            """;

        Importer.Summary(await stoa.ImportAsync(mapping, stoa.Given("a.csv", "t,v,v,v\n2025-01-01,1.5,2.5,3.5\n")));

        Assert.Equal(
            ["first|2025-01-01 00:00:00|1.5|||", "last|2025-01-01 00:00:00|3.5|||",
                "second|2025-01-01 00:00:00|2.5|||"],
            await stoa.QueryAsync(Readings));
    }

    [Fact]
    public async Task Tells_the_hour_that_comes_twice_apart_for_each_thing_by_itself()
    {
        await using var stoa = await Importer.StartAsync();
        var mapping = Meter.Replace("zone: UTC", "zone: Europe/Berlin, ambiguous: sequence", StringComparison.Ordinal);
        var file = stoa.Given("a.csv",
            "when,station,level\n2025-10-26 02:30,A,1\n2025-10-26 02:30,B,1\n2025-10-26 02:30,A,2\n2025-10-26 " +
                "02:30,B,2\n2025-10-26 03:00,A,3\n");

        Importer.Summary(await stoa.ImportAsync(mapping, file));

        Assert.Equal(
            ["A/level|2025-10-26 00:30:00|1|||", "A/level|2025-10-26 01:30:00|2|||", "A/level|2025-10-26 02:00:00|3|||",
             "B/level|2025-10-26 00:30:00|1|||", "B/level|2025-10-26 01:30:00|2|||"],
            (await stoa.QueryAsync(Readings)).Select(row => row.Replace(".0|", "|", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Takes_the_first_of_two_rows_with_the_same_time_in_any_order()
    {
        await using var stoa = await Importer.StartAsync();

        var summary = Importer.Summary(await stoa.ImportAsync(Meter,
            stoa.Given("a.csv",
                "when,station,level\n2025-01-03,A,3\n2025-01-01,A,1.25\n2025-01-02,A,2\n2025-01-01,A,9\n")));

        Assert.Equal((3, 1), (summary.Added, summary.Skipped));
        Assert.Equal("A/level|2025-01-01 00:00:00|1.25|||", (await stoa.QueryAsync(Readings))[0]);
    }

    [Theory]
    [InlineData("utf-16le", "utf-8")]
    [InlineData("iso-8859-1", "iso-8859-1")]
    [InlineData("windows-1252", "windows-1252")]
    public async Task Reads_the_encoding_that_is_marked_or_stated(string real, string stated)
    {
        await using var stoa = await Importer.StartAsync();
        var encoding = Stoa.Sensing.Import.Csv.CsvText.EncodingOf(real);
        byte[] bytes = [.. encoding.GetPreamble(),
            .. encoding.GetBytes("when,station,level\r\n2025-01-01,Münster,1\r\n")];

        Importer.Summary(await stoa.ImportAsync($"file: {{ encoding: {stated} }}\n{Meter}",
            stoa.Given("a.csv", bytes)));

        Assert.Equal(["Münster"], await stoa.QueryAsync("SELECT name FROM thing"));
    }

    [Fact]
    public async Task Says_how_to_state_the_encoding_when_the_bytes_are_no_text()
    {
        await using var stoa = await Importer.StartAsync();
        var file = stoa.Given("a.csv", [.. "when,station,level\n2025-01-01,"u8, 0xFC, .. ",1\n2025-01-02,B,1\n"u8]);

        var summary = Importer.Summary(await stoa.ImportAsync(Meter, file));

        Assert.Equal((1, 1), (summary.Added, summary.Rejected));
        Assert.Contains("file.encoding", summary.Files[0].Rejections[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("when,station,depth\n2025-01-01,A,1\n", "'datastreams' names a column 'level' that is not there")]
    [InlineData("when,place,level\n2025-01-01,A,1\n",
        "'{station}' is no column, and no group of a regular expression; the columns are 'when', 'place', 'level'")]
    [InlineData("wen,station,level\n2025-01-01,A,1\n",
        "'time' names a column 'when' that is not there (mapping line 1); did you mean 'wen'?")]
    [InlineData("", "the file is empty")]
    [InlineData("\"when,station,level\n", "line 1, the first of the table, cannot be read")]
    public async Task Refuses_a_file_that_the_mapping_does_not_fit(string text, string part)
    {
        await using var stoa = await Importer.StartAsync();

        var problem = Importer.Refusal(await stoa.ImportAsync(Meter, stoa.Given("a.csv", text)));

        Assert.Equal("mapping-does-not-fit", problem.Type);
        Assert.Contains(part, problem.Detail, StringComparison.Ordinal);
        Assert.StartsWith("a.csv: ", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_file_whose_name_does_not_give_the_keys()
    {
        await using var stoa = await Importer.StartAsync();

        var problem = Importer.Refusal(await stoa.ImportAsync("file: { path: 'st(?<n>[0-9]+)' }\n" + Meter,
            stoa.Given("a.csv", "when,station,level\n")));

        Assert.Contains("its name does not match 'file.path'", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Joins_stations_by_key_and_keeps_rows_of_those_that_are_not_listed()
    {
        await using var stoa = await Importer.StartAsync();
        var stations = stoa.Given("s.csv", "\uFEFFid;label;lat;lon;size\nA;Gauge A;51,5;7,5;12\n");
        var mapping = Meter.Replace("thing: { key: '{station}' }", """
            stations: { key: id }
            values: { decimal: ',' }
            thing:
              key: '{station}'
              name: '{station.label ?? station}'
              properties: { size: { value: '{station.size}', type: integer } }
              location: { longitude: '{station.lon}', latitude: '{station.lat}' }
            """, StringComparison.Ordinal);
        var data = stoa.Given("a.csv", "when;station;level\n2025-01-01;A;1,5\n2025-01-01;B;2,5\n");

        Importer.Summary(await stoa.ImportAsync(Encoding.UTF8.GetBytes(mapping), [data], stations.Name));

        Assert.Equal(
            ["""A|Gauge A|{"size":12}|{"type":"Point","coordinates":[7.5,51.5]}""", "B|B||\"B\""],
            await stoa.QueryAsync(
                """
                SELECT t.external_key, t.name, t.properties, l.location
                FROM   thing t
                JOIN   thing_location tl ON tl.thing_id = t.id
                JOIN   location l ON l.id = tl.location_id
                ORDER BY 1
                """));
    }

    [Fact]
    public async Task Asks_for_the_stations_file_that_the_mapping_joins()
    {
        await using var stoa = await Importer.StartAsync();

        var problem = Importer.Refusal(await stoa.ImportAsync("stations: { file: s.csv, key: id }\n" + Meter,
            stoa.Given("a.csv", "when,station,level\n")));

        Assert.Equal("missing-stations", problem.Type);
        Assert.Contains("--stations", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Converts_coordinates_that_are_stated_to_be_metres_and_rejects_those_that_are_not()
    {
        await using var stoa = await Importer.StartAsync();
        var metres = Meter.Replace("thing: { key: '{station}' }", "thing: { key: '{station}', location: { easting: " +
            "'{x}', northing: '{y}', crs: 'EPSG:25832' } }", StringComparison.Ordinal);
        var degrees = Meter.Replace("thing: { key: '{station}' }",
            "thing: { key: '{station}', location: { longitude: '{x}', latitude: '{y}' } }", StringComparison.Ordinal);
        var file = stoa.Given("a.csv", "when,station,level,x,y\n2025-01-01,A,1,500000,5761038.212467\n");

        var refused = Importer.Summary(await stoa.ImportAsync(degrees, file));
        Importer.Summary(await stoa.ImportAsync(metres, file));

        Assert.Contains("--crs EPSG:25832", refused.Files[0].Rejections[0].Reason, StringComparison.Ordinal);
        var place = JsonNode.Parse(Assert.Single(await stoa.QueryAsync("SELECT location FROM location")))?["coordinates"];
        Assert.Equal((9.0, 52.0), (Math.Round((double?)place?[0] ?? 0, 6), Math.Round((double?)place?[1] ?? 0, 6)));
    }

    [Fact]
    public async Task Stores_nothing_in_a_dry_run()
    {
        await using var stoa = await Importer.StartAsync();

        var summary = Importer.Summary(await stoa.Imports.ImportTablesAsync(
            DatasetId.Inbox,
            new()
            {
                Mapping = Encoding.UTF8.GetBytes(Meter),
                    Files = [stoa.Given("a.csv", "when,station,level\n2025-01-01,A,1\nx,A,1\n")],
                Stations = _ => null, IsDryRun = true,
            },
            null,
            Now));

        Assert.Equal((2, 1, 0), (summary.Rows, summary.Rejected, summary.Added));
        Assert.Equal(0, await stoa.NumberAsync(
            "SELECT (SELECT count(*) FROM thing) + (SELECT count(*) FROM observation)"));
        Assert.False(File.Exists(stoa.FileOf("a.csv.rejects.csv")));
    }

    // Three batches; the run is broken off after the first, then started again.
    [Fact]
    public async Task Continues_after_an_interruption_without_a_gap_or_a_double()
    {
        const int rows = 250_000;
        await using var stoa = await Importer.StartAsync();
        var text = new StringBuilder("when,station,level\n");
        for (var i = 0; i < rows; i++)
            text.Append(new DateTime(2025, 1, 1).AddMinutes(i / 5).ToString("yyyy-MM-dd HH:mm",
                System.Globalization.CultureInfo.InvariantCulture)).Append(",S").Append(i % 5).Append(',').Append(
                    i).Append('\n');
        var file = stoa.Given("a.csv", text.ToString());
        using var stop = new CancellationTokenSource();
        var reports = new List<ImportProgress>();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stoa.ImportAsync(
            Encoding.UTF8.GetBytes(Meter), [file], null, progress: new Reports(_ => stop.Cancel()),
                cancellation: stop.Token));
        var stored = await stoa.NumberAsync("SELECT count(*) FROM observation");
        // What was kept stands in the log, without the digest of a file that was not read to its end.
        var broken = Assert.Single(await LogContents.EntriesAsync(stoa.Database, "data.imported"));
        Assert.Equal((stored, null), (broken.Json.GetProperty("created").GetInt64(), broken.Member("digest")));
        var summary = Importer.Summary(await stoa.ImportAsync(Encoding.UTF8.GetBytes(Meter), [file], null,
            progress: new Reports(reports.Add)));

        Assert.InRange(stored, 100_000, rows - 1);
        Assert.Equal((rows - stored, stored), (summary.Added, summary.Skipped));
        Assert.True(reports[0].ResumedRows >= 100_000);
        Assert.Equal(rows, await stoa.NumberAsync("SELECT count(DISTINCT result_number) FROM observation"));
        Assert.Equal([$"{rows}|1"], await stoa.QueryAsync(
            "SELECT position, CASE WHEN finished IS NOT NULL THEN 1 END FROM import_progress"));
    }

    [Fact]
    public async Task Brings_back_what_was_removed_when_the_same_file_is_imported_again()
    {
        await using var stoa = await Importer.StartAsync();
        var file = stoa.Given("a.csv", "when,station,level\n2025-01-01,A,1\n2025-01-02,A,2\n");
        Importer.Summary(await stoa.ImportAsync(Meter, file));
        await stoa.Database.WriteAsync(
            session =>
            {
                session.Execute("DELETE FROM observation WHERE result_number = 1");
                return true;
            },
            Now);

        var summary = Importer.Summary(await stoa.ImportAsync(Meter, file));

        Assert.Equal((1, 1), (summary.Added, summary.Skipped));
    }

    [Theory]
    [InlineData(61)]
    [InlineData(62)]
    public async Task Answers_hostile_tables_with_rejections(int seed)
    {
        var random = new Random(seed);
        await using var stoa = await Importer.StartAsync();
        const string signs = "\"',;\n\r\t {}<>\\\0é";
        for (var round = 0; round < 60; round++)
        {
            var bytes = Encoding.UTF8.GetBytes(
                "when,station,level\n" + string.Concat(
                    Enumerable.Range(0, 30).Select(i => $"2025-01-01T{i % 24:00}:{i:00},S{i % 3},{i}.5\n")));
            for (var change = random.Next(1, 60); change > 0; change--)
            {
                // The header stays, or the file is refused as a whole.
                var at = random.Next(20, bytes.Length);
                bytes[at] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)signs[random.Next(signs.Length)];
            }

            var outcome = await stoa.ImportAsync(Meter, stoa.Given("a.csv", bytes));

            Assert.True(outcome.TryGet(out var summary, out var problem),
                $"seed {seed}, round {round}: {problem?.Detail}");
            Assert.InRange(summary.Rejected, 0, summary.Rows);
        }
    }

    private sealed class Reports(Action<ImportProgress> take) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => take(value);
    }
}
