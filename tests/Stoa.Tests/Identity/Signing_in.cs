using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Host.Settings;
using Stoa.Identity.SignIn;
using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Identity;

/// <summary>The doors for people, as a browser without script goes through them.</summary>
public partial class Signing_in
{
    private const string Ada = "ada@city.example";

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static Task<CreatedLink> StartLinkAsync(Exchange stoa) =>
        stoa.Services.GetRequiredService<OneTimeLinks>().ForAdministratorAsync(Now);

    // begins: the first administrator ------------------------------------------------------------------------------------

    [Fact]
    public async Task Begins_with_a_link_that_makes_the_first_administrator_once()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("kept", SpectrumClass.Closed);
        var (link, spare) = (await StartLinkAsync(stoa), await StartLinkAsync(stoa));
        using var ada = new Visitor(stoa);

        var joined = await ada.JoinAsync(link.Path, "Ada Admin", " Ada@City.example ");

        Assert.Equal("/account", joined.ShouldBe(303).Header("Location"));
        var account = (await ada.GetAsync("/account")).ShouldBe(200).Text;
        Assert.Contains("Ada Admin", account, StringComparison.Ordinal);
        Assert.Contains("ada@city.example, governs this exchange", account, StringComparison.Ordinal);
        (await ada.GetAsync("/datasets/kept")).ShouldBe(200);
        using var other = new Visitor(stoa);
        (await other.GetAsync(link.Path)).ShouldBe(404);
        (await other.GetAsync(spare.Path)).ShouldBe(404);
        Assert.True(await stoa.Services.GetRequiredService<Accounts>().HasAdministratorAsync(Now));
    }

    [Fact]
    public async Task Begins_with_a_link_that_ends_after_a_day()
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock);
        var link = await StartLinkAsync(stoa);
        using var ada = new Visitor(stoa);

        clock.Advance(SignInLimits.StartLinkTime - TimeSpan.FromSeconds(1));
        (await ada.GetAsync(link.Path)).ShouldBe(200);
        clock.Advance(TimeSpan.FromSeconds(1));

        (await ada.GetAsync(link.Path)).ShouldBe(404);
        (await ada.GetAsync("/start/" + new string('a', 43))).ShouldBe(404);
        (await ada.GetAsync(link.Path.Replace("/start/", "/invitations/", StringComparison.Ordinal))).ShouldBe(404);
    }

    [Theory]
    [InlineData("", "a@b.example", Visitor.Password, "name")]
    [InlineData("Ada", "no address", Visitor.Password, "login")]
    [InlineData("Ada", "a@b.example", "elevenchars", "password")]
    [InlineData("Ada", "a@b.example", "aaaaaaaaaaaaaaaa", "password")]
    [InlineData("Ada", "long.address@b.example", "long.address@b.example", "password")]
    public async Task Says_at_the_field_what_is_wrong_and_keeps_the_link(string name, string login, string password, string field)
    {
        await using var stoa = await Exchange.StartAsync();
        var link = await StartLinkAsync(stoa);
        using var ada = new Visitor(stoa);

        var refused = await ada.JoinAsync(link.Path, name, login, password);

        Assert.Contains($"id=\"{field}-wrong\"", refused.ShouldBe(400).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(password, refused.Text[..refused.Text.IndexOf("<form class=\"form", StringComparison.Ordinal)], StringComparison.Ordinal);
        (await ada.JoinAsync(link.Path, "Ada", Ada)).ShouldBe(303);
    }

    [Theory]
    [InlineData(SignInLimits.PasswordLengthMin - 1, false)]
    [InlineData(SignInLimits.PasswordLengthMin, true)]
    [InlineData(SignInLimits.PasswordLengthMax, true)]
    [InlineData(SignInLimits.PasswordLengthMax + 1, false)]
    public void Takes_passwords_by_their_length_alone(int length, bool isTaken)
    {
        var password = string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + i % 26)));

        Assert.Equal(isTaken, Passwords.Check(password, Ada, "Ada") is null);
    }

    // passwords ----------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Keeps_the_password_as_the_framework_hashes_it()
    {
        await using var stoa = await Exchange.StartAsync();
        using var ada = await Visitor.AdministratorAsync(stoa);

        using var read = await stoa.Database.ReadAsync(Now);
        using var select = read.Prepare("SELECT password FROM account");
        select.Step();
        var hash = Convert.FromBase64String(select.Text(0));

        // Version 3: marker 1, HMAC-SHA-512 (2), rounds, length of the salt, each a big-endian number of 32 bits.
        Assert.Equal([1, 0, 0, 0, 2, 0, 3, 0x34, 0x50, 0, 0, 0, 16], hash[..13]);
    }

    [Fact]
    public async Task Answers_an_unknown_account_and_a_wrong_password_alike_after_the_same_work()
    {
        await using var stoa = await Exchange.StartAsync();
        using var ada = await Visitor.AdministratorAsync(stoa);
        var passwords = stoa.Services.GetRequiredService<Passwords>();
        using var stranger = new Visitor(stoa);

        var before = passwords.Checks;
        var known = await stranger.SignInAsync(Ada, "not the password");
        var between = passwords.Checks;
        var unknown = await stranger.SignInAsync("bob@city.example", "not the password");

        Assert.Equal((before + 1, between + 1), (between, passwords.Checks));
        Assert.Equal(Challenge().Replace(known.ShouldBe(400).Text, ""), Challenge().Replace(unknown.ShouldBe(400).Text.Replace("bob@city.example", Ada, StringComparison.Ordinal), ""));
        Assert.Contains("Address and password do not fit", known.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leads_back_to_where_one_wanted_to_go_and_never_to_another_site()
    {
        await using var stoa = await Exchange.StartAsync();
        using var ada = await Visitor.AdministratorAsync(stoa);
        using var again = new Visitor(stoa);

        var asked = await again.GetAsync("/account?x=1");
        Assert.Equal("/sign-in?back=%2Faccount%3Fx%3D1", asked.ShouldBe(303).Header("Location"));
        var elsewhere = await again.SubmitAsync("/sign-in", "/sign-in", ("login", Ada), ("password", Visitor.Password), ("back", "//evil.example"));

        Assert.Equal("/account", elsewhere.ShouldBe(303).Header("Location"));
    }

    // sessions -----------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Gives_a_cookie_that_no_script_reads_and_no_other_site_sends()
    {
        await using var stoa = await Exchange.StartAsync();
        var link = await StartLinkAsync(stoa);
        using var ada = new Visitor(stoa);

        var joined = await ada.JoinAsync(link.Path, "Ada", Ada);

        Assert.Matches("stoa-session=[A-Za-z0-9_-]{43}; max-age=604800; path=/; samesite=lax; httponly", joined.Header("Set-Cookie"));
        var secret = ada.Cookies.Single(cookie => cookie.Name == "stoa-session").Value;
        using var read = await stoa.Database.ReadAsync(Now);
        using var select = read.Prepare($"SELECT {TestSql.Hex("hash")} FROM sign_in_session");
        select.Step();
        Assert.Equal(Convert.ToHexString(Secret.HashOf(secret).ToArray()), select.Text(0));
    }

    [Fact]
    public async Task Gives_a_cookie_for_https_alone_where_people_come_by_https()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("baseAddress", "https://data.city.example"));
        var link = await StartLinkAsync(stoa);
        using var ada = new Visitor(stoa);

        var page = await ada.GetAsync(link.Path);

        Assert.Matches("^__Host-stoa-form=[^;]{43}; path=/; secure; samesite=strict; httponly$", page.Header("Set-Cookie"));
    }

    [Fact]
    public async Task Ends_by_signing_out_here_and_from_the_list_elsewhere()
    {
        await using var stoa = await Exchange.StartAsync();
        using var desk = await Visitor.AdministratorAsync(stoa);
        using var phone = await Visitor.SignedInAsync(stoa, Ada);
        using var tablet = await Visitor.SignedInAsync(stoa, Ada);
        var account = (await desk.GetAsync("/account")).Text;
        var ids = SessionForm().Matches(account).Select(match => match.Groups[1].Value).ToArray();
        Assert.Equal(3, ids.Length);
        Assert.Contains("Firefox on Linux (this browser)", account, StringComparison.Ordinal);

        (await desk.SubmitAsync("/account", $"/account/sessions/{ids.Max()}/end")).ShouldBe(303);
        (await phone.SubmitAsync("/account", "/sign-out")).ShouldBe(303);

        (await desk.GetAsync("/account")).ShouldBe(200);
        (await phone.GetAsync("/account")).ShouldBe(303);
        (await tablet.GetAsync("/account")).ShouldBe(303);
    }

    [Fact]
    public async Task Ends_when_it_is_not_used_and_at_the_latest_after_a_week()
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock);
        using var idle = await Visitor.AdministratorAsync(stoa);
        using var used = await Visitor.SignedInAsync(stoa, Ada);

        for (var passed = TimeSpan.Zero; passed < SignInLimits.SessionTime; passed += TimeSpan.FromHours(7))
        {
            (await used.GetAsync("/account")).ShouldBe(200);
            clock.Advance(TimeSpan.FromHours(7));
        }

        (await used.GetAsync("/account")).ShouldBe(303);
        (await idle.GetAsync("/account")).ShouldBe(303);
        using var brief = await Visitor.SignedInAsync(stoa, Ada);
        clock.Advance(SignInLimits.IdleTime - TimeSpan.FromSeconds(2));
        (await brief.GetAsync("/account")).ShouldBe(200);
        clock.Advance(SignInLimits.IdleTime);
        (await brief.GetAsync("/account")).ShouldBe(303);
    }

    [Fact]
    public async Task Ends_with_the_next_request_when_the_person_is_suspended()
    {
        await using var stoa = await Exchange.StartAsync();
        using var ada = await Visitor.AdministratorAsync(stoa);

        (await stoa.PutJsonAsync("/api/v1/parties/1/status", """{"status":"suspended"}""")).ShouldBe(200);

        (await ada.GetAsync("/account")).ShouldBe(303);
        using var again = new Visitor(stoa);
        Assert.Contains("Address and password do not fit", (await again.SignInAsync(Ada, Visitor.Password)).ShouldBe(400).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_for_pages_and_never_for_what_programs_write()
    {
        await using var stoa = await Exchange.StartAsync();
        await stoa.GivenDatasetAsync("kept", SpectrumClass.Closed);
        using var ada = await Visitor.AdministratorAsync(stoa);

        (await ada.GetAsync("/datasets/kept")).ShouldBe(200);
        (await ada.GetAsync("/api/v1/tokens")).ShouldBeProblem(401, "credential-required");
        (await ada.PostAsync("/api/v1/tokens")).ShouldBeProblem(401, "credential-required");
        (await ada.PostAsync("/sensorthings/v1.1/Things")).ShouldBeProblem(401, "credential-required");
    }

    // forms --------------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Takes_forms_from_its_own_pages_in_the_same_browser_alone()
    {
        await using var stoa = await Exchange.StartAsync();
        using var ada = await Visitor.AdministratorAsync(stoa);
        using var mallory = new Visitor(stoa);
        var own = FormToken().Match((await ada.GetAsync("/account")).Text).Groups[1].Value;
        var foreign = FormToken().Match((await mallory.GetAsync("/sign-in")).Text).Groups[1].Value;

        foreach (var token in new[] { "", foreign, own[..^1] + (own[^1] == 'A' ? 'B' : 'A') })
            Assert.Contains("The form is not valid any more", (await ada.PostAsync("/sign-out", ("form", token))).ShouldBe(400).Text, StringComparison.Ordinal);
        using var crossSite = new HttpRequestMessage(HttpMethod.Post, "/sign-out")
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("form", own)]), Headers = { { "Sec-Fetch-Site", "cross-site" } },
        };
        (await ada.SendAsync(crossSite)).ShouldBe(400);

        (await ada.PostAsync("/sign-out", ("form", own))).ShouldBe(303);
    }

    [Fact]
    public async Task Takes_forms_up_to_a_size_and_nothing_but_forms()
    {
        await using var stoa = await Exchange.StartAsync();
        using var ada = new Visitor(stoa);

        var large = await ada.SubmitAsync("/sign-in", "/sign-in", ("login", Ada), ("password", new string('x', SignInLimits.FormBytesMax)));
        using var json = new HttpRequestMessage(HttpMethod.Post, "/sign-in")
        {
            Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json"),
        };

        large.ShouldBe(413);
        (await ada.SendAsync(json)).ShouldBe(415);
        (await stoa.SendAsync(HttpMethod.Post, "/sign-in", "{}", null)).ShouldBeProblem(415, "unsupported-media-type");
    }

    // guessing -----------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Makes_who_guesses_wait_and_never_the_owner()
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock);
        using var owner = await Visitor.AdministratorAsync(stoa);
        (await owner.SubmitAsync("/account", "/sign-out")).ShouldBe(303);
        using var stranger = new Visitor(stoa, "192.0.2.7");
        for (var i = 0; i < SignInLimits.FreeFailures; i++) (await stranger.SignInAsync(Ada, "guess number " + i)).ShouldBe(400);

        var delayed = await stranger.SignInAsync(Ada, Visitor.Password);
        using var elsewhere = new Visitor(stoa, "198.51.100.1");
        var delayedToo = await elsewhere.SignInAsync(Ada, Visitor.Password);
        var unknown = new List<int>();
        for (var i = 0; i <= SignInLimits.FreeFailures; i++) unknown.Add((await elsewhere.SignInAsync("nobody@city.example", "x")).Status);
        var owned = await owner.SignInAsync(Ada, Visitor.Password);

        Assert.Equal("1", delayed.ShouldBe(429).Header("Retry-After"));
        delayedToo.ShouldBe(429);
        Assert.Equal([400, 400, 400, 400, 400, 429], unknown);
        owned.ShouldBe(303);
        // The owner's success does not open the door to who guesses from elsewhere.
        (await stranger.SignInAsync(Ada, "one more guess")).ShouldBe(429);
        clock.Advance(TimeSpan.FromSeconds(1));
        (await stranger.SignInAsync(Ada, "one more guess")).ShouldBe(400);
        Assert.Equal("2", (await stranger.SignInAsync(Ada, "and another")).ShouldBe(429).Header("Retry-After"));
    }

    [Fact]
    public async Task Counts_the_failures_of_a_known_browser_too()
    {
        await using var stoa = await Exchange.StartAsync(time: new TestClock());
        using var owner = await Visitor.AdministratorAsync(stoa);
        (await owner.SubmitAsync("/account", "/sign-out")).ShouldBe(303);
        for (var i = 0; i < SignInLimits.FreeFailures; i++) (await owner.SignInAsync(Ada, "guess number " + i)).ShouldBe(400);

        (await owner.SignInAsync(Ada, Visitor.Password)).ShouldBe(429);
    }

    [Theory]
    [InlineData("203.0.113.9", "", "203.0.113.9")]
    [InlineData("203.0.113.9", "192.0.2.1", "203.0.113.9")]
    [InlineData("127.0.0.1", "10.0.0.1, 192.0.2.1", "192.0.2.1")]
    [InlineData("::ffff:203.0.113.9", "", "203.0.113.9")]
    [InlineData("2001:db8:1:2:3:4:5:6", "", "20010db800010002")]
    [InlineData("127.0.0.1", "nonsense", "127.0.0.1")]
    public void Knows_a_source_by_its_address_and_believes_no_proxy_but_its_neighbour(string remote, string forwarded, string source) =>
        Assert.Equal(source, Browsers.SourceOf(System.Net.IPAddress.Parse(remote), forwarded, []));

    [Theory]
    [InlineData("10.1.2.3", "198.51.100.7", "198.51.100.7")]
    [InlineData("10.1.2.3", "203.0.113.1, 198.51.100.7", "198.51.100.7")]
    [InlineData("10.1.2.3", "203.0.113.1, 198.51.100.7, 10.9.9.9", "198.51.100.7")]
    [InlineData("::ffff:10.1.2.3", "198.51.100.7", "198.51.100.7")]
    [InlineData("2001:db8::5", "198.51.100.7", "198.51.100.7")]
    [InlineData("2001:db8::6", "198.51.100.7", "20010db800000000")]
    [InlineData("192.0.2.1", "198.51.100.7", "192.0.2.1")]
    [InlineData("10.1.2.3", "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,10.0.0.7,10.0.0.8,10.0.0.9", "10.0.0.2")]
    public void Believes_the_proxies_that_the_operator_trusts(string remote, string forwarded, string source) => Assert.Equal(source, Browsers.SourceOf(
        System.Net.IPAddress.Parse(remote), forwarded, [System.Net.IPNetwork.Parse("10.0.0.0/8"), System.Net.IPNetwork.Parse("2001:db8::5/128")]));

    [Fact]
    public async Task Takes_addresses_and_networks_as_trusted_proxies()
    {
        await using var stoa = await Exchange.StartAsync(settings: ("trustedProxies", "10.0.0.0/8; 192.0.2.9"));

        Assert.Equal(["10.0.0.0/8", "192.0.2.9/32"],
            stoa.Services.GetRequiredService<SignInOptions>().TrustedProxies.Select(network => network.ToString()));
        var wrong = new SettingsSources { Options = [new("data", "d"), new("trustedProxies", "10.0.0.0/40;proxy.example")] };
        Assert.False(SettingsReader.TryRead(wrong, out _, out var complaints));
        Assert.Contains("trustedProxies must be IP addresses or networks", Assert.Single(complaints), StringComparison.Ordinal);
    }

    // second step --------------------------------------------------------------------------------------------------------

    private static async Task<(byte[] Secret, string[] Codes)> SetUpSecondStepAsync(Visitor visitor, TestClock clock)
    {
        (await visitor.SubmitAsync("/account", "/account/second-step")).ShouldBe(303);
        var key = Key().Match((await visitor.GetAsync("/account/second-step")).ShouldBe(200).Text).Groups[1].Value.Replace(" ", "", StringComparison.Ordinal);
        var secret = FromBase32(key);
        var wrong = await visitor.SubmitAsync("/account/second-step", "/account/second-step/confirm", ("code", "000000"));
        Assert.Contains("The code is not right", wrong.ShouldBe(400).Text, StringComparison.Ordinal);
        var shown = await visitor.SubmitAsync("/account/second-step", "/account/second-step/confirm", ("code", CodeOf(secret, clock)));
        return (secret, [.. RecoveryCode().Matches(shown.ShouldBe(200).Text).Select(match => match.Value)]);
    }

    private static string CodeOf(byte[] secret, TestClock clock) => Totp.CodeAt(secret, Totp.StepAt(clock.GetUtcNow()));

    private static byte[] FromBase32(string text)
    {
        var bits = string.Concat(text.Select(letter => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(letter, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2))];
    }

    [Fact]
    public async Task Asks_for_a_code_that_works_once()
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock);
        using var ada = await Visitor.AdministratorAsync(stoa);
        var (secret, codes) = await SetUpSecondStepAsync(ada, clock);
        Assert.Equal(SignInLimits.RecoveryCodes, codes.Distinct().Count());
        using var again = new Visitor(stoa);

        var asked = await again.SignInAsync(Ada, Visitor.Password);
        Assert.StartsWith("/sign-in/code", asked.ShouldBe(303).Header("Location"), StringComparison.Ordinal);
        (await again.GetAsync("/account")).ShouldBe(303);
        // The code that set the second step up was used by that.
        (await again.SubmitAsync("/sign-in/code", "/sign-in/code", ("code", CodeOf(secret, clock)))).ShouldBe(400);
        clock.Advance(TimeSpan.FromSeconds(30));
        (await again.SubmitAsync("/sign-in/code", "/sign-in/code", ("code", CodeOf(secret, clock)))).ShouldBe(303);
        (await again.GetAsync("/account")).ShouldBe(200);
        using var third = new Visitor(stoa);
        (await third.SignInAsync(Ada, Visitor.Password)).ShouldBe(303);
        (await third.SubmitAsync("/sign-in/code", "/sign-in/code", ("code", CodeOf(secret, clock)))).ShouldBe(400);
    }

    [Fact]
    public async Task Takes_each_recovery_code_once_and_none_after_new_ones_were_made()
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock);
        using var ada = await Visitor.AdministratorAsync(stoa);
        var (_, codes) = await SetUpSecondStepAsync(ada, clock);

        async Task<int> TryAsync(string code)
        {
            using var visitor = new Visitor(stoa);
            (await visitor.SignInAsync(Ada, Visitor.Password)).ShouldBe(303);
            return (await visitor.SubmitAsync("/sign-in/code", "/sign-in/code", ("code", code))).Status;
        }

        Assert.Equal(303, await TryAsync(codes[0].ToUpperInvariant().Replace('-', ' ')));
        Assert.Equal(400, await TryAsync(codes[0]));
        Assert.Contains("9 recovery codes are left", (await ada.GetAsync("/account")).Text, StringComparison.Ordinal);
        (await ada.SubmitAsync("/account", "/account/second-step/codes", ("again", "not the password"))).ShouldBe(400);
        var renewed = await ada.SubmitAsync("/account", "/account/second-step/codes", ("again", Visitor.Password));
        Assert.Equal(400, await TryAsync(codes[1]));
        Assert.Equal(303, await TryAsync(RecoveryCode().Match(renewed.ShouldBe(200).Text).Value));
        (await ada.SubmitAsync("/account", "/account/second-step/remove", ("again", Visitor.Password))).ShouldBe(303);
        using var plain = await Visitor.SignedInAsync(stoa, Ada);
        (await plain.GetAsync("/account")).ShouldBe(200);
    }

    [Fact]
    public async Task Makes_who_guesses_codes_wait()
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock);
        using var ada = await Visitor.AdministratorAsync(stoa);
        await SetUpSecondStepAsync(ada, clock);
        using var thief = new Visitor(stoa);
        (await thief.SignInAsync(Ada, Visitor.Password)).ShouldBe(303);

        var statuses = new List<int>();
        for (var i = 0; i <= SignInLimits.FreeFailures; i++)
            statuses.Add((await thief.SubmitAsync("/sign-in/code", "/sign-in/code", ("code", "00000" + i))).Status);

        Assert.Equal([400, 400, 400, 400, 400, 429], statuses);
    }

    [Fact]
    public async Task Changes_the_password_for_who_knows_it_and_ends_all_other_sessions()
    {
        await using var stoa = await Exchange.StartAsync();
        using var desk = await Visitor.AdministratorAsync(stoa);
        using var other = await Visitor.SignedInAsync(stoa, Ada);
        const string better = "eight grey herons at dawn";

        (await desk.SubmitAsync("/account", "/account/password", ("old-password", "wrong wrong wrong"), ("new-password", better))).ShouldBe(400);
        var weak = await desk.SubmitAsync("/account", "/account/password", ("old-password", Visitor.Password), ("new-password", "short"));
        Assert.Contains("id=\"new-password-wrong\"", weak.ShouldBe(400).Text, StringComparison.Ordinal);
        (await desk.SubmitAsync("/account", "/account/password", ("old-password", Visitor.Password), ("new-password", better))).ShouldBe(303);

        (await desk.GetAsync("/account")).ShouldBe(200);
        (await other.GetAsync("/account")).ShouldBe(303);
        (await other.SignInAsync(Ada, Visitor.Password)).ShouldBe(400);
        (await other.SignInAsync(Ada, better)).ShouldBe(303);
    }

    // invitations --------------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Is_opened_to_others_by_invitation_into_an_organization()
    {
        await using var stoa = await Exchange.StartAsync();
        foreach (var slug in new[] { "traffic", "water" })
            (await stoa.PostJsonAsync("/api/v1/organizations", $$"""{"slug":"{{slug}}","name":"Office of {{slug}}"}""")).ShouldBe(201);
        using var ada = await Visitor.AdministratorAsync(stoa);
        const string members = "/organizations/traffic/members";
        var made = await ada.SubmitAsync(members, members + "/invite", ("login", "Tom@City.example"), ("roles", "member"), ("roles", "administrator"));
        var link = InvitationLink().Match(made.ShouldBe(200).Text).Value;
        using var tom = new Visitor(stoa);

        Assert.Contains("Join Office of traffic", (await tom.GetAsync(link)).ShouldBe(200).Text, StringComparison.Ordinal);
        (await tom.JoinAsync(link, "Tom", "someone.else@city.example")).ShouldBe(303);

        Assert.Contains("tom@city.example", (await tom.GetAsync("/account")).ShouldBe(200).Text, StringComparison.Ordinal);
        Assert.Contains("Tom", (await tom.GetAsync(members)).ShouldBe(200).Text, StringComparison.Ordinal);
        (await tom.GetAsync("/organizations/water/members")).ShouldBe(404);
        (await tom.GetAsync("/organizations/absent/members")).ShouldBe(404);
        using var late = new Visitor(stoa);
        (await late.GetAsync(link)).ShouldBe(404);
    }

    [Fact]
    public async Task Lets_who_has_an_account_accept_and_members_end()
    {
        await using var stoa = await Exchange.StartAsync();
        foreach (var slug in new[] { "traffic", "water" })
            (await stoa.PostJsonAsync("/api/v1/organizations", $$"""{"slug":"{{slug}}","name":"Office of {{slug}}"}""")).ShouldBe(201);
        var first = await InviteAsync(stoa, 1, "administrator");
        var second = await InviteAsync(stoa, 2, "member");
        using var tom = new Visitor(stoa);
        (await tom.JoinAsync(first, "Tom", "")).ShouldBe(303);

        Assert.Contains("You are signed in", (await tom.GetAsync(second)).ShouldBe(200).Text, StringComparison.Ordinal);
        (await tom.SubmitAsync(second, second)).ShouldBe(303);

        Assert.Contains("Office of water", (await tom.GetAsync("/account")).Text, StringComparison.Ordinal);
        (await tom.GetAsync("/organizations/water/members")).ShouldBe(404);
        // Memberships of other organizations are not theirs to end.
        (await tom.SubmitAsync("/organizations/traffic/members", "/organizations/traffic/members/2/end")).ShouldBe(303);
        Assert.Contains("Office of water", (await tom.GetAsync("/account")).Text, StringComparison.Ordinal);
        (await stoa.PutJsonAsync("/api/v1/parties/1/status", """{"status":"suspended"}""")).ShouldBe(200);
        (await tom.GetAsync("/organizations/traffic/members")).ShouldBe(404);
    }

    [Fact]
    public async Task Takes_invitations_back_and_refuses_what_is_no_invitation()
    {
        await using var stoa = await Exchange.StartAsync();
        (await stoa.PostJsonAsync("/api/v1/organizations", """{"slug":"traffic","name":"Office"}""")).ShouldBe(201);
        var link = await InviteAsync(stoa, 1, "member");
        using var ada = await Visitor.AdministratorAsync(stoa);
        const string members = "/organizations/traffic/members";

        (await ada.SubmitAsync(members, "/organizations/traffic/invitations/1/take-back")).ShouldBe(303);

        (await ada.GetAsync(link)).ShouldBe(404);
        Assert.Contains("id=\"login-wrong\"", (await ada.SubmitAsync(members, members + "/invite", ("login", "x"), ("roles", "member"))).ShouldBe(400).Text, StringComparison.Ordinal);
        (await ada.SubmitAsync(members, members + "/invite", ("login", "x@y.example"))).ShouldBe(400);
        (await stoa.PostJsonAsync("/api/v1/invitations", """{"organization":9,"login":"x@y.example","roles":["member"]}""")).ShouldBeProblem(400, "invalid-property");
        (await stoa.PostJsonAsync("/api/v1/invitations", """{"login":"x@y.example","roles":["member"]}""")).ShouldBeProblem(400, "invalid-property");
    }

    private static async Task<string> InviteAsync(Exchange stoa, long organization, string role)
    {
        var made = await stoa.PostJsonAsync("/api/v1/invitations", $$"""{"organization":{{organization}},"login":"tom@city.example","roles":["{{role}}"]}""");
        return new Uri(made.ShouldBe(201).Json.GetProperty("link").GetString()!).AbsolutePath;
    }

    // secrets ------------------------------------------------------------------------------------------------------------

    [Fact]
    public void Writes_no_secret_where_a_value_is_written_as_text()
    {
        var secret = Secret.Create();
        object[] values =
        [
            new BrowserSecrets(secret, secret, false), new CreatedLink("/start/" + secret, default), new AccountDraft("Ada", Ada, secret),
            new SignInOrigin("192.0.2.1", secret, "Firefox"), new CreatedInvitation("http://x/" + secret, default),
            new Account(new(1), "Ada", Ada, true, false, 0), new InvitationDraft { Login = Ada },
        ];

        Assert.All(values, value =>
        {
            Assert.DoesNotContain(secret, value.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("ada", value.ToString(), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("192.0.2.1", value.ToString(), StringComparison.Ordinal);
        });
    }

    // Holds the moment at which the page was made.
    [GeneratedRegex("challenge=\"[^\"]+\"|name=\"challenge\" value=\"[^\"]+\"")]
    private static partial Regex Challenge();

    [GeneratedRegex("name=\"form\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();

    [GeneratedRegex("action=\"/account/sessions/([0-9]+)/end\"")]
    private static partial Regex SessionForm();

    [GeneratedRegex("<code class=\"key\">([A-Z2-7 ]+)</code>")]
    private static partial Regex Key();

    [GeneratedRegex("[a-z0-9]{4}(-[a-z0-9]{4}){3}")]
    private static partial Regex RecoveryCode();

    [GeneratedRegex("/invitations/[A-Za-z0-9_-]{43}")]
    private static partial Regex InvitationLink();
}
