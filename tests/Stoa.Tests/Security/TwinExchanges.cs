using System.Globalization;
using System.Text;
using Stoa.Tests.Governance;
using Stoa.Tests.Security;
using Stoa.Vocabulary;
using Xunit;

[assembly: AssemblyFixture(typeof(TwinExchanges))]

namespace Stoa.Tests.Security;

/// <summary>
/// Two running programs that differ in one thing: one holds a closed dataset, in the other that dataset was taken out
/// of every table. All other rows have the same ids, so the answers can be compared byte by byte.
/// </summary>
/// <remarks>
/// Rows of the closed dataset lie between those of the open one, sort before, between and after them, and closed
/// Datastreams hang on open Things, so that a scope that is missing anywhere moves a page, a count, an order or a link.
/// </remarks>
public sealed class TwinExchanges : IAsyncLifetime
{
    /// <summary>Stands in every text of the closed dataset, and nowhere else.</summary>
    public const string Secret = "zq9secret";

    private const string Root = "sensorthings/v1.1";
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly TemporaryFolder _folder = new();
    private Exchange? _with;
    private Exchange? _without;

    /// <summary>The program that holds the closed dataset.</summary>
    public Exchange With => _with ?? throw new InvalidOperationException("Not started.");

    /// <summary>The program that never seems to have held it.</summary>
    public Exchange Without => _without ?? throw new InvalidOperationException("Not started.");

    /// <summary>One id of each set in the open dataset.</summary>
    public IReadOnlyDictionary<string, long> OpenIds { get; private set; } = new Dictionary<string, long>();

    /// <summary>One id of each set in the closed dataset.</summary>
    public IReadOnlyDictionary<string, long> ClosedIds { get; private set; } = new Dictionary<string, long>();

    /// <summary>A token that may read and write the open dataset alone, one for each program.</summary>
    public (string With, string Without) Stranger { get; private set; }

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>Starts both on first use.</summary>
    public async Task<TwinExchanges> StartedAsync()
    {
        await _gate.WaitAsync(Now);
        try
        {
            if (_without is not null) return this;
            // HistoricalLocations hold the moment at which they are made.
            _with = await Exchange.StartAsync(time: new TestClock());
            var twin = await Exchange.StartAsync(_folder.Path, new TestClock());
            await FillAsync(_with);
            await FillAsync(twin);
            OpenIds = await IdsAsync(_with, "open");
            ClosedIds = await IdsAsync(_with, "closed");
            Assert.Equal(ClosedIds, await IdsAsync(twin, "closed"));
            Stranger = (await _with.GivenTokenAsync("open", "read", "write"), await twin.GivenTokenAsync("open", "read", "write"));
            await TakeOutAsync(twin);
            // Started anew, so that nothing is left in memory either.
            await twin.DisposeAsync();
            _without = await Exchange.StartAsync(_folder.Path, new TestClock());
            return this;
        }
        finally
        {
            _gate.Release();
        }
    }

    private static async Task FillAsync(Exchange stoa)
    {
        await stoa.GivenDatasetAsync("open", SpectrumClass.Open);
        await stoa.GivenDatasetAsync("closed", SpectrumClass.Closed);
        await GivenConnectorAsync(stoa, "closed", Secret);
        await GivenConnectorAsync(stoa, "open", "visible");
        for (var i = 0; i < 4; i++)
        {
            // The closed one first, so that the very first row of every table is one that must not be seen.
            var closedThing = await CreateAsync(stoa, "closed", "Things", Thing($"{(char)('a' + i)} {Secret}", 10 + i));
            var openThing = await CreateAsync(stoa, "open", "Things", Thing($"{(char)('a' + i)} thing", 11 + i));
            var closedStream = await CreateAsync(stoa, "closed", "Datastreams", Datastream($"b {Secret} {i}", closedThing));
            var openStream = await CreateAsync(stoa, "open", "Datastreams", Datastream($"c stream {i}", openThing));
            // A closed Datastream on an open Thing: someone measures at a public place and keeps it to themselves.
            var guestStream = await CreateAsync(stoa, "closed", "Datastreams", Datastream($"a {Secret} guest {i}", openThing));
            var multis = await MultiDatastreamsAsync(stoa, i, closedThing, openThing);
            for (var hour = 0; hour < 3; hour++)
            {
                await CreateAsync(stoa, "closed", "Observations", Observation(multis.Closed, hour, (hour * 10) - 4, Secret, isMulti: true));
                await CreateAsync(stoa, "open", "Observations", Observation(multis.Open, hour, (hour * 10) + 1, "visible", isMulti: true));
                await CreateAsync(stoa, "closed", "Observations", Observation(multis.Guest, hour, (hour * 10) + 4, Secret, isMulti: true));
                await CreateAsync(stoa, "closed", "Observations", Observation(closedStream, hour, (hour * 10) - 5, Secret));
                await CreateAsync(stoa, "open", "Observations", Observation(openStream, hour, hour * 10, "visible"));
                await CreateAsync(stoa, "closed", "Observations", Observation(guestStream, hour, (hour * 10) + 5, Secret));
            }
        }
    }

