using System.Globalization;
using Stoa.Query;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>What somebody asks who wants to learn what may not be seen: every way in which a value can move an answer.</summary>
internal static class Attacks
{
    /// <summary>Numbers, texts, times and places around the values of both towns.</summary>
    internal static IReadOnlyList<string> All { get; } = [.. Make().Distinct()];

    private static IEnumerable<string> Make()
    {
        foreach (var set in new[] { "Observations", "Datastreams(2)/Observations", "MultiDatastreams(2)/Observations", "Observations(4)" })
            foreach (var filter in OnObservations())
                yield return $"{set}?$filter={filter}&$count=true&$select=id";
        foreach (var order in new[]
        {
            "result", "result desc", "resultTime", "resultTime desc", "validTime", "phenomenonTime", "phenomenonTime desc", "parameters/run",
            "parameters", "resultQuality", "result add id", "Datastream/Thing/name", "Datastream/Thing/properties/owner",
            "FeatureOfInterest/feature/coordinates/0", "Datastream/unitOfMeasurement/symbol", "Datastream/phenomenonTime",
            "length(Datastream/Thing/name)", "geo.distance(FeatureOfInterest/feature,geography'POINT(13 52)')",
        })
        {
            yield return $"Observations?$orderby={order}";
            yield return $"Observations?$orderby={order}&$top=2&$skip=1&$resultFormat=CSV";
            yield return $"Datastreams?$expand=Observations($orderby={order};$top=1)";
        }

        foreach (var (set, filter) in OnOthers())
        {
            yield return $"{set}?$filter={filter}&$count=true";
            yield return $"{set}/$ref?$filter={filter}";
            yield return $"{set}?$filter=not ({filter})&$resultFormat=GeoJSON";
        }

        foreach (var set in new[]
        {
            "Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties", "Observations", "FeaturesOfInterest",
            "MultiDatastreams", "Things(2)/Locations", "Locations(2)/Things", "FeaturesOfInterest(2)/Observations", "Datastreams(2)/Thing",
            "Things(2)/Datastreams", "Things(2)/HistoricalLocations", "Locations(3)", "Things(3)", "FeaturesOfInterest(3)", "Observations(7)",
            "Observations(8)", "Observations(7)/Datastream", "Things(3)/Locations", "Datastreams(3)", "Datastreams(3)/Observations",
        })
        {
            yield return set;
            yield return $"{set}?$count=true&$top=0";
            yield return $"{set}?$count=true&$top=1&$orderby=id desc";
            yield return $"{set}?$resultFormat=CSV";
            yield return $"{set}?$resultFormat=GeoJSON";
            yield return $"{set}/$ref?$count=true";
        }

        foreach (var path in new[]
        {
            "Observations(4)/result", "Observations(4)/result/$value", "Observations(4)/parameters/run", "Observations(4)/phenomenonTime",
            "Things(2)/properties/owner", "Things(2)/name/$value", "Datastreams(2)/phenomenonTime", "Datastreams(2)/observedArea",
            "Datastreams(2)/observedArea/coordinates", "MultiDatastreams(2)/phenomenonTime", "HistoricalLocations(2)/time",
            "Locations(2)/location", "Locations(2)/location/coordinates/0", "FeaturesOfInterest(2)/feature", "Observations(4)/resultTime",
        }) yield return path;
        yield return "Things?$expand=Locations,HistoricalLocations($expand=Locations),Datastreams($expand=Observations($count=true))&$count=true";
        yield return "Observations?$resultFormat=dataArray";
        yield return "Observations?$expand=FeatureOfInterest,Datastream($expand=Thing($expand=Locations)),MultiDatastream&$resultFormat=GeoJSON";
        foreach (var time in new[] { "2026-03-05T07:11:13Z", "2026-03-05T07:20:00Z", "2026-03-05T07:00:00Z", "2026-03-05T08:00:00Z" })
            foreach (var isDescending in new[] { false, true })
                foreach (var id in new[] { 0L, 4L, 999L })
                    yield return $"Observations?$orderby=phenomenonTime{(isDescending ? " desc" : "")}&$select=id&$skiptoken=" +
                        new PageCursor(isDescending, [Micros(time), id]).ToToken();
        foreach (var by in new[] { "Datastream", "Thing", "ObservedProperty", "none" })
        {
            yield return $"Observations/$aggregate?interval=PT1H&groupBy={by}&functions=min,max,p95,count";
            yield return $"Observations/$aggregate?interval=PT1M&groupBy={by}&fill=null&$filter=phenomenonTime ge 2026-03-05T07:00:00Z and " +
                "phenomenonTime lt 2026-03-05T07:30:00Z";
            yield return $"Observations/$aggregate?interval=PT1H&groupBy={by}&$filter=result gt 700";
            yield return $"Observations/$aggregate?interval=P1D&groupBy={by}&$filter=phenomenonTime lt 2026-02-01T00:00:00Z&fill=null";
        }

        yield return "Observations/$aggregate?interval=P1D&$filter=Datastream/Thing/properties/owner eq 'ownrz'";
        yield return "Observations/$aggregate?interval=P1D&area=a:POLYGON((13.3777 52.5166,13.3778 52.5166,13.3778 52.5167,13.3777 52.5166))";
        yield return "Datastreams(2)/Observations/$aggregate?interval=PT15M";
    }

