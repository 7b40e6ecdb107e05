using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Stoa.Identity.SignIn.OpenId;
using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Identity.OpenId;

/// <summary>Answers that must not open anything: forged, foreign, late, replayed, and a provider that does not answer.</summary>
public class Attacks_on_single_sign_on(LinkedExchange linked) : IClassFixture<LinkedExchange>
{
    private const string Refused = "The answer of single sign-on is not accepted";

    private static Task<Wayfarer> LinkedAsync() => LinkedExchange.StartAsync();

    private static async Task ShouldBeKeptOutAsync(Visitor browser, Answer answer, int status = 400, string text = Refused)
    {
        Assert.Contains(text, answer.ShouldBe(status).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("stoa-session", answer.Header("Set-Cookie"), StringComparison.Ordinal);
        (await browser.GetAsync("/account")).ShouldBe(303);
    }

    public static TheoryData<string, Func<TestProvider, Action<JsonObject>>> WrongClaims() => new()
    {
        { "wrong nonce", _ => claims => claims["nonce"] = "another" },
        { "no nonce", _ => claims => claims.Remove("nonce") },
        { "nonce that is a list", _ => claims => claims["nonce"] = new JsonArray((string)claims["nonce"]!) },
        { "wrong audience", _ => claims => claims["aud"] = "another client" },
        { "no audience", _ => claims => claims.Remove("aud") },
        { "several audiences without who asked", _ => claims => claims["aud"] = new JsonArray(TestProvider.ClientId, "another") },
        { "another client asked", _ => claims => claims["azp"] = "another client" },
        { "another client asked, for both", _ => claims => (claims["aud"], claims["azp"]) = (new JsonArray(TestProvider.ClientId, "another"), "another") },
        { "expired", _ => claims => claims["exp"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 61 },
        { "no end", _ => claims => claims.Remove("exp") },
        { "end that is a text", _ => claims => claims["exp"] = "4102444800" },
        { "made in the future", _ => claims => claims["iat"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 120 },
        { "made long ago", _ => claims => claims["iat"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 3600 },
        { "not valid yet", _ => claims => claims["nbf"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 120 },
        { "another issuer", provider => claims => claims["iss"] = provider.Issuer + "/" },
        { "no subject", _ => claims => claims.Remove("sub") },
        { "empty subject", _ => claims => claims["sub"] = "" },
        { "subject too long", _ => claims => claims["sub"] = new string('x', 256) },
        { "subject that is a number", _ => claims => claims["sub"] = 1 },
        { "subject beyond ASCII", _ => claims => claims["sub"] = "sübject" },
    };

    [Theory]
    [MemberData(nameof(WrongClaims), DisableDiscoveryEnumeration = true)]
    public async Task Fail_by_claims(string what, Func<TestProvider, Action<JsonObject>> change)
    {
        var way = linked.Way;
        way.Provider.Claims = change(way.Provider);
        using var browser = new Visitor(way.Stoa, linked.Source());

        var answer = await Wayfarer.SignInAsync(browser);

        Assert.NotEmpty(what);
        await ShouldBeKeptOutAsync(browser, answer);
        way.Provider.Claims = _ => { };
        (await Wayfarer.SignInAsync(browser)).ShouldBe(303);
    }

    [Fact]
    public async Task Are_not_what_clocks_that_differ_a_little_make()
    {
        await using var way = await LinkedAsync();
        using var browser = new Visitor(way.Stoa);
        way.Provider.Claims = claims =>
        {
            var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            (claims["iat"], claims["nbf"], claims["exp"]) = (now + 50, now + 50.5, now - 50.25);
            (claims["aud"], claims["azp"]) = (new JsonArray("another", TestProvider.ClientId), TestProvider.ClientId);
        };

        (await Wayfarer.SignInAsync(browser)).ShouldBe(303);
    }

    public static TheoryData<string, Func<TestProvider, Func<JsonObject, string>>> WrongTokens() => new()
    {
        { "alg none", provider => claims => TestProvider.Sign(provider.Header("none"), claims, _ => []) },
        { "alg None", provider => claims => TestProvider.Sign(provider.Header("None"), claims, _ => []) },
        { "no alg", provider => claims => TestProvider.Sign([], claims, text => Rs256(provider, text)) },
        { "HS256 with the public key", provider => claims => TestProvider.Sign(provider.Header("HS256"), claims,
            text => HMACSHA256.HashData(Encoding.ASCII.GetBytes(provider.Rsa.ExportSubjectPublicKeyInfoPem()), text)) },
        { "HS256 with the client's secret", provider => claims => TestProvider.Sign(provider.Header("HS256"), claims,
            text => HMACSHA256.HashData(Encoding.ASCII.GetBytes(TestProvider.ClientSecret), text)) },
        { "RS512", provider => claims => TestProvider.Sign(provider.Header("RS512"), claims,
            text => provider.Rsa.SignData(text, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1)) },
        { "another RSA key", provider => claims => TestProvider.Sign(provider.Header("RS256"), claims, text =>
        {
            using var other = RSA.Create(2048);
            return other.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }) },
        { "RSA signature called ES256", provider => claims => TestProvider.Sign(provider.Header("ES256"), claims, text => Rs256(provider, text)) },
        { "ES256 in DER", provider => claims => TestProvider.Sign(provider.Header("ES256"), claims,
            text => provider.Elliptic.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)) },
        { "ES256 of zeros", provider => claims => TestProvider.Sign(provider.Header("ES256"), claims, _ => new byte[64]) },
        { "no signature", provider => claims => provider.Sign(claims).Split('.') is [var head, var body, _] ? $"{head}.{body}." : "" },
        { "two parts", provider => claims => provider.Sign(claims).Split('.') is [var head, var body, _] ? $"{head}.{body}" : "" },
        { "other claims under the signature", provider => claims =>
        {
            var parts = provider.Sign(claims).Split('.');
            claims["sub"] = "subject-2";
            return $"{parts[0]}.{provider.Sign(claims).Split('.')[1]}.{parts[2]}";
        } },
        { "unknown kid", provider => claims => TestProvider.Sign(new() { ["alg"] = "RS256", ["kid"] = "../../key-1" }, claims, text => Rs256(provider, text)) },
        { "key in the header", provider => claims => WithOwnKey(claims) },
        { "crit", provider => claims => TestProvider.Sign(
            new() { ["alg"] = "RS256", ["kid"] = "key-1", ["crit"] = new JsonArray("b64"), ["b64"] = true }, claims, text => Rs256(provider, text)) },
        { "an access token", provider => claims => TestProvider.Sign(
            new() { ["alg"] = "RS256", ["kid"] = "key-1", ["typ"] = "at+jwt" }, claims, text => Rs256(provider, text)) },
        { "two subjects", provider => claims => Raw(provider, claims.ToJsonString().Replace("{\"sub\"", "{\"sub\":\"x\",\"sub\"", StringComparison.Ordinal)) },
        { "no JSON", provider => _ => Raw(provider, "claims") },
        { "padding", provider => claims => provider.Sign(claims) + "==" },
        { "too long", provider => claims =>
        {
            claims["groups"] = new string('x', 64 * 1024);
            return provider.Sign(claims);
        } },
    };

    private static byte[] Rs256(TestProvider provider, byte[] text) => provider.Rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private static string Raw(TestProvider provider, string claims)
    {
        var text = $"{Base64(provider.Header("RS256").ToJsonString())}.{Base64(claims)}";
        return $"{text}.{System.Buffers.Text.Base64Url.EncodeToString(Rs256(provider, Encoding.ASCII.GetBytes(text)))}";
    }

    private static string Base64(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static string WithOwnKey(JsonObject claims)
    {
        using var own = RSA.Create(2048);
        var shown = own.ExportParameters(false);
        var key = new JsonObject
        {
            ["kty"] = "RSA", ["kid"] = "key-1", ["n"] = System.Buffers.Text.Base64Url.EncodeToString(shown.Modulus),
            ["e"] = System.Buffers.Text.Base64Url.EncodeToString(shown.Exponent),
        };
        return TestProvider.Sign(new() { ["alg"] = "RS256", ["kid"] = "key-1", ["jwk"] = key }, claims,
            text => own.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    [Theory]
    [MemberData(nameof(WrongTokens), DisableDiscoveryEnumeration = true)]
    public async Task Fail_by_the_token(string what, Func<TestProvider, Func<JsonObject, string>> make)
    {
        var way = linked.Way;
        way.Provider.Token = make(way.Provider);
        using var browser = new Visitor(way.Stoa, linked.Source());

        var answer = await Wayfarer.SignInAsync(browser);

        Assert.NotEmpty(what);
        await ShouldBeKeptOutAsync(browser, answer);
        way.Provider.Token = null;
        (await Wayfarer.SignInAsync(browser)).ShouldBe(303);
    }

    // the way back ---------------------------------------------------------------------------------------------------------

    public static TheoryData<string, Action<Dictionary<string, string>>> WrongAnswers() => new()
    {
        { "wrong state", answer => answer["state"] = new string('a', 43) },
        { "no state", answer => answer.Remove("state") },
        { "state too long", answer => answer["state"] += new string('a', 200) },
        { "made-up code", answer => answer["code"] = "made up" },
        { "no code", answer => answer.Remove("code") },
        { "code too long", answer => answer["code"] += new string('a', 5000) },
        { "another issuer", answer => answer["iss"] = "https://evil.example" },
        { "no issuer where there always is one", answer => answer.Remove("iss") },
    };

    [Theory]
    [MemberData(nameof(WrongAnswers), DisableDiscoveryEnumeration = true)]
    public async Task Fail_by_the_way_back(string what, Action<Dictionary<string, string>> change)
    {
        var way = linked.Way;
        way.Provider.Answer = change;
        using var browser = new Visitor(way.Stoa, linked.Source());

        var answer = await Wayfarer.SignInAsync(browser);

        Assert.NotEmpty(what);
        await ShouldBeKeptOutAsync(browser, answer);
        way.Provider.Answer = _ => { };
        (await Wayfarer.SignInAsync(browser)).ShouldBe(303);
    }

    [Fact]
    public async Task Fail_by_an_error_of_the_provider_without_its_words()
    {
        await using var way = await LinkedAsync();
        way.Provider.Answer = answer =>
        {
            answer.Remove("code");
            (answer["error"], answer["error_description"], answer["error_uri"]) = ("access_denied", "call +49 30 1234", "https://evil.example");
        };
        using var browser = new Visitor(way.Stoa);

        var answer = await Wayfarer.SignInAsync(browser);

        await ShouldBeKeptOutAsync(browser, answer, text: "You were not signed in by single sign-on");
        Assert.DoesNotContain("1234", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("access_denied", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fail_by_an_error_with_a_code_beside_it()
    {
        await using var way = await LinkedAsync();
        way.Provider.Answer = answer => answer["error"] = "";
        using var browser = new Visitor(way.Stoa);

        await ShouldBeKeptOutAsync(browser, await Wayfarer.SignInAsync(browser), text: "You were not signed in by single sign-on");
    }

    [Fact]
    public async Task Fail_in_a_browser_that_did_not_set_out()
    {
        await using var way = await LinkedAsync();
        using var attacker = new Visitor(way.Stoa);
        using var victim = new Visitor(way.Stoa);
        var path = await TestProvider.SignInAsync(await Wayfarer.LeaveAsync(attacker, "/sign-in", "/sign-in/openid"));

        await ShouldBeKeptOutAsync(victim, await victim.GetAsync(path));
        await Wayfarer.LeaveAsync(victim, "/sign-in", "/sign-in/openid");
        await ShouldBeKeptOutAsync(victim, await victim.GetAsync(path));
    }

    [Fact]
    public async Task Fail_by_a_code_of_another_visit()
    {
        await using var way = await LinkedAsync();
        using var victim = new Visitor(way.Stoa);
        using var attacker = new Visitor(way.Stoa);
        var stolen = await TestProvider.SignInAsync(await Wayfarer.LeaveAsync(victim, "/sign-in", "/sign-in/openid"));
        var own = await TestProvider.SignInAsync(await Wayfarer.LeaveAsync(attacker, "/sign-in", "/sign-in/openid"));
        var code = System.Web.HttpUtility.ParseQueryString(stolen.Split('?')[1])["code"]!;
        var mine = System.Web.HttpUtility.ParseQueryString(own.Split('?')[1])["code"]!;

        // The verifier is another: the provider does not take it.
        await ShouldBeKeptOutAsync(attacker, await attacker.GetAsync(own.Replace(mine, code, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Fail_by_replay()
    {
        await using var way = await LinkedAsync();
        using var browser = new Visitor(way.Stoa);
        var address = await Wayfarer.LeaveAsync(browser, "/sign-in", "/sign-in/openid");
        var kept = browser.Cookies.Single(cookie => cookie.Name == "stoa-visit").Value;
        var path = await TestProvider.SignInAsync(address);
        (await browser.GetAsync(path)).ShouldBe(303);

        using var again = new Visitor(way.Stoa);
        await ShouldBeKeptOutAsync(again, await again.GetAsync(path));
        // With the cookie of the browser even: the code was used.
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Cookie", "stoa-visit=" + kept } } };
        await ShouldBeKeptOutAsync(again, await again.SendAsync(request));
    }

    [Fact]
    public async Task Fail_by_time()
    {
        var clock = new TestClock(DateTimeOffset.UtcNow);
        await using var provider = await TestProvider.StartAsync();
        await using var stoa = await Exchange.StartAsync(
            time: clock, settings: [("openId.issuer", provider.Issuer), ("openId.clientId", TestProvider.ClientId), ("openId.join", "anyone")]);
        provider.KnowsSecret = false;
        using var browser = new Visitor(stoa);
        var path = await TestProvider.SignInAsync(await Wayfarer.LeaveAsync(browser, "/sign-in", "/sign-in/openid"));

        clock.Advance(TimeSpan.FromMinutes(15));

        await ShouldBeKeptOutAsync(browser, await browser.GetAsync(path));
    }

    [Fact]
    public async Task Fail_when_another_session_comes_back_to_link()
    {
        await using var way = await Wayfarer.StartAsync();
        using var ada = await Visitor.AdministratorAsync(way.Stoa);
        var path = await TestProvider.SignInAsync(await Wayfarer.LeaveAsync(ada, "/account", "/account/logins", ("linker", Visitor.Password)));
        (await ada.SubmitAsync("/account", "/sign-out")).ShouldBe(303);

        Assert.Contains(Refused, (await ada.GetAsync(path)).ShouldBe(400).Text, StringComparison.Ordinal);
        using var second = await Visitor.SignedInAsync(way.Stoa, Wayfarer.Ada);
        path = await TestProvider.SignInAsync(await Wayfarer.LeaveAsync(second, "/account", "/account/logins", ("linker", Visitor.Password)));
        (await second.SubmitAsync("/account", "/sign-out")).ShouldBe(303);
        (await second.SignInAsync(Wayfarer.Ada, Visitor.Password)).ShouldBe(303);
        Assert.Contains(Refused, (await second.GetAsync(path)).ShouldBe(400).Text, StringComparison.Ordinal);

        Assert.Equal(0, await way.CountAsync("external_login"));
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("/\t/evil.example")]
    [InlineData("/a\nLocation: https://evil.example")]
    [InlineData("javascript:alert(1)")]
    public async Task Lead_nowhere_but_here(string back)
    {
        using var browser = new Visitor(linked.Way.Stoa, linked.Source());

        Assert.Equal("/account", (await Wayfarer.SignInAsync(browser, back)).ShouldBe(303).Header("Location"));
    }

    [Fact]
    public async Task Lead_nowhere_by_a_cookie_that_somebody_made_up()
    {
        await using var way = await LinkedAsync();
        var kept = KeptVisit.Begin(new(OpenIdPurpose.SignIn, "//evil.example"), Instant.From(DateTimeOffset.UtcNow));
        using var browser = new Visitor(way.Stoa);
        var address = await Wayfarer.LeaveAsync(browser, "/sign-in", "/sign-in/openid");
        var asked = System.Web.HttpUtility.ParseQueryString(new Uri(address).Query);
        foreach (var (name, value) in new[] { ("state", kept.State), ("nonce", kept.Nonce), ("code_challenge", kept.Challenge) })
            address = address.Replace(asked[name]!, value, StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Get, await TestProvider.SignInAsync(address)) { Headers = { { "Cookie", "stoa-visit=" + kept.Text } } };
        using var victim = new Visitor(way.Stoa);

        Assert.Equal("/account", (await victim.SendAsync(request)).ShouldBe(303).Header("Location"));
    }

    [Fact]
    public async Task Lead_to_the_account_when_the_way_back_is_too_long()
    {
        await using var way = await LinkedAsync();
        using var browser = new Visitor(way.Stoa);

        Assert.Equal("/" + new string('x', 1199), (await Wayfarer.SignInAsync(browser, "/" + new string('x', 1199))).ShouldBe(303).Header("Location"));
        using var other = new Visitor(way.Stoa);
        Assert.Equal("/account", (await Wayfarer.SignInAsync(other, "/" + new string('x', 1200))).ShouldBe(303).Header("Location"));
    }

    [Fact]
    public async Task Wait_after_so_many_from_one_address()
    {
        await using var way = await LinkedAsync();
        way.Provider.Claims = claims => claims["nonce"] = "another";
        using var browser = new Visitor(way.Stoa, "192.0.2.7");
        for (var i = 0; i < 30; i++) (await Wayfarer.SignInAsync(browser)).ShouldBe(400);

        var answer = await Wayfarer.SignInAsync(browser);

        await ShouldBeKeptOutAsync(browser, answer, 429, "Too many tries failed");
        way.Provider.Claims = _ => { };
        using var elsewhere = new Visitor(way.Stoa, "192.0.2.8");
        (await Wayfarer.SignInAsync(elsewhere)).ShouldBe(303);
    }
}
