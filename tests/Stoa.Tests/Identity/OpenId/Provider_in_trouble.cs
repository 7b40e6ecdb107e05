using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Identity.OpenId;

/// <summary>A provider that is away, slow, too talkative or wrong about itself, and one that changes its keys.</summary>
public class Provider_in_trouble
{
    private const string Unavailable = "Single sign-on cannot be reached now";

    public static TheoryData<string, string, Func<HttpContext, Task>> Troubles() => new()
    {
        { "configuration away", "openid-configuration", Answer(500) },
        { "configuration elsewhere", "openid-configuration", http =>
        {
            http.Response.Redirect("http://127.0.0.1:1/");
            return Task.CompletedTask;
        } },
        { "configuration slow", "openid-configuration", SlowAsync },
        { "configuration that never ends", "openid-configuration", HugeAsync },
        { "configuration broken off", "openid-configuration", http =>
        {
            http.Abort();
            return Task.CompletedTask;
        } },
        { "configuration that is a page", "openid-configuration", http => http.Response.WriteAsync("<html>") },
        { "configuration that is a list", "openid-configuration", http => http.Response.WriteAsync("[]") },
        { "keys away", "keys", Answer(404) },
        { "keys slow", "keys", SlowAsync },
        { "keys huge", "keys", HugeAsync },
        { "no keys", "keys", http => http.Response.WriteAsync("""{"keys":[{"kty":"oct","k":"AAAA"}]}""") },
        { "no key set", "keys", http => http.Response.WriteAsync("""{"keys":{}}""") },
    };

