using System.Collections.Concurrent;
using Stoa.Conformance;
using Stoa.Tests.Conformance;
using Xunit;

[assembly: AssemblyFixture(typeof(OwnService))]

namespace Stoa.Tests.Conformance;

/// <summary>The conformance suite against this program, each check once, whoever asks for its outcome.</summary>
public sealed class OwnService : IAsyncLifetime
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<string, Outcome> _outcomes = [];
    private Exchange? _stoa;
    private ConformanceRun? _run;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    /// <summary>What the landing page lists.</summary>
    public async Task<IReadOnlyList<string>> ClaimsAsync()
    {
        await _gate.WaitAsync(Now);
        try
        {
            return (await StartedAsync()).Claims;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>How the check ends against this program.</summary>
    public async Task<Outcome> OutcomeAsync(Check check)
    {
        await _gate.WaitAsync(Now);
        try
        {
            if (_outcomes.TryGetValue(check.Name, out var known)) return known;
            return _outcomes[check.Name] = await (await StartedAsync()).TryAsync(check, Now);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<ConformanceRun> StartedAsync()
    {
        _stoa ??= await Exchange.StartAsync(settings: ("mqtt.listen", "127.0.0.1:0"));
        return _run ??= await ConformanceRun.StartAsync(
            new RunOptions(new Uri(_stoa.Address, "sensorthings/v1.1")) { Token = _stoa.AdminToken }, Now);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_run is not null) await _run.DisposeAsync();
        if (_stoa is not null) await _stoa.DisposeAsync();
        _gate.Dispose();
    }
}
