using Xunit;

namespace Stoa.Tests.Identity.OpenId;

/// <summary>An exchange where Ada's account is linked: what comes from the provider would open it if it were accepted.</summary>
public sealed class LinkedExchange : IAsyncLifetime
{
    private int _sources;
    private Wayfarer _way = null!;

    /// <summary>The exchange, its provider as it should be.</summary>
    internal Wayfarer Way
    {
        get
        {
            (_way.Provider.Claims, _way.Provider.Answer, _way.Provider.Token) = (_ => { }, _ => { }, null);
            return _way;
        }
    }

    internal static async Task<Wayfarer> StartAsync()
    {
        var way = await Wayfarer.StartAsync();
        using var ada = await Visitor.AdministratorAsync(way.Stoa);
        (await Wayfarer.LinkAsync(ada)).ShouldBe(303);
        return way;
    }

    /// <summary>An address of its own for each test: failures are counted by it.</summary>
    internal string Source() => $"192.0.2.{Interlocked.Increment(ref _sources)}";

    public async ValueTask InitializeAsync() => _way = await StartAsync();

    public ValueTask DisposeAsync() => _way.DisposeAsync();
}