    /// <summary>As with Datastreams; the open one also has a component whose ObservedProperty is closed.</summary>
    private static async Task<(long Closed, long Open, long Guest)> MultiDatastreamsAsync(
        Exchange stoa, int i, long closedThing, long openThing)
    {
        var closedProperty = await CreateAsync(stoa, "closed", "ObservedProperties", Property($"a {Secret} {i}"));
        var openProperty = await CreateAsync(stoa, "open", "ObservedProperties", Property($"d property {i}"));
        return (
            await CreateAsync(stoa, "closed", "MultiDatastreams", MultiDatastream($"b {Secret} multi {i}", closedThing, openProperty, closedProperty)),
            await CreateAsync(stoa, "open", "MultiDatastreams", MultiDatastream($"c multi {i}", openThing, closedProperty, openProperty)),
            await CreateAsync(stoa, "closed", "MultiDatastreams", MultiDatastream($"a {Secret} multi {i}", openThing, openProperty, openProperty)));
    }

    private static string Property(string name) => $$"""{"name":"{{name}}","definition":"urn:{{name}}","description":"o"}""";

    private static string MultiDatastream(string name, long thing, long first, long second) =>
        $$$"""
        {"name":"{{{name}}}","description":"of {{{name}}}","multiObservationDataTypes":["a","b"],
         "unitOfMeasurements":[{"name":"{{{name}}}","symbol":"1","definition":"d"},{"name":null,"symbol":null,"definition":null}],
         "Thing":{"@iot.id":{{{thing}}} },
         "Sensor":{"name":"{{{name}}}","description":"s","encodingType":"application/pdf","metadata":"{{{name}}}"},
         "ObservedProperties":[{"@iot.id":{{{first}}} },{"@iot.id":{{{second}}} }]}
        """;

    // Each with a dead letter, so that its address is one that could be found.
    private static async Task GivenConnectorAsync(Exchange stoa, string dataset, string note)
    {
        var declaration = $"title: {note}\ntopic: {note}/{{device}}\nvalues: [{{ path: $.{note}, quantity: {note} }}]";
        (await stoa.PutJsonAsync($"/api/v1/datasets/{dataset}/connectors/gauges?enable=true&force=true", declaration)).ShouldBe(201);
        (await stoa.PostJsonAsync($"/datasets/{dataset}/connectors/gauges?topic={note}/1", $"\"{note}\"")).ShouldBe(202);
    }

    private static string Thing(string name, double longitude) => string.Create(CultureInfo.InvariantCulture,
        $$$"""
        {"name":"{{{name}}}","description":"of {{{name}}}","properties":{"note":"{{{name}}}"},
         "Locations":[{"name":"{{{name}}}","description":"at","encodingType":"application/geo+json",
                       "location":{"type":"Point","coordinates":[{{{longitude}}},51]} }]}
        """);

    private static string Datastream(string name, long thing) =>
        $$$"""
        {"name":"{{{name}}}","description":"of {{{name}}}",
         "unitOfMeasurement":{"name":"{{{name}}}","symbol":"1","definition":"urn:{{{name}}}"},
         "observationType":"http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
         "Thing":{"@iot.id":{{{thing}}} },
         "Sensor":{"name":"{{{name}}}","description":"s","encodingType":"application/pdf","metadata":"{{{name}}}"},
         "ObservedProperty":{"name":"{{{name}}}","definition":"urn:{{{name}}}","description":"o"}}
        """;

