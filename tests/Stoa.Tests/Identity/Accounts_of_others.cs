using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.SignIn;
using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Identity;

/// <summary>What who governs the exchange does about the accounts of others: links for new passwords, withdrawing the right to govern.</summary>
public partial class Accounts_of_others
{
    private const string Ada = "ada@city.example";
    private const string Tom = "tom@city.example";
    private const string Better = "nine slow otters at dawn";

    /// <summary>Ada, party 1, governs; Tom, party 3, belongs to the organization that is party 2.</summary>
    private static async Task<(Visitor Ada, Visitor Tom)> BothAsync(Exchange stoa)
    {
        var ada = await Visitor.AdministratorAsync(stoa);
        (await stoa.PostJsonAsync("/api/v1/organizations", """{"slug":"traffic","name":"Office"}""")).ShouldBe(201);
        var invited = await stoa.PostJsonAsync("/api/v1/invitations", $$"""{"organization":2,"login":"{{Tom}}","roles":["administrator"]}""");
        var tom = new Visitor(stoa);
        (await tom.JoinAsync(new Uri(invited.ShouldBe(201).Json.GetProperty("link").GetString()!).AbsolutePath, "Tom", Tom)).ShouldBe(303);
        return (ada, tom);
    }

    private static async Task<string> LinkAsync(Visitor ada, long person = 3)
    {
        var made = await ada.SubmitAsync($"/people/{person}", $"/people/{person}/password-link", ("again", Visitor.Password));
        return PasswordLink().Match(made.ShouldBe(200).Text).Value;
    }

    [Fact]
    public async Task Gives_who_lost_a_password_a_link_that_sets_a_new_one_once_and_ends_all_sessions()
    {
        await using var stoa = await Exchange.StartAsync();
        var (ada, tom) = await BothAsync(stoa);
        using var phone = await Visitor.SignedInAsync(stoa, Tom);
        Assert.Contains(Tom, (await ada.GetAsync("/people")).ShouldBe(200).Text, StringComparison.Ordinal);
        var link = await LinkAsync(ada);
        using var browser = new Visitor(stoa);

        var weak = await browser.SubmitAsync(link, link, ("password", "short"));
        Assert.Contains("id=\"password-wrong\"", weak.ShouldBe(400).Text, StringComparison.Ordinal);
        (await tom.GetAsync("/account")).ShouldBe(200);
        Assert.Equal("/sign-in?done=password", (await browser.SubmitAsync(link, link, ("password", Better))).ShouldBe(303).Header("Location"));

        (await tom.GetAsync("/account")).ShouldBe(303);
        (await phone.GetAsync("/account")).ShouldBe(303);
        (await browser.GetAsync("/account")).ShouldBe(303);
        (await browser.GetAsync(link)).ShouldBe(404);
        (await browser.SignInAsync(Tom, Visitor.Password)).ShouldBe(400);
        (await browser.SignInAsync(Tom, Better)).ShouldBe(303);
        (await ada.GetAsync("/account")).ShouldBe(200);
        ada.Dispose();
        tom.Dispose();
    }

    [Fact]
    public async Task Keeps_the_second_step_with_the_new_password()
    {
        await using var stoa = await Exchange.StartAsync();
        var (ada, tom) = await BothAsync(stoa);
        await stoa.Database.WriteAsync(session =>
        {
            using var set = session.Prepare("UPDATE account SET totp_secret = @secret, totp_confirmed = 1 WHERE person_id = 3");
            return set.BindBlob("@secret", new byte[20]).Execute();
        }, TestContext.Current.CancellationToken);
        var link = await LinkAsync(ada);
        using var browser = new Visitor(stoa);
        (await browser.SubmitAsync(link, link, ("password", Better))).ShouldBe(303);

        Assert.Equal("/sign-in/code?back=%2Faccount", (await browser.SignInAsync(Tom, Better)).ShouldBe(303).Header("Location"));

        ada.Dispose();
        tom.Dispose();
    }

    [Fact]
    public async Task Ends_a_link_after_a_day_by_the_next_one_and_with_the_person()
    {
        var clock = new TestClock();
        await using var stoa = await Exchange.StartAsync(time: clock);
        var (ada, tom) = await BothAsync(stoa);
        var (first, second) = (await LinkAsync(ada), await LinkAsync(ada));
        using var browser = new Visitor(stoa);

        (await browser.GetAsync(first)).ShouldBe(404);
        (await browser.GetAsync(second)).ShouldBe(200);
        (await browser.GetAsync(second.Replace("/password/", "/invitations/", StringComparison.Ordinal))).ShouldBe(404);
        (await stoa.PutJsonAsync("/api/v1/parties/3/status", """{"status":"suspended"}""")).ShouldBe(200);
        (await browser.SubmitAsync(second, second, ("password", Better))).ShouldBe(404);
        (await stoa.PostJsonAsync("/api/v1/parties/3/password-link", "{}")).ShouldBe(404);
        (await stoa.PutJsonAsync("/api/v1/parties/3/status", """{"status":"active"}""")).ShouldBe(200);
        clock.Advance(SignInLimits.PasswordLinkTime);

        (await browser.GetAsync(second)).ShouldBe(404);
        ada.Dispose();
        tom.Dispose();
    }

