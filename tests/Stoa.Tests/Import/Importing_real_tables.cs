using System.Globalization;
using System.Text.Json.Nodes;
using Xunit;

namespace Stoa.Tests.Import;

/// <summary>The sample mappings over the real files: figures that were counted in the files by other means.</summary>
public class Importing_real_tables
{
    [Fact]
    public async Task Takes_the_whole_year_of_the_Münster_counters_and_its_daily_sums_agree()
    {
        var files = RealFiles.Files("muenster-bike-counters", "*.csv");
        await using var stoa = await Importer.StartAsync();

        var outcome = await stoa.ImportAsync(
            "muenster-bike-counters", files, Path.Combine(RealFiles.Folder("muenster-bike-counters"), "site_min.json"));

        var summary = Importer.Summary(outcome);
        Assert.Equal(96, summary.Files.Count);
        Assert.Equal(270_511, summary.Rows);
        Assert.Equal(1_069_437, summary.Added);
        Assert.Equal(505_426, summary.Missing);
        Assert.Equal(0, summary.Rejected);
        Assert.Equal(0, summary.Skipped);
        Assert.Equal(8, summary.Things);
        Assert.Equal(DailySumsOf(files), await DailySumsAsync(stoa));
        Assert.Equal(
            ["100031297|Promenade (nördl. Salzstraße)", "300037544|Kanalpromenade, Abschnitt 1 (Dingstiege)"],
            await stoa.QueryAsync(
                "SELECT external_key, name FROM thing WHERE external_key IN ('100031297', '300037544') ORDER BY 1"));
    }

    // Another reader on purpose: split at commas, numbers before the first status column, channel by channel.
    private static SortedDictionary<string, long> DailySumsOf(string[] files)
    {
        var sums = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            string[]? channels = null;
            foreach (var line in File.ReadLines(file))
            {
                if (channels is null)
                {
                    var numbers = System.Text.RegularExpressions.Regex.Matches(line, @"(?:^|,)""?(\d{9}) \(");
                    channels = [.. numbers.Select(match => match.Groups[1].Value)];
                    continue;
                }

                var fields = line.Split(',');
                for (var i = 0; i < channels.Length; i++)
                {
                    if (fields[i + 1].Length == 0) continue;
                    var key = channels[i] + " " + fields[0][..10];
                    sums[key] = sums.GetValueOrDefault(key) + long.Parse(fields[i + 1], CultureInfo.InvariantCulture);
                }
            }
        }