    private static string Observation(long series, int hour, int result, string note, bool isMulti = false) => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""
        {"phenomenonTime":"2026-01-01T{{{hour:00}}}:00:00Z","resultTime":"2026-01-01T{{{hour:00}}}:01:00Z",
         "result":{{{(isMulti ? $"[{result},\"{note}\"]" : result)}}},"parameters":{"note":"{{{note}}}"},
         "{{{(isMulti ? "MultiDatastream" : "Datastream")}}}":{"@iot.id":{{{series}}} }}
        """);

    private static async Task<long> CreateAsync(Exchange stoa, string dataset, string set, string json)
    {
        var answer = await stoa.PostJsonAsync($"/datasets/{dataset}/{Root}/{set}", json);
        answer.ShouldBe(201);
        var location = answer.Header("Location");
        return long.Parse(location[(location.LastIndexOf('(') + 1)..^1], CultureInfo.InvariantCulture);
    }

    /// <summary>An id from the middle of each set of a dataset.</summary>
    private static async Task<Dictionary<string, long>> IdsAsync(Exchange stoa, string dataset)
    {
        var ids = new Dictionary<string, long>();
        foreach (var set in SensorThingsAddresses.Sets)
        {
            var answer = await stoa.GetAsync($"/datasets/{dataset}/{Root}/{set}?$select=id&$orderby=id&$skip=1&$top=1", stoa.AdminToken);
            answer.ShouldBe(200);
            ids[set] = answer.Json.GetProperty("value")[0].GetProperty("@iot.id").GetInt64();
        }

        return ids;
    }

    /// <summary>Takes every row of the closed dataset out of every table, as if it had never been.</summary>
    private static Task<bool> TakeOutAsync(Exchange stoa) => stoa.Database.WriteAsync(session =>
    {
        using var find = session.Prepare("SELECT id FROM dataset WHERE slug = 'closed'");
        Assert.True(find.Step());
        var id = find.Int64(0).ToString(CultureInfo.InvariantCulture);
        find.Reset();
        var streams = $"(SELECT id FROM datastream WHERE dataset_id = {id} UNION ALL SELECT -id FROM multi_datastream WHERE dataset_id = {id})";
        // Views on PostgreSQL.
        var boxes = TestSql.OnSqlite(
            $"""
            DELETE FROM location_box WHERE id IN (SELECT id FROM location WHERE dataset_id = {id});
            DELETE FROM feature_of_interest_box WHERE id IN (SELECT id FROM feature_of_interest WHERE dataset_id = {id});
            """);
        session.Execute(
            $"""
            DELETE FROM observation WHERE datastream_id IN {streams};
            DELETE FROM datastream_feature_of_interest WHERE datastream_id IN {streams};
            DELETE FROM datastream_state WHERE datastream_id IN {streams};
            DELETE FROM thing_location WHERE thing_id IN (SELECT id FROM thing WHERE dataset_id = {id})
                OR location_id IN (SELECT id FROM location WHERE dataset_id = {id});
            DELETE FROM historical_location_location
                WHERE historical_location_id IN (SELECT id FROM historical_location WHERE dataset_id = {id});
            {boxes}
            DELETE FROM historical_location WHERE dataset_id = {id};
            DELETE FROM feature_of_interest WHERE dataset_id = {id};
            DELETE FROM datastream WHERE dataset_id = {id};
            DELETE FROM multi_datastream_observed_property
                WHERE multi_datastream_id IN (SELECT id FROM multi_datastream WHERE dataset_id = {id})
                   OR observed_property_id IN (SELECT id FROM observed_property WHERE dataset_id = {id});
            DELETE FROM multi_datastream WHERE dataset_id = {id};
            DELETE FROM sensor WHERE dataset_id = {id};
            DELETE FROM observed_property WHERE dataset_id = {id};
            DELETE FROM location WHERE dataset_id = {id};
            DELETE FROM thing WHERE dataset_id = {id};
            DELETE FROM entity_count WHERE dataset_id = {id};
            DELETE FROM entity_change WHERE dataset_id = {id};
            DELETE FROM access_token_scope WHERE dataset_id = {id};
            DELETE FROM dead_letter WHERE connector_id IN (SELECT id FROM connector WHERE dataset_id = {id});
            DELETE FROM connector WHERE dataset_id = {id};
            DELETE FROM dataset WHERE id = {id};
            """);
        return true;
    }, Now);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_with is not null) await _with.DisposeAsync();
        if (_without is not null) await _without.DisposeAsync();
        _folder.Dispose();
        _gate.Dispose();
    }

    /// <summary>Fails when there is a difference, and shows the first ones in full.</summary>
    public static void ShouldBeNone(IReadOnlyCollection<string> differences) => Assert.True(
        differences.Count == 0, $"{differences.Count} differences, among them:\n{string.Join('\n', differences.Take(12))}");

    /// <summary>Status, headers and body of an answer without what belongs to the moment or the machine.</summary>
    public static string Comparable(Answer answer)
    {
        var text = new StringBuilder();
        text.Append(answer.Status).Append('\n');
        foreach (var (name, value) in answer.Headers.OrderBy(header => header.Key, StringComparer.OrdinalIgnoreCase))
            if (name is not ("Date" or "Connection" or "Keep-Alive"))
                // The second part of an entity tag is a hash of the body, which is compared itself: it holds the address.
                text.Append(name).Append(": ").Append(name == "ETag" ? value.Split('.')[0] : value).Append('\n');
        return text.Append(answer.Text).Replace(answer.Address.ToString(), "{base}/").Replace(answer.Address.Authority, "{host}").ToString();
    }
}
