using System.Globalization;
using Stoa.Sensing.Schema;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Narrowing;

/// <summary>No answer in any form holds a field that may not be read, whatever is asked.</summary>
public sealed class Hidden_fields : IAsyncLifetime
{
    private SentinelTown? _town;

    private SentinelTown Town => _town!; // Started before each test.

    public async ValueTask InitializeAsync() => _town = await SentinelTown.StartAsync();

    public ValueTask DisposeAsync() => Town.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Leave_by_no_query_and_in_no_form(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 3; round++)
        {
            var readable = SentinelTown.Fields.Select(field => field.Field).Concat(SentinelTown.Derived.Select(field => field.Field))
                .Where(_ => random.Next(3) > 0).ToList();
            if (random.Next(4) == 0) readable.Add("Things/properties");
            var scope = Town.Scope(new ScopeNarrowing { Fields = [.. readable] }, withWhole: random.Next(2) == 0);
            var hidden = SentinelTown.Fields.Where(field => !IsReadable(readable, field.Field)).ToList();
            foreach (var question in Questions(random))
            {
                var answer = await Town.AskAsync(question, scope);
                Assert.False(answer.StartsWith("500", StringComparison.Ordinal), question);
                foreach (var (field, sentinel) in hidden)
                    Assert.False(answer.Contains(sentinel, StringComparison.Ordinal),
                        $"seed {seed}, round {round}: {question} shows {field}:\n{answer}");
            }
        }
    }

    [Fact]
    public async Task Are_absent_and_readable_ones_are_there()
    {
        var scope = Town.Scope(
            new ScopeNarrowing { Fields = ["Observations/result", "Observations/parameters/run", "Things/properties/owner"] }, withWhole: false);

        var observation = await Town.AskAsync("Observations(4)?$resultMetadata=none", scope);
        var thing = await Town.AskAsync("Things(2)?$resultMetadata=none", scope);
        var array = await Town.AskAsync("Datastreams(2)/Observations?$resultFormat=dataArray&$select=result,resultTime,parameters", scope);
        var table = await Town.AskAsync("Observations?$resultFormat=CSV&$orderby=id", scope);
        var features = await Town.AskAsync("Observations?$resultFormat=GeoJSON&$orderby=id", scope);

        Assert.EndsWith("""{"@iot.id":4,"result":771.125,"parameters":{"run":"parmz"}}""", observation, StringComparison.Ordinal);
        Assert.EndsWith("""{"@iot.id":2,"properties":{"owner":"ownrz"}}""", thing, StringComparison.Ordinal);
        Assert.Contains(
            """
            "components":["result","parameters"],"dataArray@iot.count":2,"dataArray":[[771.125,{"run":"parmz"}],[1,null]]
            """,
            array, StringComparison.Ordinal);
        Assert.Contains("\n\nid,result,parameters\r\n4,771.125,\"{\"\"run\"\":\"\"parmz\"\"}\"\r\n", table, StringComparison.Ordinal);
        Assert.Contains("""{"type":"Feature","id":4,"properties":{"id":4,"result":771.125,"parameters/run":"parmz"},"geometry":null}""",
            features, StringComparison.Ordinal);
        Assert.DoesNotContain("ETag", observation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_everything_where_nothing_is_hidden()
    {
        var all = SentinelTown.Fields.Select(field => field.Field).Concat(SentinelTown.Derived.Select(field => field.Field));
        var scope = Town.Scope(new ScopeNarrowing { Fields = [.. all] }, withWhole: true);

        var everything = await Town.AskAsync(
            "Things?$expand=Locations,HistoricalLocations,Datastreams($expand=Sensor,ObservedProperty,Observations($expand=FeatureOfInterest)),"
            + "MultiDatastreams($expand=Observations)", scope);

        Assert.All(SentinelTown.Fields, field => Assert.Contains(field.Sentinel, everything, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Observations?$filter=result gt 5", "Observations/result")]
    [InlineData("Observations?$orderby=result", "Observations/result")]
    [InlineData("Observations?$filter=parameters/by eq 'x'", "Observations/parameters/by")]
    [InlineData("Observations?$filter=parameters eq null", "Observations/parameters")]
    [InlineData("Things?$filter=Datastreams/Observations/result gt 5", "Observations/result")]
    [InlineData("Observations?$filter=Datastream/Thing/properties/owner eq 'x'", "Things/properties/owner")]
    [InlineData("Observations?$orderby=Datastream/Thing/name", "Things/name")]
    [InlineData("Things?$expand=Datastreams($expand=Observations($filter=result gt 5))", "Observations/result")]
    [InlineData("Things?$expand=Datastreams($orderby=name)", "Datastreams/name")]
    [InlineData("Locations?$filter=geo.distance(location,geography'POINT(1 2)') lt 5", "Locations/location")]
    [InlineData("Things?$filter=startswith(name,'a') or true", "Things/name")]
    [InlineData("Observations/$aggregate?interval=PT1H", "Observations/result")]
    public async Task Are_not_filtered_or_ordered_by(string question, string field)
    {
        foreach (var withWhole in new[] { true, false })
        {
            var answer = await Town.AskAsync(question, Town.Scope(new ScopeNarrowing { Fields = ["Observations/parameters/run"] }, withWhole));

            Assert.StartsWith("403", answer, StringComparison.Ordinal);
            Assert.Contains("/problems/field-not-readable", answer, StringComparison.Ordinal);
            Assert.Contains($"\"field\":\"{field}\"", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Of_members_that_may_be_read_may_be_filtered_by()
    {
        var scope = Town.Scope(new ScopeNarrowing { Fields = ["Observations/parameters/run"] }, withWhole: true);

        var found = await Town.AskAsync("Observations?$filter=parameters/run eq 'parmz'&$count=true&$select=id", scope);

        Assert.Contains("\"@iot.count\":2", found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_through_all_rows_where_the_time_of_the_order_is_hidden()
    {
        var scope = Town.Scope(new ScopeNarrowing { Fields = ["Observations/result"] }, withWhole: true);
        var (ids, next) = (new List<string>(), "Observations?$top=1&$select=id&$resultMetadata=none");
        while (next is not null)
        {
            var answer = await Town.AskAsync(next, scope);
            using var json = System.Text.Json.JsonDocument.Parse(answer[answer.IndexOf("\n\n", StringComparison.Ordinal)..]);
            ids.AddRange(json.RootElement.GetProperty("value").EnumerateArray().Select(row => row.GetProperty("@iot.id").ToString()));
            next = json.RootElement.TryGetProperty("@iot.nextLink", out var link)
                ? Uri.UnescapeDataString(link.GetString()!["http://town/v1.1/".Length..])
                : null;
        }

        Assert.Equal(["1", "2", "3", "4", "5", "6"], ids.Order());
    }

    [Theory]
    [InlineData("Observations/$aggregate?interval=P1D&groupBy=Thing")]
    [InlineData("Observations/$aggregate?interval=P1D&functions=p50,count&$filter=phenomenonTime ge 2026-03-05T07:00:00Z and phenomenonTime lt 2026-03-06T00:00:00Z&fill=null")]
    [InlineData("Observations/$aggregate?interval=PT1H&area=a:POLYGON((13.3 52.5,13.4 52.5,13.4 52.6,13.3 52.5))")]
    [InlineData("Observations?$orderby=phenomenonTime desc&$count=true")]
    [InlineData("Observations?$filter=result gt 700&$top=1")]
    [InlineData("Things?$filter=Datastreams/Observations/result gt 700&$expand=Locations")]
    public async Task Change_nothing_where_a_window_leaves_everything_in(string question)
    {
        var all = Town.Scope(new ScopeNarrowing { From = new(0), Area = new(13_000_000, 52_000_000, 14_000_000, 53_000_000) }, withWhole: true);

        var answer = await Town.AskAsync(question, all);

        Assert.StartsWith("200", answer, StringComparison.Ordinal);
        Assert.Equal(await Town.AskAsync(question, Town.Everything), answer);
    }

    internal static bool IsReadable(List<string> readable, string field)
    {
        var parts = field.Split('/');
        return readable.Contains(field) || readable.Contains($"{parts[0]}/{parts[1]}") ||
            SentinelTown.Derived.Any(derived => derived.Of == field && readable.Contains(derived.Field));
    }

    /// <summary>Everything that can be asked about the towns' entities, in every form.</summary>
    internal static IEnumerable<string> Questions(Random random)
    {
        foreach (var type in SensorThingsSchema.Schema.Types)
        {
            var set = type.SetName;
            var ids = set == "Observations" ? new[] { 4, 5, 6 } : [2];
            yield return set;
            yield return $"{set}?$count=true&$orderby=id desc";
            yield return $"{set}?$resultFormat=CSV";
            yield return $"{set}?$resultFormat=GeoJSON";
            yield return $"{set}/$ref";
            yield return $"{set}?$select={string.Join(',', type.Properties.Where(_ => random.Next(2) == 0).Select(p => p.Name).Append("id"))}";
            foreach (var id in ids)
            {
                yield return $"{set}({id})";
                foreach (var property in type.Properties)
                {
                    yield return $"{set}({id})/{property.Name}";
                    yield return $"{set}({id})/{property.Name}/$value";
                }

                foreach (var navigation in type.Navigations)
                {
                    yield return $"{set}({id})/{navigation.Name}";
                    yield return $"{set}({id})?$expand={navigation.Name}";
                    if (!navigation.IsMany) yield return $"{set}?$expand={navigation.Name}&$resultFormat=CSV";
                    yield return $"{set}?$expand={navigation.Name}&$resultFormat=GeoJSON";
                    foreach (var inner in navigation.Target.Navigations)
                        yield return $"{set}({id})/{navigation.Name}?$expand={inner.Name}($orderby={AnyOf(random, inner.Target)})";
                }
            }

            for (var i = 0; i < 4; i++)
            {
                yield return $"{set}?$orderby={AnyOf(random, type)} desc&$top={random.Next(3)}";
                yield return $"{set}?$filter={AnyOf(random, type)} ne null and {AnyOf(random, type)} eq 'x'";
                yield return string.Create(CultureInfo.InvariantCulture, $"{set}?$filter={AnyOf(random, type)} gt {random.Next(900)}");
            }
        }

        yield return "Observations?$resultFormat=dataArray";
        yield return "Datastreams(2)/Observations?$resultFormat=dataArray&$count=true";
        foreach (var by in new[] { "Datastream", "Thing", "ObservedProperty", "none" })
            yield return $"Observations/$aggregate?interval=PT1H&groupBy={by}&functions=min,max,p95,count";
        yield return "Datastreams(2)/Observations/$aggregate?interval=PT1H&$resultFormat=CSV";
    }

    private static string AnyOf(Random random, Stoa.Query.EntityType type)
    {
        var property = type.Properties[random.Next(type.Properties.Count)];
        return property.HasInside && random.Next(2) == 0 ? property.Name + "/run" : property.Name;
    }
}
