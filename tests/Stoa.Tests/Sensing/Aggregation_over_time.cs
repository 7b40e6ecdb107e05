using System.Globalization;
using System.Text;
using System.Text.Json;
using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>Observations/$aggregate: figures of observations over buckets of time, an extension.</summary>
public class Aggregation_over_time(SeriesExchange series) : IClassFixture<SeriesExchange>
{
    private Exchange Stoa => series.Stoa;

    [Fact]
    public async Task Gives_a_row_for_each_Datastream_and_bucket()
    {
        (await Stoa.ReadAsync("Observations/$aggregate?interval=PT6H&functions=avg,min,max,sum,count,first,last,p50,p90")).ShouldBeJson(200,
            """
            {"interval":"PT6H","zone":"UTC","groupBy":"Datastream","value":[
              {"Datastream@iot.navigationLink":"{base}/sensorthings/v1.1/Datastreams(1)","Datastream/id":1,"Datastream/name":"numbers",
               "start":"2026-01-01T00:00:00Z","end":"2026-01-01T06:00:00Z",
               "avg":3.5,"min":1,"max":6,"sum":21,"count":6,"first":1,"last":6,"p50":3.5,"p90":5.5,"others":0},
              {"Datastream@iot.navigationLink":"{base}/sensorthings/v1.1/Datastreams(1)","Datastream/id":1,"Datastream/name":"numbers",
               "start":"2026-01-01T06:00:00Z","end":"2026-01-01T12:00:00Z",
               "avg":9.5,"min":7,"max":12,"sum":57,"count":6,"first":7,"last":12,"p50":9.5,"p90":11.5,"others":0},
              {"Datastream@iot.navigationLink":"{base}/sensorthings/v1.1/Datastreams(2)","Datastream/id":2,"Datastream/name":"kinds",
               "start":"2026-02-01T06:00:00Z","end":"2026-02-01T12:00:00Z",
               "avg":-2.5,"min":-2.5,"max":-2.5,"sum":-2.5,"count":1,"first":-2.5,"last":-2.5,"p50":-2.5,"p90":-2.5,"others":0},
              {"Datastream@iot.navigationLink":"{base}/sensorthings/v1.1/Datastreams(2)","Datastream/id":2,"Datastream/name":"kinds",
               "start":"2026-02-02T06:00:00Z","end":"2026-02-02T12:00:00Z",
               "avg":null,"min":null,"max":null,"sum":null,"count":0,"first":null,"last":null,"p50":null,"p90":null,"others":1},
              {"Datastream@iot.navigationLink":"{base}/sensorthings/v1.1/Datastreams(2)","Datastream/id":2,"Datastream/name":"kinds",
               "start":"2026-02-03T06:00:00Z","end":"2026-02-03T12:00:00Z",
               "avg":null,"min":null,"max":null,"sum":null,"count":0,"first":null,"last":null,"p50":null,"p90":null,"others":1},
              {"Datastream@iot.navigationLink":"{base}/sensorthings/v1.1/Datastreams(2)","Datastream/id":2,"Datastream/name":"kinds",
               "start":"2026-02-04T06:00:00Z","end":"2026-02-04T12:00:00Z",
               "avg":null,"min":null,"max":null,"sum":null,"count":0,"first":null,"last":null,"p50":null,"p90":null,"others":1},
              {"Datastream@iot.navigationLink":"{base}/sensorthings/v1.1/Datastreams(2)","Datastream/id":2,"Datastream/name":"kinds",
               "start":"2026-02-05T06:00:00Z","end":"2026-02-05T12:00:00Z",
               "avg":null,"min":null,"max":null,"sum":null,"count":0,"first":null,"last":null,"p50":null,"p90":null,"others":1},
              {"Datastream@iot.navigationLink":"{base}/sensorthings/v1.1/Datastreams(2)","Datastream/id":2,"Datastream/name":"kinds",
               "start":"2026-02-06T06:00:00Z","end":"2026-02-06T12:00:00Z",
               "avg":null,"min":null,"max":null,"sum":null,"count":0,"first":null,"last":null,"p50":null,"p90":null,"others":1}
            ]}
            """);
    }