    private static IEnumerable<string> OnObservations()
    {
        foreach (var number in new[] { "0", "700", "771.125", "800", "5000" })
            foreach (var sign in new[] { "eq", "ne", "gt", "ge", "lt", "le" })
                yield return $"result {sign} {number}";
        yield return "result add 1 gt 772";
        yield return "1 div (result sub 771.125) gt 0";
        yield return "round(result) eq 771";
        yield return "result mod 2 eq 1";
        yield return "substringof('771',result)";
        yield return "startswith(result,'7')";
        yield return "length(result) gt 4";
        yield return "indexof(result,'1') eq 2";
        yield return "not (result gt 700)";
        yield return "result in (771.125,5)";
        yield return "id gt 0 and (result gt 700 or id lt 0)";
        yield return "parameters/run eq 'parmz'";
        yield return "parameters/run ne null";
        yield return "substringof('parm',parameters)";
        yield return "resultTime lt 2026-03-05T07:30:00Z";
        yield return "resultTime eq 2026-03-05T07:12:14Z";
        yield return "validTime lt 2026-03-05T07:30:00Z";
        yield return "phenomenonTime eq 2026-03-05T07:11:13Z";
        yield return "phenomenonTime lt 2026-03-05T07:20:00Z";
        yield return "phenomenonTime ge 2026-03-05T07:11:13Z";
        yield return "phenomenonTime le 2026-03-05T07:00:00Z";
        yield return "overlaps(phenomenonTime,2026-03-05T07:11:00Z/2026-03-05T07:12:00Z)";
        yield return "before(phenomenonTime,2026-03-01T00:00:00Z)";
        yield return "minute(phenomenonTime) lt 20";
        yield return "second(resultTime) eq 14";
        yield return "totaloffsetminutes(phenomenonTime) eq 0";
        yield return "phenomenonTime sub resultTime lt duration'PT0S'";
        yield return "Datastream/Thing/name eq 'thnmz'";
        yield return "Datastream/Thing/properties/owner eq 'ownrz'";
        yield return "Datastream/Thing/Locations/location/coordinates/0 gt 13.3777";
        yield return "Datastream/unitOfMeasurement/symbol ge 'unsyz'";
        yield return "Datastream/phenomenonTime lt 2026-03-05T07:20:00Z";
        yield return "Datastream/Observations/result gt 700";
        yield return "MultiDatastream/Thing/name eq 'thnmz'";
        yield return "geo.distance(FeatureOfInterest/feature,geography'POINT(13.388882 52.511116)') lt 0.00001";
        yield return "st_within(FeatureOfInterest/feature,geography'POLYGON((13.38 52.51,13.39 52.51,13.39 52.52,13.38 52.52,13.38 52.51))')";
        yield return "FeatureOfInterest/Observations/result gt 700";
    }

