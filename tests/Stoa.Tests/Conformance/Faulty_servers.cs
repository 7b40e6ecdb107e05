using Stoa.Conformance;
using Xunit;

namespace Stoa.Tests.Conformance;

/// <summary>Checks can fail: a server with one fault is noticed by the checks that are there for it.</summary>
public sealed class Faulty_servers(Faulty_servers.Healthy server) : IClassFixture<Faulty_servers.Healthy>
{
    public static TheoryData<string> Faults => [.. Fault.All.Select(fault => fault.ToString())];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Are_noticed(string name)
    {
        var fault = Fault.All.Single(one => one.ToString() == name);
        await using var proxy = await CorruptingProxy.StartAsync(server.Stoa.Address, fault,
            TestContext.Current.CancellationToken);

        var outcomes = await RunAsync(proxy, [.. fault.Checks.Select(Suite.Named)]);

        Assert.All(outcomes, outcome => Assert.True(outcome.Verdict == Verdict.Failed,
            $"{outcome.Check.Name} ended as {outcome.Verdict}: {outcome.Why}\n{outcome.Sent}\n{outcome.Came}"));
    }

    [Fact]
    public async Task Are_not_seen_where_nothing_is_corrupted()
    {
        await using var proxy = await CorruptingProxy.StartAsync(
            server.Stoa.Address, new Fault("", "none"), TestContext.Current.CancellationToken);
        var checks = Fault.All.SelectMany(fault => fault.Checks).Distinct().Select(Suite.Named).ToList();

        var outcomes = await RunAsync(proxy, checks);

        Assert.All(outcomes, outcome => Assert.True(outcome.Verdict == Verdict.Passed,
            $"{outcome.Check.Name} ended as {outcome.Verdict}: {outcome.Why}\n{outcome.Sent}\n{outcome.Came}"));
    }

    [Fact]
    public void Are_there_for_every_requirement_class()
    {
        var classes = Fault.All.Select(fault => fault.Class).ToHashSet();
        var known = Requirements.Classes.Select(one => one.Name.Split('/')[^1]).ToList();

        Assert.Empty(classes.Except(known));
        Assert.Empty(known.Except(classes));
    }

    private async Task<IReadOnlyList<Outcome>> RunAsync(CorruptingProxy proxy, IReadOnlyList<Check> checks)
    {
        var now = TestContext.Current.CancellationToken;
        var options = new RunOptions(new Uri(proxy.Address, "sensorthings/v1.1")) 
        {
            Token = server.Stoa.AdminToken, Mqtt = server.Stoa.MqttEndpoint.ToString(), IncludeUnclaimed = true,
        };
        await using var run = await ConformanceRun.StartAsync(options, now);
        var outcomes = new List<Outcome>();
        foreach (var check in checks) outcomes.Add(await run.TryAsync(check, now));
        return outcomes;
    }

    /// <summary>The server behind the proxies.</summary>
    public sealed class Healthy : IAsyncLifetime
    {
        private Exchange? _stoa;

        internal Exchange Stoa => _stoa!;

        public async ValueTask InitializeAsync() =>
            _stoa = await Exchange.StartAsync(settings: ("mqtt.listen", "127.0.0.1:0"));

        public async ValueTask DisposeAsync()
        {
            if (_stoa is not null) await _stoa.DisposeAsync();
        }
    }
}
