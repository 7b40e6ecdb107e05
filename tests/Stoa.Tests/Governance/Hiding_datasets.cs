using Stoa.Sharing.Policy;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Governance;

/// <summary>Closed and absent datasets look the same; changes of level act at once.</summary>
public class Hiding_datasets
{
    [Theory]
    [InlineData("GET", "/api/v1/datasets/{0}", null)]
    [InlineData("HEAD", "/api/v1/datasets/{0}", null)]
    [InlineData("GET", "/api/v1/datasets/{0}/statistics", null)]
    [InlineData("PATCH", "/api/v1/datasets/{0}", """{"title":"x"}""")]
    [InlineData("PATCH", "/api/v1/datasets/{0}", "not json")]
    [InlineData("DELETE", "/api/v1/datasets/{0}", null)]
    [InlineData("GET", "/api/v1/datasets?q={0}", null)]
    [InlineData("GET", "/api/v1/datasets?owner={0}", null)]
    public async Task Answers_closed_and_absent_alike_in_status_headers_and_body(string method, string path, string? body)
    {
        await using var exchange = await GovernedExchange.StartAsync();
        await exchange.GivenDatasetAsync("closed", "closed");
        await exchange.GivenDatasetAsync("other", "open");
        var stranger = await exchange.GivenTokenAsync("other", "read", "write");
        var writer = await exchange.GivenTokenAsync("closed", "write");

        foreach (var token in new[] { null, stranger, writer })
        {
            var closed = await exchange.SendAsync(method, string.Format(null, path, "closed"), token, body);
            var absent = await exchange.SendAsync(method, string.Format(null, path, "absent"), token, body);

            Assert.Equal(absent, closed);
        }
    }

    [Theory]
    [InlineData("closed")]
    [InlineData("specific")]
    [InlineData("group")]
    [InlineData("public")]
    public async Task Lists_and_counts_only_what_may_be_read(string level)
    {
        await using var exchange = await GovernedExchange.StartAsync();
        await exchange.GivenDatasetAsync("open", "open");
        var before = await exchange.SendAsync("GET", "/api/v1/datasets?limit=1");

        await exchange.GivenDatasetAsync("hidden", level);
        var reader = await exchange.GivenTokenAsync("hidden", "read");

        Assert.Equal(before, await exchange.SendAsync("GET", "/api/v1/datasets?limit=1"));
        var seen = await exchange.SendAsync("GET", "/api/v1/datasets?limit=1", reader);
        Assert.Contains("\"count\":2", seen.Body, StringComparison.Ordinal);
        Assert.Contains("nextLink", seen.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hides_a_dataset_with_the_very_next_request_after_it_was_closed()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        await exchange.GivenDatasetAsync("bikes", "open");
        Assert.Equal(200, (await exchange.SendAsync("GET", "/api/v1/datasets/bikes")).Status);

        await exchange.SendAsync("PATCH", "/api/v1/datasets/bikes", exchange.AdministratorToken, """{"spectrum":"closed"}""");

        Assert.Equal(404, (await exchange.SendAsync("GET", "/api/v1/datasets/bikes")).Status);
    }

    [Fact]
    public async Task Hides_a_dataset_within_a_second_after_another_process_closed_it()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        await exchange.GivenDatasetAsync("bikes", "open");
        Assert.Equal(200, (await exchange.SendAsync("GET", "/api/v1/datasets/bikes")).Status);
        await exchange.ElsewhereAsync("UPDATE dataset SET spectrum = 0 WHERE slug = 'bikes'");

        await exchange.UntilDescribedAsync("bikes", SpectrumClass.Closed);

        Assert.True(PolicyRefresh.Period <= TimeSpan.FromSeconds(1));
        Assert.Equal(404, (await exchange.SendAsync("GET", "/api/v1/datasets/bikes")).Status);
    }

    [Fact]
    public async Task Denies_a_level_of_a_newer_version_to_all_but_administrators()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        await exchange.GivenDatasetAsync("bikes", "open");
        var reader = await exchange.GivenTokenAsync("bikes", "read", "write");
        await exchange.ElsewhereAsync("UPDATE dataset SET spectrum = 17 WHERE slug = 'bikes'");
        await exchange.UntilDescribedAsync("bikes", (SpectrumClass)17);

        Assert.Equal(404, (await exchange.SendAsync("GET", "/api/v1/datasets/bikes")).Status);
        Assert.Equal(404, (await exchange.SendAsync("GET", "/api/v1/datasets/bikes", reader)).Status);
        Assert.Equal(200, (await exchange.SendAsync("GET", "/api/v1/datasets/bikes", exchange.AdministratorToken)).Status);
    }

    [Fact]
    public async Task Says_to_those_who_may_read_that_governing_needs_more()
    {
        await using var exchange = await GovernedExchange.StartAsync();
        await exchange.GivenDatasetAsync("bikes", "closed");
        var owner = await exchange.GivenTokenAsync("bikes", "read", "write");

        (await exchange.SendAsync("PATCH", "/api/v1/datasets/bikes", owner, """{"spectrum":"open"}"""))
            .ShouldRefuse(403, "administrator-required");
        (await exchange.SendAsync("POST", "/api/v1/datasets", owner, """{"slug":"a","title":"a"}"""))
            .ShouldRefuse(403, "administrator-required");
    }

    [Theory]
    [InlineData("POST", "/api/v1/datasets")]
    [InlineData("PATCH", "/api/v1/datasets/open")]
    [InlineData("PATCH", "/api/v1/datasets/absent")]
    [InlineData("DELETE", "/api/v1/datasets/open")]
    [InlineData("POST", "/api/v1/organizations")]
    [InlineData("PATCH", "/api/v1/organizations/absent")]
    [InlineData("POST", "/api/v1/tokens")]
    [InlineData("DELETE", "/api/v1/tokens/1")]
    public async Task Lets_nobody_write_without_a_credential(string method, string path)
    {
        await using var exchange = await GovernedExchange.StartAsync();
        await exchange.GivenDatasetAsync("open", "open");

        var answer = await exchange.SendAsync(method, path, body: "not even JSON");

        answer.ShouldRefuse(401, "credential-required");
        Assert.Contains("WWW-Authenticate: Bearer realm=\"stoa\"", answer.Headers, StringComparison.Ordinal);
        Assert.DoesNotContain("error=", answer.Headers, StringComparison.Ordinal);
    }
}