    private static IEnumerable<(string Set, string Filter)> OnOthers()
    {
        yield return ("Things", "Datastreams/Observations/result gt 700");
        yield return ("Things", "Datastreams/Observations/parameters/run eq 'parmz'");
        yield return ("Things", "Datastreams/Observations/phenomenonTime lt 2026-03-05T07:20:00Z");
        yield return ("Things", "Datastreams/phenomenonTime lt 2026-03-05T07:20:00Z");
        yield return ("Things", "properties/owner eq 'ownrz'");
        yield return ("Things", "name gt 'thn' and name lt 'tho'");
        yield return ("Things", "HistoricalLocations/time lt 2026-03-05T07:20:00Z");
        yield return ("Things", "MultiDatastreams/Observations/result/0 gt 700");
        yield return ("Locations", "Things/properties/owner eq 'ownrz'");
        foreach (var (x, y) in new[] { (13.377771, 52.516661), (13.37, 52.51), (13.3785, 52.5169) })
        {
            yield return ("Locations", string.Create(
                CultureInfo.InvariantCulture, $"geo.distance(location,geography'POINT({x} {y})') lt 0.0005"));
            yield return ("Things", string.Create(
                CultureInfo.InvariantCulture, $"geo.distance(Locations/location,geography'POINT({x} {y})') lt 0.0005"));
            yield return ("Locations", string.Create(CultureInfo.InvariantCulture,
                $"st_intersects(location,geography'POLYGON(({x - 0.0002} {y - 0.0002},{x + 0.0002} {y - 0.0002},{x + 0.0002} {y + 0.0002},{x - 0.0002} {y - 0.0002}))')"));
        }

        // Near the middle of the coarse cell from far on its other side: an index of the exact boxes would tell where in the cell it is.
        yield return ("Locations", "geo.distance(location,geography'POINT(13.4229 52.519763)') lt 0.0447");
        yield return ("Things", "geo.distance(Locations/location,geography'POINT(13.4229 52.519763)') lt 0.0447");
        yield return ("Locations", "location/coordinates/0 gt 13.3777");
        yield return ("HistoricalLocations", "time lt 2026-03-05T07:20:00Z");
        yield return ("HistoricalLocations", "Thing/name eq 'thnmz'");
        yield return ("Datastreams", "unitOfMeasurement/symbol eq 'unsyz'");
        yield return ("Datastreams", "Observations/result gt 700");
        yield return ("Datastreams", "phenomenonTime lt 2026-03-05T07:20:00Z");
        yield return ("Datastreams", "geo.distance(observedArea,geography'POINT(13.388882 52.511116)') lt 0.0001");
        yield return ("Sensors", "Datastreams/Thing/name eq 'thnmz'");
        yield return ("FeaturesOfInterest", "Observations/result gt 700");
        yield return ("FeaturesOfInterest", "Observations/phenomenonTime lt 2026-03-05T07:20:00Z");
        yield return ("ObservedProperties", "Datastreams/Observations/result gt 700");
    }

    internal static long Micros(string time) => Instant.TryParse(time, out var instant) ? instant.UnixMicroseconds : 0;
}

/// <summary>Two towns that differ in what may not be seen give the same answers, to the byte, to all attacks.</summary>
public class Attacking_what_is_hidden
{
    private static readonly string[] Known =
    [
        "Things/description", "Things/properties/height", "Locations/name", "Locations/properties", "Datastreams/name", "Datastreams/description",
        "Datastreams/unitOfMeasurement/name", "Sensors/name", "Sensors/metadata", "ObservedProperties/name", "Observations/resultQuality",
        "Observations/parameters/by", "FeaturesOfInterest/name", "FeaturesOfInterest/properties", "MultiDatastreams/name",
        "MultiDatastreams/unitOfMeasurements",
    ];

    [Fact]
    public async Task Tells_nothing_of_hidden_fields()
    {
        await using var one = await SentinelTown.StartAsync();
        await using var other = await SentinelTown.StartAsync(new Secrets
        {
            Result = "-3", Parameter = "other", PhenomenonTime = "2025-01-01T00:00:00+01:00", ResultTime = "2027-01-01T00:00:00Z",
            ValidTime = "2020-01-01T00:00:00Z/2021-01-01T00:00:00Z", Moved = "2024-05-05T00:00:00Z", Place = "9.5,48.5", Owner = "another",
            ThingName = "a longer name", UnitSymbol = "zz",
        });

        await CompareAsync(one, other, new ScopeNarrowing { Fields = [.. Known] }, refusedMin: 50);
    }

    [Fact]
    public async Task Tells_nothing_finer_than_the_coarse_times_and_places()
    {
        await using var one = await SentinelTown.StartAsync();
        await using var other = await SentinelTown.StartAsync(new Secrets
        {
            PhenomenonTime = "2026-03-05T07:41:59Z", ResultTime = "2026-03-05T08:42:00+01:00",
            ValidTime = "2026-03-05T07:00:00Z/2026-03-05T07:59:59Z", Moved = "2026-03-05T07:00:01Z", Place = "13.378771,52.517661",
        });

        await CompareAsync(one, other, new ScopeNarrowing { TimeSeconds = 3600, SpaceMetres = 1000 }, refusedMin: 1);
    }

