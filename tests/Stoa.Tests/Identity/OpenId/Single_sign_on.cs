using System.Web;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Host.Settings;
using Stoa.Identity.SignIn;
using Stoa.Identity.SignIn.OpenId;
using Stoa.Tests.Governance;
using Xunit;

namespace Stoa.Tests.Identity.OpenId;

/// <summary>Single sign-on as it should go, against a provider that the tests run.</summary>
public class Single_sign_on
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("RS256", true)]
    [InlineData("ES256", false)]
    public async Task Opens_a_linked_account(string algorithm, bool takesBasic)
    {
        await using var way = await Wayfarer.StartAsync();
        (way.Provider.Algorithm, way.Provider.TakesBasic) = (algorithm, takesBasic);
        using var ada = await Visitor.AdministratorAsync(way.Stoa);
        Assert.Equal("/account?done=linked", (await Wayfarer.LinkAsync(ada)).ShouldBe(303).Header("Location"));
        using var browser = new Visitor(way.Stoa);

        var back = await Wayfarer.SignInAsync(browser, "/datasets?q=x");

        Assert.Equal("/datasets?q=x", back.ShouldBe(303).Header("Location"));
        Assert.Matches("stoa-session=[A-Za-z0-9_-]{43}; max-age=604800; path=/; samesite=lax; httponly", back.Header("Set-Cookie"));
        Assert.Contains("ada@city.example, governs this exchange", (await browser.GetAsync("/account")).ShouldBe(200).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("stoa-visit", string.Join(' ', browser.Cookies.Select(cookie => cookie.Name)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_with_PKCE_state_and_nonce_that_are_new_each_time()
    {
        await using var way = await Wayfarer.StartAsync();
        using var browser = new Visitor(way.Stoa);

        var one = HttpUtility.ParseQueryString(new Uri(await Wayfarer.LeaveAsync(browser, "/sign-in", "/sign-in/openid")).Query);
        var other = HttpUtility.ParseQueryString(new Uri(await Wayfarer.LeaveAsync(browser, "/sign-in", "/sign-in/openid")).Query);

        Assert.Equal(("city", "code", "S256", "openid profile email"), (one["ui"], one["response_type"], one["code_challenge_method"], one["scope"]));
        Assert.Equal(new Uri(way.Stoa.Address, "/sign-in/openid/answer").AbsoluteUri, one["redirect_uri"]);
        Assert.All(new[] { "state", "nonce", "code_challenge" }, name =>
        {
            Assert.Equal(43, one[name]!.Length);
            Assert.NotEqual(one[name], other[name]);
        });
        Assert.Equal(3, new[] { one["state"], one["nonce"], one["code_challenge"] }.Distinct().Count());
    }

    [Fact]
    public async Task Keeps_the_visit_in_a_cookie_that_comes_back_from_another_site()
    {
        await using var way = await Wayfarer.StartAsync(("baseAddress", "https://data.city.example"));
        using var browser = new Visitor(way.Stoa);
        var key = (await browser.GetAsync("/sign-in")).Header("Set-Cookie").Split('=', ';')[1];

        using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-in/openid")
        {
            Content = new FormUrlEncodedContent([new("form", Form(key))]), Headers = { { "Cookie", "__Host-stoa-form=" + key } },
        };
        var forwarded = await browser.SendAsync(request);

        Assert.Matches("^__Host-stoa-visit=[A-Za-z0-9_.-]+; max-age=900; path=/; secure; samesite=lax; httponly", forwarded.ShouldBe(200).Header("Set-Cookie"));
        Assert.Contains("redirect_uri=https%3A%2F%2Fdata.city.example%2Fsign-in%2Fopenid%2Fanswer&", forwarded.Header("Refresh"), StringComparison.Ordinal);
    }

    private static string Form(string key) => System.Buffers.Text.Base64Url.EncodeToString(
        System.Security.Cryptography.HMACSHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key), "form "u8.ToArray()));

    [Fact]
    public async Task Makes_an_account_without_password_for_who_is_invited()
    {
        await using var way = await Wayfarer.StartAsync();
        way.Provider.Person["email"] = "somebody.else@city.example";
        var link = await way.InviteAsync();
        using var tom = new Visitor(way.Stoa);

        Assert.Equal("/account", (await Wayfarer.AcceptAsync(tom, link)).ShouldBe(303).Header("Location"));

        var account = (await tom.GetAsync("/account")).ShouldBe(200).Text;
        Assert.Contains("Tom Town", account, StringComparison.Ordinal);
        // The address is the one that was invited, and not what the provider says.
        Assert.Contains("tom@city.example", account, StringComparison.Ordinal);
        Assert.Contains("Office of traffic", account, StringComparison.Ordinal);
        Assert.Contains("Set a password", account, StringComparison.Ordinal);
        using var again = new Visitor(way.Stoa);
        (await again.SignInAsync("tom@city.example", "")).ShouldBe(400);
        (await again.SignInAsync("tom@city.example", Visitor.Password)).ShouldBe(400);
        (await Wayfarer.SignInAsync(again)).ShouldBe(303);
        (await again.GetAsync(link)).ShouldBe(404);
    }

    [Fact]
    public async Task Lets_who_has_an_account_accept_an_invitation_with_a_click_of_their_own()
    {
        await using var way = await Wayfarer.StartAsync();
        var (first, second) = (await way.InviteAsync(), await way.InviteAsync("water"));
        using var tom = new Visitor(way.Stoa);
        (await Wayfarer.AcceptAsync(tom, first)).ShouldBe(303);
        using var again = new Visitor(way.Stoa);

        Assert.Equal(second, (await Wayfarer.AcceptAsync(again, second)).ShouldBe(303).Header("Location"));
        Assert.DoesNotContain("Office of water", (await again.GetAsync("/account")).Text, StringComparison.Ordinal);
        (await again.SubmitAsync(second, second)).ShouldBe(303);

        Assert.Contains("Office of water", (await again.GetAsync("/account")).Text, StringComparison.Ordinal);
        Assert.Equal(1, await way.CountAsync("account"));
    }

    [Fact]
    public async Task Tells_who_is_unknown_what_to_do()
    {
        await using var way = await Wayfarer.StartAsync();
        using var ada = await Visitor.AdministratorAsync(way.Stoa);
        // The same address as an account, verified even: nobody is found by it.
        way.Provider.Person["email"] = Wayfarer.Ada;
        using var stranger = new Visitor(way.Stoa);

        var answer = await Wayfarer.SignInAsync(stranger);

        Assert.Contains("You have no account here yet", answer.ShouldBe(403).Text, StringComparison.Ordinal);
        Assert.Contains("Ask an administrator of your organization for an invitation", answer.Text, StringComparison.Ordinal);
        (await stranger.GetAsync("/account")).ShouldBe(303);
        Assert.Equal((1, 0), (await way.CountAsync("account"), await way.CountAsync("external_login")));
    }

    [Fact]
    public async Task Lets_anyone_join_where_the_operator_said_so_and_the_address_is_verified_and_free()
    {
        await using var way = await Wayfarer.StartAsync(("openId.join", "anyone"));
        using var ada = await Visitor.AdministratorAsync(way.Stoa);
        using var tom = new Visitor(way.Stoa);

        way.Provider.Person["email_verified"] = false;
        Assert.Contains("did not say your e-mail address", (await Wayfarer.SignInAsync(tom)).ShouldBe(403).Text, StringComparison.Ordinal);
        (way.Provider.Person["email_verified"], way.Provider.Person["email"]) = (true, "Ada@City.example");
        Assert.Contains("There is an account with this address", (await Wayfarer.SignInAsync(tom)).ShouldBe(409).Text, StringComparison.Ordinal);
        way.Provider.Person["email"] = "Tom@City.example";
        (await Wayfarer.SignInAsync(tom)).ShouldBe(303);

        var account = (await tom.GetAsync("/account")).ShouldBe(200).Text;
        Assert.Contains("tom@city.example", account, StringComparison.Ordinal);
        Assert.DoesNotContain("governs this exchange", account, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_who_is_suspended_out()
    {
        await using var way = await Wayfarer.StartAsync();
        using var ada = await Visitor.AdministratorAsync(way.Stoa);
        (await Wayfarer.LinkAsync(ada)).ShouldBe(303);
        (await way.Stoa.PutJsonAsync("/api/v1/parties/1/status", """{"status":"suspended"}""")).ShouldBe(200);
        using var browser = new Visitor(way.Stoa);

        Assert.Contains("This account may not sign in now", (await Wayfarer.SignInAsync(browser)).ShouldBe(403).Text, StringComparison.Ordinal);

        (await browser.GetAsync("/account")).ShouldBe(303);
    }

    // second factors ------------------------------------------------------------------------------------------------------

    private static async Task<(Visitor Ada, Visitor Browser)> WithCodesAsync(Wayfarer way)
    {
        var ada = await Visitor.AdministratorAsync(way.Stoa);
        (await Wayfarer.LinkAsync(ada)).ShouldBe(303);
        var accounts = way.Stoa.Services.GetRequiredService<Accounts>();
        Assert.True((await accounts.OfferCodesAsync(new(1), Now)).TryGet(out var secret, out _));
        Assert.True((await accounts.ConfirmCodesAsync(new(1), Totp.CodeAt(secret, Totp.StepAt(DateTimeOffset.UtcNow)), Now)).IsValue);
        return (ada, new Visitor(way.Stoa));
    }

    [Theory]
    [InlineData("own", "", """["pwd","mfa"]""", null, true)]
    [InlineData("provider", "", """["pwd","mfa"]""", null, false)]
    [InlineData("provider", "", """["pwd","otp"]""", null, true)]
    [InlineData("provider", "", null, "2", true)]
    [InlineData("provider", "loa2 2", null, "2", false)]
    [InlineData("provider", "loa2 2", "\"mfa\"", "1", true)]
    public async Task Asks_for_the_code_unless_the_second_factor_of_the_provider_counts(
        string whose, string classes, string? methods, string? reached, bool isAsked)
    {
        await using var way = await Wayfarer.StartAsync(("openId.secondFactor", whose), ("openId.twoFactorClasses", classes));
        var (ada, browser) = await WithCodesAsync(way);
        if (methods is not null) way.Provider.Person["amr"] = System.Text.Json.Nodes.JsonNode.Parse(methods);
        if (reached is not null) way.Provider.Person["acr"] = reached;

        var back = await Wayfarer.SignInAsync(browser, "/about");

        Assert.Equal(whose == "provider" && classes.Length > 0 ? classes : null, way.Provider.Asked);
        Assert.Equal(isAsked ? "/sign-in/code?back=%2Fabout" : "/about", back.ShouldBe(303).Header("Location"));
        (await browser.GetAsync("/account")).ShouldBe(isAsked ? 303 : 200);
        ada.Dispose();
        browser.Dispose();
    }

    // linking -------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Links_after_the_password_alone_and_one_account_to_a_login()
    {
        await using var way = await Wayfarer.StartAsync();
        using var ada = await Visitor.AdministratorAsync(way.Stoa);
        using var tom = new Visitor(way.Stoa);
        (await Wayfarer.AcceptAsync(tom, await way.InviteAsync())).ShouldBe(303);

        var unproven = await ada.SubmitAsync("/account", "/account/logins", ("linker", "wrong wrong wrong"));
        Assert.Contains("This is not your password", unproven.ShouldBe(400).Text, StringComparison.Ordinal);
        var taken = await Wayfarer.LinkAsync(ada);

        Assert.Contains("This login belongs to another account", taken.ShouldBe(409).Text, StringComparison.Ordinal);
        way.Provider.Person["sub"] = "subject-2";
        (await Wayfarer.LinkAsync(ada)).ShouldBe(303);
        (await Wayfarer.LinkAsync(ada)).ShouldBe(303);
        Assert.Equal(2, await way.CountAsync("external_login"));
    }

    [Fact]
    public async Task Links_at_most_so_many()
    {
        await using var way = await Wayfarer.StartAsync();
        using var ada = await Visitor.AdministratorAsync(way.Stoa);

        for (var i = 0; i < OpenIdLimits.LoginsOfPersonMax; i++)
        {
            way.Provider.Person["sub"] = $"s{i}";
            (await Wayfarer.LinkAsync(ada)).ShouldBe(303);
        }

        way.Provider.Person["sub"] = "one too many";
        Assert.Contains("There are too many linked logins", (await Wayfarer.LinkAsync(ada)).ShouldBe(409).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unlinks_but_never_the_only_way_in()
    {
        await using var way = await Wayfarer.StartAsync();
        using var tom = new Visitor(way.Stoa);
        (await Wayfarer.AcceptAsync(tom, await way.InviteAsync())).ShouldBe(303);

        var refused = await tom.SubmitAsync("/account", "/account/logins/1/unlink");
        Assert.Contains("You could not sign in any more", refused.ShouldBe(409).Text, StringComparison.Ordinal);
        (await tom.SubmitAsync("/account", "/account/password", ("new-password", Visitor.Password))).ShouldBe(303);
        (await tom.SubmitAsync("/account", "/account/logins/1/unlink")).ShouldBe(303);

        using var again = new Visitor(way.Stoa);
        (await Wayfarer.SignInAsync(again)).ShouldBe(403);
        (await again.SignInAsync("tom@city.example", Visitor.Password)).ShouldBe(303);
    }

    [Fact]
    public async Task Unlinks_the_logins_of_nobody_else()
    {
        await using var way = await Wayfarer.StartAsync();
        using var ada = await Visitor.AdministratorAsync(way.Stoa);
        using var tom = new Visitor(way.Stoa);
        (await Wayfarer.AcceptAsync(tom, await way.InviteAsync())).ShouldBe(303);

        (await ada.SubmitAsync("/account", "/account/logins/1/unlink")).ShouldBe(303);

        Assert.Equal(1, await way.CountAsync("external_login"));
    }

    [Fact]
    public async Task Asks_who_has_no_password_to_have_signed_in_just_now()
    {
        var clock = new TestClock(DateTimeOffset.UtcNow);
        var provider = await TestProvider.StartAsync();
        await using var stoa = await Exchange.StartAsync(
            time: clock, settings: [("openId.issuer", provider.Issuer), ("openId.clientId", TestProvider.ClientId), ("openId.join", "anyone")]);
        provider.KnowsSecret = false;
        using var tom = new Visitor(stoa);
        (await Wayfarer.SignInAsync(tom)).ShouldBe(303);

        clock.Advance(TimeSpan.FromMinutes(11));
        var refused = await tom.SubmitAsync("/account", "/account/password", ("new-password", Visitor.Password));

        Assert.Contains("Sign out, sign in again, and do this within 10 minutes", refused.ShouldBe(400).Text, StringComparison.Ordinal);
        await provider.DisposeAsync();
    }

    // what is not set up ---------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Is_not_there_and_asks_nobody_while_it_is_not_set_up()
    {
        await using var stoa = await Exchange.StartAsync();
        using var browser = new Visitor(stoa);

        Assert.DoesNotContain("/sign-in/openid", (await browser.GetAsync("/sign-in")).ShouldBe(200).Text, StringComparison.Ordinal);
        (await browser.SubmitAsync("/sign-in", "/sign-in/openid")).ShouldBe(404);
        (await browser.GetAsync("/sign-in/openid/answer?code=x&state=y")).ShouldBe(404);
    }

    [Fact]
    public async Task Asks_the_provider_for_nothing_before_somebody_signs_in()
    {
        await using var way = await Wayfarer.StartAsync();
        using var browser = new Visitor(way.Stoa);

        await browser.GetAsync("/sign-in");
        Assert.Empty(way.Provider.Requests);
        await Wayfarer.LeaveAsync(browser, "/sign-in", "/sign-in/openid");
        await Wayfarer.LeaveAsync(browser, "/sign-in", "/sign-in/openid");

        Assert.Equal(["/realms/city/.well-known/openid-configuration", "/keys"], way.Provider.Requests);
    }

    [Theory]
    [InlineData("openId.issuer", "http://login.city.example")]
    [InlineData("openId.issuer", "ftp://login.city.example")]
    [InlineData("openId.issuer", "https://user@login.city.example")]
    [InlineData("openId.issuer", "https://login.city.example/#x")]
    [InlineData("openId.clientId", "alone")]
    [InlineData("openId.scopes", "profile")]
    [InlineData("openId.join", "everyone")]
    public void Refuses_settings_that_do_not_fit(string key, string value)
    {
        var options = new Dictionary<string, string> { ["data"] = "d" };
        if (key != "openId.clientId") (options["openId.issuer"], options["openId.clientId"]) = ("https://login.city.example", "x");
        options[key] = value;

        Assert.False(SettingsReader.TryRead(new() { Options = [.. options] }, out _, out var complaints));
        Assert.Contains(key == "openId.clientId" ? "openId.issuer and openId.clientId belong together" : key, complaints[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_not_start_without_its_secret()
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(() => Exchange.StartAsync(settings:
            [("openId.issuer", "https://login.city.example"), ("openId.clientId", "x"), ("openId.clientSecretFile", "/nowhere/secret")]));

        Assert.Contains("openId.clientSecretFile: /nowhere/secret cannot be read", error.Message, StringComparison.Ordinal);
    }
}