    [Fact]
    public async Task Gives_nothing_to_who_does_not_govern_the_exchange_or_does_not_show_the_password()
    {
        await using var stoa = await Exchange.StartAsync();
        var (ada, tom) = await BothAsync(stoa);

        foreach (var path in new[] { "/people", "/people/1", "/people/99" }) (await tom.GetAsync(path)).ShouldBe(404);
        foreach (var path in new[] { "/people/1/password-link", "/people/1/withdraw" })
            (await tom.SubmitAsync("/account", path, ("again", Visitor.Password), ("confirm", Visitor.Password))).ShouldBe(404);
        var unproven = await ada.SubmitAsync("/people/3", "/people/3/password-link", ("again", "not the password"));

        Assert.Contains("This is not your password", unproven.ShouldBe(400).Text, StringComparison.Ordinal);
        Assert.DoesNotMatch(PasswordLink(), unproven.Text);
        (await ada.SubmitAsync("/people/1", "/people/1/withdraw", ("confirm", "not the password"))).ShouldBe(400);
        (await ada.GetAsync("/people/99")).ShouldBe(404);
        (await ada.GetAsync("/people/2")).ShouldBe(404);
        (await stoa.PostJsonAsync("/api/v1/parties/2/password-link", "{}")).ShouldBe(404);
        (await stoa.DeleteAsync("/api/v1/parties/2/administration")).ShouldBe(404);
        ada.Dispose();
        tom.Dispose();
    }

    [Fact]
    public async Task Withdraws_the_right_to_govern_at_once_but_not_from_the_last()
    {
        await using var stoa = await Exchange.StartAsync();
        using var ada = await Visitor.AdministratorAsync(stoa);
        using var eve = new Visitor(stoa);
        var link = await stoa.Services.GetRequiredService<OneTimeLinks>().ForAdministratorAsync(TestContext.Current.CancellationToken);

        var last = await ada.SubmitAsync("/people/1", "/people/1/withdraw", ("confirm", Visitor.Password));
        Assert.Contains("Nobody else governs the exchange", last.ShouldBe(409).Text, StringComparison.Ordinal);
        (await stoa.DeleteAsync("/api/v1/parties/1/administration")).ShouldBeProblem(409, "last-administrator");
        (await eve.JoinAsync(link.Path, "Eve", "eve@city.example")).ShouldBe(303);
        (await eve.GetAsync("/people")).ShouldBe(200);
        Assert.Equal("/people?done=withdrawn", (await ada.SubmitAsync("/people/2", "/people/2/withdraw", ("confirm", Visitor.Password))).ShouldBe(303).Header("Location"));

        (await eve.GetAsync("/people")).ShouldBe(404);
        (await eve.GetAsync("/account")).ShouldBe(200);
        (await stoa.DeleteAsync("/api/v1/parties/2/administration")).ShouldBe(204);
        (await stoa.DeleteAsync("/api/v1/parties/1/administration")).ShouldBeProblem(409, "last-administrator");
    }

    [Fact]
    public async Task Counts_nobody_who_cannot_sign_in_as_another_who_governs()
    {
        await using var stoa = await Exchange.StartAsync();
        using var ada = await Visitor.AdministratorAsync(stoa);
        using var eve = await Visitor.AdministratorAsync(stoa, "eve@city.example");
        (await stoa.PutJsonAsync("/api/v1/parties/2/status", """{"status":"suspended"}""")).ShouldBe(200);

        (await stoa.DeleteAsync("/api/v1/parties/1/administration")).ShouldBeProblem(409, "last-administrator");
        (await stoa.PutJsonAsync("/api/v1/parties/2/status", """{"status":"active"}""")).ShouldBe(200);
        (await stoa.DeleteAsync("/api/v1/parties/1/administration")).ShouldBe(204);

        (await ada.GetAsync("/people")).ShouldBe(404);
    }

    [Fact]
    public async Task Makes_the_link_over_the_API_for_administrators_alone()
    {
        await using var stoa = await Exchange.StartAsync();
        var (ada, tom) = await BothAsync(stoa);
        await stoa.GivenDatasetAsync("open", SpectrumClass.Open);
        var token = await stoa.GivenTokenAsync("open", "read", "write");

        (await stoa.PostJsonAsync("/api/v1/parties/3/password-link", "{}", token)).ShouldBe(403);
        (await stoa.DeleteAsync("/api/v1/parties/1/administration", token)).ShouldBe(403);
        var made = await stoa.PostJsonAsync("/api/v1/parties/3/password-link", "{}");

        Assert.Equal("no-store", made.ShouldBe(201).Header("Cache-Control"));
        using var browser = new Visitor(stoa);
        (await browser.GetAsync(new Uri(made.Json.GetProperty("link").GetString()!).AbsolutePath)).ShouldBe(200);
        ada.Dispose();
        tom.Dispose();
    }

    [GeneratedRegex("/password/[A-Za-z0-9_-]{43}")]
    private static partial Regex PasswordLink();
}