    [Fact]
    public async Task Tells_nothing_of_what_lies_outside_of_a_window_of_time()
    {
        await using var one = await SentinelTown.StartAsync();
        await using var other = await SentinelTown.StartAsync();
        foreach (var stream in new[] { "Datastreams", "MultiDatastreams" })
            foreach (var time in new[] { "2026-01-01T00:00:00Z", "2026-03-05T06:59:59Z", "2026-03-07T00:00:00Z" })
                await other.CreateAsync("narrow", $"{stream}(2)/Observations",
                    $$"""{"phenomenonTime":"{{time}}","result":{{(stream[0] == 'M' ? "[900]" : "900")}},"FeatureOfInterest":{"@iot.id":2} }""");
        await other.CreateAsync("narrow", "HistoricalLocations", """{"time":"2026-01-01T00:00:00Z","Thing":{"@iot.id":2},"Locations":[{"@iot.id":2}]}""");

        var (from, until) = (new Instant(Attacks.Micros("2026-03-05T07:00:00Z")), new Instant(Attacks.Micros("2026-03-07T00:00:00Z")));
        await CompareAsync(one, other, new ScopeNarrowing { From = from, Until = until }, refusedMin: 1);
    }

    [Fact]
    public async Task Tells_nothing_of_what_lies_outside_of_an_area()
    {
        await using var one = await SentinelTown.StartAsync();
        await using var other = await SentinelTown.StartAsync();
        await other.CreateAsync("narrow", "Things", """
            {"name":"far","description":"d","properties":{"owner":"ownrz"},
             "Locations":[{"name":"far","description":"d","encodingType":"application/geo+json",
               "location":{"type":"Point","coordinates":[13.5,52.516661]} }],
             "Datastreams":[{"name":"far","description":"d",
               "observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
               "unitOfMeasurement":{"name":"n","symbol":"s","definition":"d"},
               "Sensor":{"@iot.id":2},"ObservedProperty":{"@iot.id":2},
               "Observations":[{"phenomenonTime":"2026-03-05T07:11:13Z","result":771.125}]}]}
            """);
        await other.CreateAsync("narrow", "Things", """{"name":"nowhere","description":"d"}""");
        await other.CreateAsync("narrow", "Datastreams(2)/Observations", """
            {"phenomenonTime":"2026-03-05T07:11:13Z","result":772,
             "FeatureOfInterest":{"name":"far","description":"d","encodingType":"application/geo+json",
               "feature":{"type":"LineString","coordinates":[[13.39,52.51],[13.41,52.51]]} } }
            """);

        await CompareAsync(
            one, other, new ScopeNarrowing { Area = new(13_300_000, 52_500_000, 13_400_000, 52_600_000) }, refusedMin: 1);
    }

    [Fact]
    public async Task Finds_nothing_with_a_place_in_an_area_that_is_empty()
    {
        await using var town = await SentinelTown.StartAsync();
        var scope = town.Scope(new ScopeNarrowing { Area = new(13_400_000, 52_500_000, 13_300_000, 52_600_000) }, withWhole: false);

        foreach (var set in new[] { "Things", "Locations", "Datastreams", "Observations", "FeaturesOfInterest", "HistoricalLocations" })
            Assert.EndsWith("\n\n{\"value\":[]}", await town.AskAsync(set, scope), StringComparison.Ordinal);
        Assert.Contains("semez", await town.AskAsync("Sensors", scope), StringComparison.Ordinal);
    }

    private static async Task CompareAsync(SentinelTown one, SentinelTown other, ScopeNarrowing narrowing, int refusedMin)
    {
        var (refused, answered, different) = (0, 0, 0);
        foreach (var withWhole in new[] { false, true })
            foreach (var attack in Attacks.All)
            {
                var scope = one.Scope(narrowing, withWhole);
                var (first, second) = (await one.AskAsync(attack, scope), await other.AskAsync(attack, scope));
                Assert.True(first == second, $"{attack} tells one from the other:\n{first}\n---\n{second}");
                Assert.False(first.StartsWith("400", StringComparison.Ordinal), $"{attack}: {first}");
                if (first.StartsWith("403", StringComparison.Ordinal)) refused++;
                if (first.StartsWith("200", StringComparison.Ordinal)) answered++;
                if (!withWhole && await one.AskAsync(attack, one.Everything) != await other.AskAsync(attack, other.Everything)) different++;
            }

        // The attacks are good: who may see everything tells the towns apart by them.
        Assert.True(different > 60, $"{different} of {Attacks.All.Count} attacks tell the towns apart.");
        Assert.True(refused >= refusedMin && answered > 50, $"{refused} refused, {answered} answered.");
    }
}
