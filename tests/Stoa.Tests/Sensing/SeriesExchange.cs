using System.Globalization;
using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>A running program with several Things and a series of results, for tests of queries. The clock stands still.</summary>
/// <remarks>
/// Things 1 to 4: Alpha, beta, Gamma, Ωmega, the last without properties. Datastream 1 (Thing 1): results 1 to 12, hourly from
/// 2026-01-01T00:00Z, a result time with every second. Datastream 2 (Thing 2): one of each kind of result, daily. Datastream 3
/// (Thing 3): nothing.
/// </remarks>
public sealed class SeriesExchange : IAsyncLifetime
{
    private Exchange? _stoa;

    /// <summary>The running program.</summary>
    internal Exchange Stoa => _stoa ?? throw new InvalidOperationException("It is started by the test runner.");

    public async ValueTask InitializeAsync()
    {
        _stoa = await Exchange.StartAsync(time: new TestClock());
        await Stoa.CreateAsync("Sensors",
            """{"name":"S","description":"d","encodingType":"text/html","metadata":{"range":[0,50]}}""");
        await Stoa.CreateAsync("ObservedProperties", """{"name":"P","description":"d","definition":"https://example.org/p"}""");
        await ThingAsync("Alpha", """{"height":3,"open":true,"tags":["a","b"],"built":"2001-05-06T07:08:09Z","note":"7"}""", 7.0, 51.0);
        await ThingAsync("beta", """{"height":12.5,"open":false,"note":null}""", 8.0, 52.0);
        await ThingAsync("Gamma", """{"height":"tall"}""", 9.0, 53.0);
        await Stoa.CreateAsync("Things", """{"name":"Ωmega","description":"  It's last  "}""");
        await Stoa.CreateAsync("Datastreams", SensorThings.Datastream("numbers", thing: 1));
        await Stoa.CreateAsync("Datastreams", SensorThings.Datastream("kinds", thing: 2));
        await Stoa.CreateAsync("Datastreams", SensorThings.Datastream("nothing", thing: 3));
        for (var i = 1; i <= 12; i++)
            await Stoa.CreateAsync("Datastreams(1)/Observations", string.Create(CultureInfo.InvariantCulture,
                $$"""
                {"phenomenonTime":"2026-01-01T{{i - 1:00}}:00:00Z","result":{{i}},"parameters":{"i":{{i}}},
                 "resultTime":{{(i % 2 == 0 ? $"\"2026-01-01T{i - 1:00}:30:00.5Z\"" : "null")}} }
                """));
        string[] kinds = ["-2.5", "\"text\"", "true", "{\"a\":{\"b\":5}}", "null", "\"\""];
        for (var i = 0; i < kinds.Length; i++)
            await Stoa.CreateAsync("Datastreams(2)/Observations", string.Create(CultureInfo.InvariantCulture,
                $$"""{"phenomenonTime":"2026-02-0{{i + 1}}T12:34:56.75+02:00","result":{{kinds[i]}}}"""));
    }

    private async Task ThingAsync(string name, string properties, double x, double y) =>
        await Stoa.CreateAsync("Things",
            $$"""
            {"name":"{{name}}","description":"Thing {{name}}","properties":{{properties}},
             "Locations":[{{SensorThings.Location("at " + name, x, y)}}]}
            """);

    public async ValueTask DisposeAsync()
    {
        if (_stoa is not null) await _stoa.DisposeAsync();
    }
}
