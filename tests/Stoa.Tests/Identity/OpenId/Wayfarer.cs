using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.SignIn;
using Xunit;

namespace Stoa.Tests.Identity.OpenId;

/// <summary>An exchange with a provider beside it, and the way between both.</summary>
internal sealed partial class Wayfarer : IAsyncDisposable
{
    public const string Ada = "ada@city.example";

    private Wayfarer(TestProvider provider, Exchange stoa, TemporaryFolder folder)
    {
        Provider = provider;
        Stoa = stoa;
        Folder = folder;
    }

    public TestProvider Provider { get; }

    public Exchange Stoa { get; }

    private TemporaryFolder Folder { get; }

    public static async Task<Wayfarer> StartAsync(params (string Key, string Value)[] settings)
    {
        var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "client.secret");
        await File.WriteAllTextAsync(file, TestProvider.ClientSecret + "\n");
        var provider = await TestProvider.StartAsync();
        var stoa = await Exchange.StartAsync(settings:
        [
            ("openId.issuer", provider.Issuer), ("openId.clientId", TestProvider.ClientId), ("openId.clientSecretFile", file),
            ("openId.name", "City Login"), .. settings,
        ]);
        return new(provider, stoa, folder);
    }

    /// <summary>From a page of the exchange to the provider: the address at which a browser arrives there.</summary>
    public static async Task<string> LeaveAsync(Visitor visitor, string page, string action, params (string Name, string Value)[] fields)
    {
        var forwarded = await visitor.SubmitAsync(page, action, fields);
        Assert.Equal("no-store", forwarded.ShouldBe(200).Header("Cache-Control"));
        var address = Refresh().Match(forwarded.Header("Refresh")).Groups[1].Value;
        Assert.Contains(WebUtility.HtmlEncode(address), forwarded.Text.Replace("&#x2B;", "+", StringComparison.Ordinal), StringComparison.Ordinal);
        return address;
    }

    /// <summary>The whole way from the sign-in page and back; the answer to the way back.</summary>
    public static async Task<Answer> SignInAsync(Visitor visitor, string back = "") =>
        await visitor.GetAsync(await TestProvider.SignInAsync(await LeaveAsync(visitor, "/sign-in", "/sign-in/openid", ("back", back))));

    /// <summary>The whole way from an invitation and back.</summary>
    public static async Task<Answer> AcceptAsync(Visitor visitor, string path) =>
        await visitor.GetAsync(await TestProvider.SignInAsync(await LeaveAsync(visitor, path, "/sign-in/openid", ("invitation", path.Split('/')[^1]))));

    /// <summary>The whole way from the account and back.</summary>
    public static async Task<Answer> LinkAsync(Visitor visitor, string password = Visitor.Password) =>
        await visitor.GetAsync(await TestProvider.SignInAsync(await LeaveAsync(visitor, "/account", "/account/logins", ("linker", password))));

    /// <summary>An invitation into an organization that is made with it.</summary>
    public async Task<string> InviteAsync(string slug = "traffic", string login = "tom@city.example")
    {
        (await Stoa.PostJsonAsync("/api/v1/organizations", $$"""{"slug":"{{slug}}","name":"Office of {{slug}}"}""")).ShouldBe(201);
        var id = await NumberAsync("SELECT max(id) FROM party");
        var invited = await Stoa.PostJsonAsync("/api/v1/invitations", $$"""{"organization":{{id}},"login":"{{login}}","roles":["member"]}""");
        return new Uri(invited.ShouldBe(201).Json.GetProperty("link").GetString()!).AbsolutePath;
    }

    public Task<long> CountAsync(string table) => NumberAsync($"SELECT count(*) FROM {table}");

    private async Task<long> NumberAsync(string sql)
    {
        using var read = await Stoa.Database.ReadAsync(TestContext.Current.CancellationToken);
        using var select = read.Prepare(sql);
        select.Step();
        return select.Int64(0);
    }

    public async ValueTask DisposeAsync()
    {
        await Stoa.DisposeAsync();
        await Provider.DisposeAsync();
        Folder.Dispose();
    }

    [GeneratedRegex("^0; url=(.+)$")]
    private static partial Regex Refresh();
}
