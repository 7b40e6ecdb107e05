using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sensing;

/// <summary>A running program with one station and a few observations, for tests that only read. The clock stands still.</summary>
public sealed class StationExchange : IAsyncLifetime
{
    private Exchange? _stoa;

    /// <summary>The running program.</summary>
    internal Exchange Stoa => _stoa ?? throw new InvalidOperationException("It is started by the test runner.");

    public async ValueTask InitializeAsync()
    {
        _stoa = await Exchange.StartAsync(time: new TestClock());
        await Stoa.CreateAsync("Things", SensorThings.Station);
        await Stoa.CreateAsync(
            "Datastreams(1)/Observations",
            """
            {
              "phenomenonTime": "2026-01-01T10:00:00+01:00", "resultTime": "2026-01-01T10:00:05.25+01:00", "result": 21.5,
              "validTime": "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z", "resultQuality": {"code": "good"},
              "parameters": {"calibrated": true}
            }
            """);
        await Stoa.CreateAsync(
            "Datastreams(1)/Observations",
            """{"phenomenonTime": "2026-01-01T09:30:00Z/2026-01-01T10:00:00Z", "result": 3}""");
        await Stoa.CreateAsync("Things", """{"name":"Bare","description":"Nothing but what must be"}""");
        await Stoa.GivenDatasetAsync("empty", SpectrumClass.Open);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stoa is not null) await _stoa.DisposeAsync();
    }
}