        return sums;
    }

    // Summer time from 30 March 01:00 UTC to 26 October 01:00 UTC.
    private const string BerlinTime =
        "(o.phenomenon_start + CASE WHEN o.phenomenon_start BETWEEN 1743296400000000 AND 1761440399999999 THEN 7200000000 ELSE 3600000000 END)";

    private static async Task<SortedDictionary<string, long>> DailySumsAsync(Importer stoa)
    {
        var rows = await stoa.QueryAsync(
            $"""
            SELECT d.external_key || ' ' || substr({TestSql.Moment(BerlinTime)}, 1, 10), CAST(sum(o.result_number) AS bigint)
            FROM   observation o
            JOIN   datastream d ON d.id = o.datastream_id
            GROUP BY 1
            """);
        return new(rows.Select(row => row.Split('|')).ToDictionary(row => row[0],
            row => long.Parse(row[1], CultureInfo.InvariantCulture)), StringComparer.Ordinal);
    }

    [Fact]
    public async Task Takes_every_hour_of_the_air_quality_also_where_clocks_change()
    {
        var files = RealFiles.Files("muenster-air-quality", "*.csv");
        await using var stoa = await Importer.StartAsync();

        var summary = Importer.Summary(await stoa.ImportAsync("muenster-air-quality", files));

        // 35,065 hours of four years at two stations; the first hour of 2022 stands in both files of a station.
        Assert.Equal(70_132, summary.Rows - summary.Ignored);
        Assert.Equal(4, summary.Ignored);
        Assert.Equal(0, summary.Rejected);
        Assert.Equal(70_132 * 5, summary.Added + summary.Skipped + summary.Missing);
        Assert.Equal(7, summary.Skipped);
        // 25 October 2020: the hours that end at 02:00, 03:00, again 03:00 and 04:00 on the clock are four hours in a
        // row.
        Assert.Equal(
            ["2020-10-24 23:00:00|3600|12|51", "2020-10-25 00:00:00|3600|12|52", "2020-10-25 01:00:00|3600|11|53",
                "2020-10-25 02:00:00|3600|11|53"],
            await stoa.QueryAsync(
                $"""
                SELECT {TestSql.Moment("p.phenomenon_start")}, (p.phenomenon_end - p.phenomenon_start) / 1000000,
                       CAST(p.result_number AS bigint), CAST(o.result_number AS bigint)
                FROM   observation p
                JOIN   observation o ON o.phenomenon_start = p.phenomenon_start
                WHERE  p.datastream_id = (SELECT id FROM datastream WHERE external_key = 'DENW095/pm10')
                  AND  o.datastream_id = (SELECT id FROM datastream WHERE external_key = 'DENW095/o3')
                  AND  p.phenomenon_start BETWEEN 1603580400000000 AND 1603591200000000
                ORDER BY p.phenomenon_start
                """));
        // Hours without a gap, the two days of change of each year included: the index is there for all but 78.
        Assert.Equal(["35065|35065|1577833200|1704063600"], await stoa.QueryAsync(
            """
            SELECT count(*) + 78, count(DISTINCT phenomenon_start) + 78, min(phenomenon_start) / 1000000, max(phenomenon_start) / 1000000
            FROM   observation o
            JOIN   datastream d ON d.id = o.datastream_id
            WHERE  d.external_key = 'DENW095/index'
            """));
        Assert.Equal(["good|poor"], await stoa.QueryAsync(
            """
            SELECT (SELECT result_text FROM observation o JOIN datastream d ON d.id = o.datastream_id
                    WHERE d.external_key = 'DENW095/index' AND phenomenon_start = 1585447200000000),
                   (SELECT result_text FROM observation o JOIN datastream d ON d.id = o.datastream_id
                    WHERE d.external_key = 'DENW260/index' AND phenomenon_start = 1577836800000000)
            """));
    }

    [Fact]
    public async Task Takes_a_week_of_the_Oslo_stations_with_their_places()
    {
        var folder = RealFiles.Folder("oslo-bikeshare");
        await using var stoa = await Importer.StartAsync();

        var summary = Importer.Summary(await stoa.ImportAsync(
            "oslo-bikeshare", [Path.Combine(folder, "station_status_week.csv")],
                Path.Combine(folder, "station_information.csv")));

        Assert.Equal(132_993, summary.Rows);
        Assert.Equal(3 * 132_993, summary.Added);
        Assert.Equal(0, summary.Rejected);
        var sum = File.ReadLines(Path.Combine(folder, "station_status_week.csv")).Skip(1)
            .Sum(line => long.Parse(line.Split(',')[2], CultureInfo.InvariantCulture));
        Assert.Equal(sum, await stoa.NumberAsync(
            "SELECT sum(result_number) FROM observation o JOIN datastream d ON d.id = o.datastream_id WHERE " +
                "d.external_key LIKE '%/bikes'"));
        Assert.Equal(
            ["""Sogn Studentby|{"address":"Jon P Erliens vei 1","capacity":18}|{"type":"Point","coordinates":[10.727852791011173,59.95208441268443]}"""],
            await stoa.QueryAsync(
                """
                SELECT t.name, t.properties, l.location
                FROM   thing t
                JOIN   thing_location tl ON tl.thing_id = t.id
                JOIN   location l ON l.id = tl.location_id
                WHERE  t.external_key = '2351'
                """));
    }

    [Fact]
    public async Task Takes_the_Dresden_car_parks_without_a_header_and_their_places_from_a_map()
    {
        var files = RealFiles.Files("dresden-parking", "*.csv");
        await using var stoa = await Importer.StartAsync();

        var summary = Importer.Summary(await stoa.ImportAsync(
            "dresden-parking", files, Path.Combine(RealFiles.Folder("dresden-parking"), "Dresden.geojson")));

        Assert.Equal(198_984, summary.Rows);
        Assert.Equal(198_984, summary.Added);
        Assert.Equal(0, summary.Rejected);
        var sum = files.SelectMany(File.ReadLines).Sum(
            line => long.Parse(line.Split(',')[1], CultureInfo.InvariantCulture));
        Assert.Equal(sum, await stoa.NumberAsync("SELECT CAST(sum(result_number) AS bigint) FROM observation"));
        Assert.Equal(
            ["Altmarkt", "Centrum Galerie", "City Center", "Karstadt", "Wöhrl / Florentinum"],
            await stoa.QueryAsync("SELECT name FROM location WHERE geometry IS NOT NULL ORDER BY name"));
    }

    [Fact]
    public async Task Takes_both_files_of_the_Edinburgh_bins_and_no_day_twice()
    {
        await using var stoa = await Importer.StartAsync();

        var summary = Importer.Summary(await stoa.ImportAsync("edinburgh-waste-bins",
            RealFiles.Files("edinburgh-waste-bins", "*.csv")));

        Assert.Equal(7_835, summary.Rows);
        Assert.Equal(0, summary.Rejected);
        Assert.Equal(0, summary.Missing);
        // Each row has two values, or four in the second file; days that both files have are stored once.
        Assert.Equal(2 * 2_939 + 4 * 4_896, summary.Added + summary.Skipped);
        Assert.Equal(await stoa.NumberAsync("SELECT count(*) FROM observation"), summary.Added);
        // Midnight in Edinburgh in June is 23:00 UTC of the day before; the period is a day.
        Assert.Equal(
            ["2016-06-03 23:00:00|2016-06-04 23:00:00|81.738404"],
            await stoa.QueryAsync(
                $"""
                SELECT {TestSql.Moment("phenomenon_start")}, {TestSql.Moment("phenomenon_end")}, result_number
                FROM   observation o
                JOIN   datastream d ON d.id = o.datastream_id
                WHERE  d.external_key = 'albert place/volume' AND result_number > 0
                ORDER BY phenomenon_start
                LIMIT  1
                """));
    }

    [Fact]
    public async Task Takes_the_weather_with_its_doubled_column_and_the_tag_in_its_header()
    {
        await using var stoa = await Importer.StartAsync();

        var summary = Importer.Summary(await stoa.ImportAsync("building-genome-weather",
            RealFiles.Files("building-genome", "weather1.csv")));

        Assert.Equal(17_498, summary.Rows);
        Assert.Equal(0, summary.Rejected);
        Assert.Equal(9 * 17_498, summary.Added + summary.Skipped + summary.Missing);
        // Two rows state a time that was there already.
        Assert.Equal(17_496, await stoa.NumberAsync(
            "SELECT count(*) FROM observation o JOIN datastream d ON d.id = o.datastream_id WHERE d.external_key = " +
                "'weather1/conditions'"));
        Assert.Equal(0, await stoa.NumberAsync("SELECT count(*) FROM observation WHERE result_number < -1000"));
    }

    [Fact]
    public async Task Takes_507_buildings_from_lines_that_end_with_a_bare_CR()
    {
        await using var stoa = await Importer.StartAsync();

        var summary = Importer.Summary(await stoa.ImportAsync("building-genome-buildings",
            RealFiles.Files("building-genome", "meta_open.csv")));

        Assert.Equal(507, summary.Rows);
        Assert.Equal(507, summary.Things);
        Assert.Equal(0, summary.Rejected);
        Assert.Equal(["Everett (Primary/Secondary Classroom)|9804.05359|America/New_York"], await stoa.QueryAsync(
            $"""
            SELECT name, {TestSql.Member("properties", "squareMetres")}, {TestSql.Member("properties", "timezone")}
            FROM   thing
            WHERE  external_key = 'PrimClass_Everett'
            """));
    }

    [Fact]
    public async Task Takes_the_lines_of_Friedrichshafen_from_well_known_text()
    {
        await using var stoa = await Importer.StartAsync();

        var summary = Importer.Summary(await stoa.ImportAsync(
            "parking-sites-friedrichshafen", RealFiles.Files("parking-sites-bw", "friedrichshafen_easypark.csv")));

        Assert.Equal(1_697, summary.Rows);
        Assert.Equal(1_697, summary.Things);
        Assert.Equal(0, summary.Rejected);
        Assert.Equal(1_697, await stoa.NumberAsync(
            $"SELECT count(*) FROM location WHERE {TestSql.Member("location", "type")} = 'LineString'"));
        Assert.Equal(["7.11523"], await stoa.QueryAsync(
            $"SELECT {TestSql.Member("properties", "lengthMetres")} FROM thing WHERE external_key = 'friedrichshafen/1'"));
    }

    [Theory]
    [InlineData("parking-sites-konstanz", "konstanz_bike.geojson", 353, "MultiPolygon:36 Polygon:317")]
    [InlineData("parking-sites-karlsruhe-bicycles", "karlsruhe_bike.json", 809, "Point:809")]
    [InlineData("parking-sites-karlsruhe-disabled", "karlsruhe_disabled_static.geojson", 693, "Point:693")]
    [InlineData("parking-sites-heidelberg", "heidelberg_easypark.geojson", 250, "LineString:250")]
    public async Task Takes_the_parking_sites_as_cities_publish_them(string mapping, string file, int things,
        string types)
    {
        await using var stoa = await Importer.StartAsync();

        var summary = Importer.Summary(await stoa.ImportFeaturesAsync(mapping,
            RealFiles.Files("parking-sites-bw", file)[0]));

        Assert.Equal(things, summary.Rows);
        Assert.Equal(things, summary.Things);
        Assert.Equal(0, summary.Rejected);
        Assert.Equal(types, string.Join(' ', await stoa.QueryAsync(
            $"SELECT {TestSql.Member("location", "type")} || ':' || count(*) FROM location GROUP BY {TestSql.Member("location", "type")} ORDER BY 1")));
        // All of it lies in the south-west of Germany.
        Assert.Equal(things, await stoa.NumberAsync(
            "SELECT count(*) FROM location_box WHERE min_x > 7.3 AND max_x < 9.3 AND min_y > 47.6 AND max_y < 49.6"));
    }

    [Fact]
    public async Task Puts_the_kerbs_of_Heidelberg_on_their_streets()
    {
        await using var stoa = await Importer.StartAsync();
        Importer.Summary(await stoa.ImportFeaturesAsync("parking-sites-heidelberg",
            RealFiles.Files("parking-sites-bw", "heidelberg_easypark.geojson")[0]));

        // Computed from 476801.304, 5475742.525 by Redfearn's series with the meridian arc integrated numerically.
        var rows = await stoa.QueryAsync(
            """
            SELECT l.location
            FROM   thing t
            JOIN   thing_location tl ON tl.thing_id = t.id
            JOIN   location l ON l.id = tl.location_id
            WHERE  t.external_key = 'heidelberg/-1324239330/0.0'
            """);

        var first = JsonNode.Parse(Assert.Single(rows))?["coordinates"]?[0];
        Assert.Equal((8.68004, 49.43391), (Math.Round((double?)first?[0] ?? 0, 5), Math.Round((double?)first?[1] ?? 0, 5)));
    }
}