    [Theory]
    [InlineData("groupBy=Thing", "Thing/id,Thing/name", "1,Alpha", "2,beta")]
    [InlineData("groupBy=ObservedProperty", "ObservedProperty/id,ObservedProperty/name", "1,P")]
    [InlineData("groupBy=Datastream", "Datastream/id,Datastream/name", "1,numbers", "2,kinds")]
    [InlineData("groupBy=none", "")]
    [InlineData("area=west:POLYGON((6 50,7.5 50,7.5 54,6 54,6 50))%26area=all:POLYGON((6 50,9.5 50,9.5 54,6 54,6 50))", "area", "west", "all")]
    public async Task Groups_by_what_is_asked_for(string group, string header, params string[] names)
    {
        var text = (await Stoa.ReadAsync(
            $"Observations/$aggregate?interval=P1Y&functions=count&$resultFormat=CSV&{group.Replace("%26", "&", StringComparison.Ordinal)}"))
            .ShouldBe(200).Text;

        var lines = text.TrimEnd().Split("\r\n");
        Assert.Equal((header + ",start,end,count,others").TrimStart(','), lines[0]);
        Assert.Equal(names.Length == 0 ? [""] : names, lines[1..].Select(line => line[..line.IndexOf("2026", StringComparison.Ordinal)].TrimEnd(',')));
        if (group.StartsWith("area", StringComparison.Ordinal))
            Assert.Equal(
                ["west,2026-01-01T00:00:00Z,2027-01-01T00:00:00Z,12,0", "all,2026-01-01T00:00:00Z,2027-01-01T00:00:00Z,13,5"], lines[1..]);
    }