    private static Func<HttpContext, Task> Answer(int status) => http =>
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync("{}");
    };

    private static async Task SlowAsync(HttpContext http)
    {
        // A byte now and then: what counts is the time of the whole answer.
        for (var i = 0; i < 100 && !http.RequestAborted.IsCancellationRequested; i++)
        {
            await http.Response.WriteAsync(" ");
            await http.Response.Body.FlushAsync();
            await Task.Delay(100);
        }
    }

    private static async Task HugeAsync(HttpContext http)
    {
        var blanks = new string(' ', 64 * 1024);
        for (var i = 0; i < 1000 && !http.RequestAborted.IsCancellationRequested; i++) await http.Response.WriteAsync(blanks);
    }

    [Theory]
    [MemberData(nameof(Troubles), DisableDiscoveryEnumeration = true)]
    public async Task Is_told_on_the_page_in_time_and_the_password_still_works(string what, string at, Func<HttpContext, Task> trouble)
    {
        await using var way = await Wayfarer.StartAsync(("openId.timeoutSeconds", "2"));
        using var ada = await Visitor.AdministratorAsync(way.Stoa);
        way.Provider.Instead = async http =>
        {
            if (!http.Request.Path.Value!.EndsWith(at, StringComparison.Ordinal)) return false;
            await trouble(http);
            return true;
        };
        using var browser = new Visitor(way.Stoa);
        var watch = Stopwatch.StartNew();

        var answer = await browser.SubmitAsync("/sign-in", "/sign-in/openid");

        Assert.NotEmpty(what);
        Assert.Contains(Unavailable, answer.ShouldBe(503).Text, StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 8);
        (await browser.SignInAsync(Wayfarer.Ada, Visitor.Password)).ShouldBe(303);
    }

    [Theory]
    [InlineData("issuer", "https://evil.example")]
    [InlineData("authorization_endpoint", "http://login.evil.example/")]
    [InlineData("token_endpoint", "http://login.evil.example/")]
    [InlineData("token_endpoint", "file:///etc/passwd")]
    [InlineData("jwks_uri", "http://169.254.169.254/latest")]
    [InlineData("jwks_uri", "data:application/json,{}")]
    [InlineData("authorization_endpoint", "javascript:alert(1)")]
    public async Task Is_not_believed_about_addresses_that_are_not_safe(string member, string value)
    {
        await using var way = await Wayfarer.StartAsync(("openId.timeoutSeconds", "2"));
        way.Provider.Metadata = metadata => metadata[member] = value;
        using var browser = new Visitor(way.Stoa);

        Assert.Contains(Unavailable, (await browser.SubmitAsync("/sign-in", "/sign-in/openid")).ShouldBe(503).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500, 503, Unavailable)]
    [InlineData(400, 400, "The answer of single sign-on is not accepted")]
    [InlineData(200, 400, "The answer of single sign-on is not accepted")]
    public async Task Is_told_when_the_code_is_not_redeemed(int status, int shown, string text)
    {
        await using var way = await Wayfarer.StartAsync(("openId.timeoutSeconds", "2"));
        using var browser = new Visitor(way.Stoa);
        way.Provider.Instead = async http =>
        {
            if (http.Request.Path != "/token") return false;
            await Answer(status)(http);
            return true;
        };

        Assert.Contains(text, (await Wayfarer.SignInAsync(browser)).ShouldBe(shown).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_not_counted_as_a_guess_of_who_signs_in()
    {
        await using var way = await Wayfarer.StartAsync();
        using var browser = new Visitor(way.Stoa);
        way.Provider.Instead = async http =>
        {
            if (http.Request.Path != "/token") return false;
            await Answer(502)(http);
            return true;
        };

        for (var i = 0; i <= 30; i++) (await Wayfarer.SignInAsync(browser)).ShouldBe(503);
    }

    [Fact]
    public async Task Is_told_when_the_code_is_redeemed_too_slowly_or_at_too_great_length()
    {
        await using var way = await Wayfarer.StartAsync(("openId.timeoutSeconds", "2"));
        using var browser = new Visitor(way.Stoa);
        Func<HttpContext, Task> trouble = SlowAsync;
        way.Provider.Instead = async http =>
        {
            if (http.Request.Path != "/token") return false;
            await trouble(http);
            return true;
        };

        (await Wayfarer.SignInAsync(browser)).ShouldBe(503);
        trouble = HugeAsync;
        (await Wayfarer.SignInAsync(browser)).ShouldBe(503);
    }

    [Fact]
    public async Task Is_left_alone_for_some_seconds_after_it_did_not_answer()
    {
        var clock = new TestClock(DateTimeOffset.UtcNow);
        await using var provider = await TestProvider.StartAsync();
        await using var stoa = await Exchange.StartAsync(
            time: clock, settings: [("openId.issuer", provider.Issuer), ("openId.clientId", TestProvider.ClientId)]);
        using var browser = new Visitor(stoa);
        var isAway = true;
        provider.Instead = async http =>
        {
            if (isAway) await Answer(502)(http);
            return isAway;
        };

        (await browser.SubmitAsync("/sign-in", "/sign-in/openid")).ShouldBe(503);
        (await browser.SubmitAsync("/sign-in", "/sign-in/openid")).ShouldBe(503);
        Assert.Single(provider.Requests);
        isAway = false;
        clock.Advance(TimeSpan.FromSeconds(5));

        (await browser.SubmitAsync("/sign-in", "/sign-in/openid")).ShouldBe(200);
    }

    [Fact]
    public async Task May_change_its_keys_and_is_asked_for_them_once_a_minute_at_most()
    {
        var clock = new TestClock(DateTimeOffset.UtcNow);
        await using var provider = await TestProvider.StartAsync();
        await using var stoa = await Exchange.StartAsync(
            time: clock, settings: [("openId.issuer", provider.Issuer), ("openId.clientId", TestProvider.ClientId), ("openId.join", "anyone")]);
        provider.KnowsSecret = false;
        using var browser = new Visitor(stoa);
        int Asked() => provider.Requests.Count(path => path == "/keys");
        (await Wayfarer.SignInAsync(browser)).ShouldBe(303);
        Assert.Equal(1, Asked());

        provider.Rotate();
        using var early = new Visitor(stoa);
        (await Wayfarer.SignInAsync(early)).ShouldBe(400);
        Assert.Equal(1, Asked());
        clock.Advance(TimeSpan.FromMinutes(1));
        (await Wayfarer.SignInAsync(early)).ShouldBe(303);
        Assert.Equal(2, Asked());

        // A key that it does not show at all is asked for once a minute, however many tokens name it.
        provider.ShowsKeys = false;
        provider.Rotate();
        clock.Advance(TimeSpan.FromMinutes(1));
        using var late = new Visitor(stoa);
        for (var i = 0; i < 3; i++) (await Wayfarer.SignInAsync(late)).ShouldBe(400);
        Assert.Equal(3, Asked());
    }

    [Fact]
    public async Task Is_known_as_it_was_while_it_does_not_answer()
    {
        var clock = new TestClock(DateTimeOffset.UtcNow);
        await using var provider = await TestProvider.StartAsync();
        await using var stoa = await Exchange.StartAsync(
            time: clock, settings: [("openId.issuer", provider.Issuer), ("openId.clientId", TestProvider.ClientId)]);
        using var browser = new Visitor(stoa);
        (await browser.SubmitAsync("/sign-in", "/sign-in/openid")).ShouldBe(200);
        provider.Instead = async http =>
        {
            await Answer(503)(http);
            return true;
        };

        clock.Advance(TimeSpan.FromHours(2));

        (await browser.SubmitAsync("/sign-in", "/sign-in/openid")).ShouldBe(200);
        Assert.Equal(3, provider.Requests.Count);
    }
}
