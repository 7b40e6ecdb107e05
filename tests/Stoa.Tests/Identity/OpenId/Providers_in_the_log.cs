using Stoa.Ledger.Events;
using Stoa.Tests.Ledger;
using Xunit;

namespace Stoa.Tests.Identity.OpenId;

/// <summary>Whoever reads the log finds when people could sign in by another provider than before.</summary>
public class Providers_in_the_log
{
    [Fact]
    public async Task Are_told_at_the_first_start_with_them_and_when_there_is_none_any_more()
    {
        (string, string)[] one = [("openId.issuer", "https://login.city.example"), ("openId.clientId", "stoa")];
        (string, string)[] other = [("openId.issuer", "https://login.city.example"), ("openId.clientId", "stoa-2"), ("openId.name", "City Login")];
        await using var stoa = await Exchange.StartAsync();
        Assert.Empty(await ToldAsync());

        await stoa.RestartAsync(one);
        await stoa.RestartAsync([.. one, ("openId.name", "Renamed")]);
        var first = await ToldAsync();
        await stoa.RestartAsync(other);
        await stoa.RestartAsync();
        await stoa.RestartAsync();
        await stoa.RestartAsync(one);

        var all = await ToldAsync();
        // What is hashed stands in docs/ledger.md.
        Assert.Equal(LogEvent.DigestOf("""{"clientId":"stoa","issuer":"https://login.city.example"}"""u8), Assert.Single(first));
        Assert.Equal(
            [first[0], LogEvent.DigestOf("""{"clientId":"stoa-2","issuer":"https://login.city.example"}"""u8), null, first[0]], all);
        await LogContents.CheckAsync(stoa.Database, "login.city", "stoa-2", "City Login");

        async Task<List<string?>> ToldAsync() =>
            [.. (await LogContents.EntriesAsync(stoa.Database, "signin-provider.changed")).Select(entry => entry.Member("digest"))];
    }
}