    [Theory]
    [InlineData("$filter=result gt 3 and phenomenonTime lt 2026-01-01T06:00:00Z", "4,5,6")]
    [InlineData("$filter=Datastream/Thing/name eq 'Alpha' and result le 2", "1,2")]
    [InlineData("$filter=Datastream/id eq 1 or result eq -2.5", "-2.5,1,2,3,4,5,6,7,8,9,10,11,12")]
    [InlineData("$filter=not (Datastream/Thing/name eq 'Alpha') and (Datastream/name eq 'kinds' or result eq 77)", "-2.5")]
    [InlineData("$filter=FeatureOfInterest/name eq 'at beta'", "-2.5")]
    [InlineData("$filter=Datastream/Thing/Locations/name eq 'at beta' and Datastream/Thing/Locations/id eq 1", "")]
    [InlineData("$filter=Datastream/unitOfMeasurement/name eq null and parameters/i eq 7", "7")]
    [InlineData("$filter=startswith(Datastream/Thing/name,'A') and resultTime ge 2026-01-01T09:00:00Z", "10,12")]
    public async Task Takes_only_what_the_filter_leaves(string options, string expected)
    {
        var rows = (await Stoa.ReadAsync($"Observations/$aggregate?interval=PT1H&functions=first,count&groupBy=none&{options}"))
            .ShouldBe(200).Json.GetProperty("value").EnumerateArray().Where(row => row.GetProperty("count").GetInt32() > 0);

        Assert.Equal(
            expected.Split(',', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal),
            rows.Select(row => row.GetProperty("first").GetRawText()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Shows_gaps_when_asked_to()
    {
        var rows = (await Stoa.ReadAsync(
            "Datastreams(1)/Observations/$aggregate?interval=PT6H&zone=Europe/Berlin&functions=count,avg&fill=null" +
            "&$filter=phenomenonTime ge 2025-12-31T23:00:00Z and phenomenonTime lt 2026-01-01T23:00:00Z and result lt 4"))
            .ShouldBe(200).Json.GetProperty("value").EnumerateArray()
            .Select(row => $"{row.GetProperty("start").GetString()} {row.GetProperty("count")} {row.GetProperty("avg").GetRawText()}");

        Assert.Equal(
            [
                "2026-01-01T00:00:00+01:00 3 2", "2026-01-01T06:00:00+01:00 0 null", "2026-01-01T12:00:00+01:00 0 null",
                "2026-01-01T18:00:00+01:00 0 null",
            ],
            rows);
    }

    [Theory]
    [InlineData("")]
    [InlineData("&fill=null")]
    public async Task Continues_on_the_next_page_where_it_broke_off(string fill)
    {
        var query = "Observations/$aggregate?interval=PT4H&functions=sum,count,p50&$filter=result lt 100 or result eq 'text'" + fill;
        var whole = (await Stoa.ReadAsync(query)).ShouldBe(200).Json.GetProperty("value").EnumerateArray().Select(row => row.GetRawText()).ToList();

        var pages = new List<string>();
        string? next = SensorThings.At(query + "&$top=2");
        while (next is not null)
        {
            var page = (await Stoa.GetAsync(next, Stoa.AdminToken)).ShouldBe(200).Json;
            Assert.InRange(page.GetProperty("value").GetArrayLength(), 1, 2);
            pages.AddRange(page.GetProperty("value").EnumerateArray().Select(row => row.GetRawText()));
            next = page.TryGetProperty("@iot.nextLink", out var link) ? link.GetString() : null;
        }

        Assert.Equal(whole, pages);
        Assert.Equal(fill == "" ? 5 : 10, whole.Count);
    }

    [Fact]
    public async Task Says_in_the_Link_header_of_a_table_where_it_goes_on()
    {
        var first = (await Stoa.ReadAsync("Observations/$aggregate?interval=PT6H&functions=count&$top=1&$resultFormat=CSV")).ShouldBe(200);
        var link = first.Header("Link");
        var second = await Stoa.GetAsync(link[1..link.IndexOf('>', StringComparison.Ordinal)], Stoa.AdminToken);

        Assert.Equal("Datastream/id,Datastream/name,start,end,count,others\r\n1,numbers,2026-01-01T00:00:00Z,2026-01-01T06:00:00Z,6,0\r\n", first.Text);
        Assert.Contains("\r\n1,numbers,2026-01-01T06:00:00Z,2026-01-01T12:00:00Z,6,0\r\n", second.ShouldBe(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_an_interval_where_it_begins_and_leaves_numbers_out_that_are_none()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.GivenObservationsAsync(
            ("2026-01-01T00:59:59.999999Z/2026-01-01T04:00:00Z", "1e308"), ("2026-01-01T00:10:00Z", "1e308"), ("2026-01-01T00:11:00Z", "1e999"),
            ("2026-01-01T00:12:00Z", "123456789012345678901234567890"), ("2026-01-01T01:00:00Z", "[1]"));

        (await stoa.ReadAsync("Observations/$aggregate?interval=PT1H&groupBy=none&functions=sum,avg,max,count,p100")).ShouldBeJson(200,
            """
            {"interval":"PT1H","zone":"UTC","groupBy":"none","value":[
              {"start":"2026-01-01T00:00:00Z","end":"2026-01-01T01:00:00Z","sum":null,"avg":null,"max":1E+308,"count":3,"p100":1E+308,"others":1},
              {"start":"2026-01-01T01:00:00Z","end":"2026-01-01T02:00:00Z","sum":null,"avg":null,"max":null,"count":0,"p100":null,"others":1}]}
            """);
    }

    [Theory]
    [InlineData("Observations/$aggregate", 400, "interval")]
    [InlineData("Observations/$aggregate?interval=", 400, "interval")]
    [InlineData("Observations/$aggregate?interval=1h", 400, "interval")]
    [InlineData("Observations/$aggregate?interval=PT1H&interval=PT1H", 400, "interval")]
    [InlineData("Observations/$aggregate?interval=PT1H&zone=Mars/Olympus", 400, "zone")]
    [InlineData("Observations/$aggregate?interval=PT1H&zone=../../etc/passwd", 400, "zone")]
    [InlineData("Observations/$aggregate?interval=PT1H&zone=%00", 400, "zone")]
    [InlineData("Observations/$aggregate?interval=PT1H&zone=", 400, "zone")]
    [InlineData("Observations/$aggregate?interval=PT1H&functions=", 400, "functions")]
    [InlineData("Observations/$aggregate?interval=PT1H&functions=avg,median", 400, "functions")]
    [InlineData("Observations/$aggregate?interval=PT1H&functions=avg,avg", 400, "functions")]
    [InlineData("Observations/$aggregate?interval=PT1H&functions=p101", 400, "functions")]
    [InlineData("Observations/$aggregate?interval=PT1H&functions=p-1", 400, "functions")]
    [InlineData("Observations/$aggregate?interval=PT1H&functions=p1e5", 400, "functions")]
    [InlineData("Observations/$aggregate?interval=PT1H&functions=pNaN", 400, "functions")]
    [InlineData("Observations/$aggregate?interval=PT1H&groupBy=Sensor", 400, "groupBy")]
    [InlineData("Observations/$aggregate?interval=PT1H&groupBy=Area", 400, "groupBy")]
    [InlineData("Observations/$aggregate?interval=PT1H&groupBy=Thing&area=a:POINT(1 1)", 400, "groupBy")]
    [InlineData("Observations/$aggregate?interval=PT1H&area=POINT(1 1)", 400, "area")]
    [InlineData("Observations/$aggregate?interval=PT1H&area=:POINT(1 1)", 400, "area")]
    [InlineData("Observations/$aggregate?interval=PT1H&area=a:", 400, "area")]
    [InlineData("Observations/$aggregate?interval=PT1H&area=a:POLYGON((0 0,1 1))", 400, "area")]
    [InlineData("Observations/$aggregate?interval=PT1H&area=a:POINT(1 1)') or (1 eq 1", 400, "area")]
    [InlineData("Observations/$aggregate?interval=PT1H&area=a:POINT(1 1)&area=a:POINT(1 2)", 400, "area")]
    [InlineData("Observations/$aggregate?interval=PT1H&fill=0", 400, "fill")]
    [InlineData("Observations/$aggregate?interval=PT1H&bucket=2", 400, "bucket")]
    public async Task Refuses_what_it_cannot_read_and_names_the_parameter(string path, int status, string parameter)
    {
        var answer = (await Stoa.ReadAsync(path)).ShouldBeProblem(status, "invalid-parameter");

        Assert.Equal(parameter, answer.Json.GetProperty("parameter").GetString());
    }

    [Theory]
    [InlineData("$orderby=id")]
    [InlineData("$select=result")]
    [InlineData("$expand=Datastream")]
    [InlineData("$skip=1")]
    [InlineData("$count=true")]
    [InlineData("$resultFormat=GeoJSON")]
    [InlineData("$resultFormat=dataArray")]
    [InlineData("$skiptoken=AgAAAAAAAAAB")]
    public async Task Refuses_options_that_say_nothing_about_it(string option)
    {
        var answer = (await Stoa.ReadAsync("Observations/$aggregate?interval=PT1H&" + option)).ShouldBe(400);

        Assert.Equal(option.Split('=')[0], answer.Json.GetProperty("option").GetString());
    }

    [Theory]
    [InlineData("$filter=colour eq 1", "unknown-query-name")]
    [InlineData("$filter=Datastream/colour eq 1", "unknown-query-name")]
    [InlineData("$filter=Datastream/", "malformed-query")]
    [InlineData("$filter=Datastream/name", "query-kind-mismatch")]
    public async Task Shows_where_a_filter_is_wrong(string option, string type)
    {
        var answer = (await Stoa.ReadAsync("Observations/$aggregate?interval=PT1H&" + option)).ShouldBeProblem(400, type);

        Assert.InRange(answer.Json.GetProperty("position").GetInt32(), 0, 20);
    }

    [Theory]
    [InlineData("Things/$aggregate?interval=PT1H", 404)]
    [InlineData("Observations(1)/$aggregate?interval=PT1H", 404)]
    [InlineData("Datastreams(99)/Observations/$aggregate?interval=PT1H", 404)]
    [InlineData("$aggregate?interval=PT1H", 404)]
    [InlineData("/$aggregate?interval=PT1H", 404)]
    [InlineData("FeaturesOfInterest(1)/Observations/$aggregate?interval=PT1H", 400)]
    [InlineData("Datastreams(3)/Observations/$aggregate?interval=PT1H", 200)]
    [InlineData("Things(1)/Datastreams(1)/Observations/$aggregate?interval=PT1H", 200)]
    [InlineData("Things(2)/Datastreams(1)/Observations/$aggregate?interval=PT1H", 404)]
    public async Task Stands_at_sets_of_Observations(string path, int status) => (await Stoa.ReadAsync(path)).ShouldBe(status);

    [Fact]
    public async Task Holds_at_its_limits()
    {
        var functions = Enumerable.Range(1, 21).Select(i => $"p{i}").ToList();
        (await Stoa.ReadAsync($"Observations/$aggregate?interval=P1D&functions={string.Join(',', functions.Take(20))}")).ShouldBe(200);
        var many = (await Stoa.ReadAsync($"Observations/$aggregate?interval=P1D&functions={string.Join(',', functions)}"))
            .ShouldBeProblem(400, "invalid-parameter");
        Assert.Equal(20, many.Json.GetProperty("limit").GetInt32());
        var areas = Enumerable.Range(1, 51).Select(i => $"&area=a{i}:POINT(7 51)").ToList();
        (await Stoa.ReadAsync("Observations/$aggregate?interval=P1D" + string.Concat(areas.Take(50)))).ShouldBe(200);
        (await Stoa.ReadAsync("Observations/$aggregate?interval=P1D" + string.Concat(areas))).ShouldBeProblem(400, "invalid-parameter");
        (await Stoa.ReadAsync($"Observations/$aggregate?interval=P1D&area={new string('x', 64)}:POINT(1 1)")).ShouldBe(200);
        (await Stoa.ReadAsync($"Observations/$aggregate?interval=P1D&area={new string('x', 65)}:POINT(1 1)")).ShouldBeProblem(400, "invalid-parameter");
        var filled = (await Stoa.ReadAsync("Datastreams(1)/Observations/$aggregate?interval=PT1S&functions=count&fill=null&$top=99999")).ShouldBe(200);
        Assert.Equal(10_000, filled.Json.GetProperty("value").GetArrayLength());
        Assert.True(filled.Json.TryGetProperty("@iot.nextLink", out _));
    }

    /// <summary>Random series in several zones, over changes of clocks, against a plain computation with the framework's calendar.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Equals_a_plain_computation(int seed)
    {
        var random = new Random(seed);
        await using var stoa = await Exchange.StartAsync(time: new TestClock());
        await stoa.CreateAsync("Things", SensorThings.Station);
        await stoa.CreateAsync("Datastreams", SensorThings.Datastream("second"));
        var rows = await GivenSeriesAsync(stoa, random);
        string[] zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];
        foreach (var interval in new[] { "PT1H", "P1D", "P1W", "P1M", "P1Y" })
        {
            var name = zones[random.Next(zones.Length)];
            var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
            foreach (var group in new[] { "Datastream", "Thing" })
            {
                var expected = Expected(rows, zone, interval, group == "Thing");

                var actual = new List<string>();
                string? next = SensorThings.At(
                    $"Observations/$aggregate?interval={interval}&zone={name}&groupBy={group}&functions=count,min,max,first,last,p25,avg&$top=77");
                while (next is not null)
                {
                    var page = (await stoa.GetAsync(next, stoa.AdminToken)).ShouldBe(200).Json;
                    actual.AddRange(page.GetProperty("value").EnumerateArray().Select(row => Shown(row, group)));
                    next = page.TryGetProperty("@iot.nextLink", out var link) ? link.GetString() : null;
                }

                Assert.Equal(expected, actual);
            }
        }
    }

    private static string Shown(JsonElement row, string group)
    {
        var start = DateTimeOffset.Parse(row.GetProperty("start").GetString()!, CultureInfo.InvariantCulture).ToUniversalTime();
        return string.Create(CultureInfo.InvariantCulture,
            $"{row.GetProperty(group + "/id")} {start:yyyy-MM-ddTHH:mm} {row.GetProperty("count")} {row.GetProperty("min").GetDouble()} " +
            $"{row.GetProperty("max").GetDouble()} {row.GetProperty("first").GetDouble()} {row.GetProperty("last").GetDouble()} " +
            $"{row.GetProperty("p25").GetDouble():0.######} {row.GetProperty("avg").GetDouble():0.######}");
    }

    private static IEnumerable<string> Expected(
        List<(long Datastream, DateTimeOffset Time, double Value)> rows, TimeZoneInfo zone, string interval, bool isTogether) =>
        from row in rows
        group row by (Key: isTogether ? 1 : row.Datastream, Start: StartOf(row.Time, zone, interval)) into bucket
        orderby bucket.Key.Key, bucket.Key.Start
        let values = bucket.Select(row => row.Value).Order().ToList()
        let place = 0.25 * (values.Count - 1)
        let below = (int)place
        let quarter = below + 1 < values.Count ? values[below] + ((place - below) * (values[below + 1] - values[below])) : values[below]
        select string.Create(CultureInfo.InvariantCulture,
            $"{bucket.Key.Key} {bucket.Key.Start:yyyy-MM-ddTHH:mm} {values.Count} {values[0]} {values[^1]} {bucket.MinBy(row => row.Time).Value} " +
            $"{bucket.MaxBy(row => row.Time).Value} {quarter:0.######} {values.Sum() / values.Count:0.######}");

    /// <summary>By the local date and hour, as a person would look it up.</summary>
    private static DateTimeOffset StartOf(DateTimeOffset time, TimeZoneInfo zone, string interval)
    {
        var local = TimeZoneInfo.ConvertTime(time, zone);
        if (interval == "PT1H")
        {
            // Half an hour of summer time makes hours of another length: go back minute by minute to where the clock shows a full one.
            var at = new DateTimeOffset(time.Ticks - (time.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
            while (TimeZoneInfo.ConvertTime(at, zone).Minute != 0) at = at.AddMinutes(-1);
            return at;
        }

        var date = interval switch
        {
            "P1D" => local.Date,
            "P1W" => local.Date.AddDays(-(((int)local.DayOfWeek + 6) % 7)),
            "P1M" => new DateTime(local.Year, local.Month, 1),
            _ => new DateTime(local.Year, 1, 1),
        };
        return new DateTimeOffset(date, zone.GetUtcOffset(date)).ToUniversalTime();
    }

    private static async Task<List<(long Datastream, DateTimeOffset Time, double Value)>> GivenSeriesAsync(Exchange stoa, Random random)
    {
        var rows = new List<(long Datastream, DateTimeOffset Time, double Value)>();
        string[] around = ["2025-03-28", "2025-10-24", "2025-04-03", "2025-11-01", "2026-01-01", "2024-02-28"];
        foreach (var datastream in new long[] { 1, 2 })
        {
            var seen = new HashSet<DateTimeOffset>();
            var body = new StringBuilder();
            while (seen.Count < 700)
            {
                var time = DateTimeOffset.Parse(around[random.Next(around.Length)] + "T00:00Z", CultureInfo.InvariantCulture)
                    .AddSeconds((random.Next(6 * 86_400) * 2) + datastream - 1);
                if (!seen.Add(time)) continue;
                var value = random.Next(-1000, 1000) / 8.0;
                rows.Add((datastream, time, value));
                body.Append(CultureInfo.InvariantCulture, $"{(body.Length > 0 ? "," : "")}[\"{time:yyyy-MM-ddTHH:mm:ssZ}\",{value}]");
            }

            (await stoa.PostJsonAsync(SensorThings.At("CreateObservations"),
                $$"""[{"Datastream":{"@iot.id":{{datastream}}},"components":["phenomenonTime","result"],"dataArray":[{{body}}]}]""")).ShouldBe(201);
        }

        return rows;
    }
}
