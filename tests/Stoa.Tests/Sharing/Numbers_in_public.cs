using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Recording;
using Stoa.Storage;
using Stoa.Tests.Governance;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>How often data were given and refused stands on the page of transparency (ISO 37156, 7.3.1): of what is public knowledge, and of nothing else.</summary>
public partial class Numbers_in_public
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_told_of_what_is_listed_and_of_nothing_else()
    {
        await using var city = await GovernedCity.StartAsync();
        var (owner, lab) = (await city.OrganizationAsync("owner"), await city.OrganizationAsync("lab"));
        foreach (var slug in new[] { "counts", "hidden" })
        {
            var dataset = await city.DatasetAsync(slug, SpectrumClass.Closed, "owner");
            await city.ClassifyAsync(dataset, SpectrumClass.SharedSpecific, lab);
            await city.AgreeAsync(owner, lab, [dataset]);
        }

        var vault = await city.DatasetAsync("vault", SpectrumClass.Closed, "owner");
        (await city.Stoa.PutJsonAsync("/api/v1/datasets/counts/facts", """{"listed":true}""")).ShouldBe(200);
        var (reader, stranger, own) =
            (await city.ServiceTokenAsync(lab), await city.ServiceTokenAsync(await city.OrganizationAsync("stranger")), await city.ServiceTokenAsync(owner));
        for (var i = 0; i < 2; i++) (await city.SeeAsync("counts", reader)).ShouldBe(200);
        (await city.SeeAsync("counts", stranger)).ShouldBe(403);
        for (var i = 0; i < 3; i++) (await city.SeeAsync("hidden", reader)).ShouldBe(200);
        for (var i = 0; i < 4; i++) (await city.SeeAsync("vault", own)).ShouldBe(200);
        foreach (var slug in new[] { "hidden", "vault" }) (await city.SeeAsync(slug, stranger)).ShouldBe(404);
        await UntilRecordedAsync(city, 9);

        var numbers = await city.Stoa.Services.GetRequiredService<PublicNumbers>().CountAsync(Now);
        var page = (await city.Stoa.GetAsync("/transparency", accept: "text/html")).ShouldBe(200).Text;

        Assert.Equal([(2, 1)], numbers.Datasets.Values.Select(one => ((int)one.Given, (int)one.Refused)));
        Assert.Equal([2], numbers.Agreements.Values.Select(given => (int)given));
        Assert.False(numbers.Datasets.ContainsKey(vault.Value));
        Assert.Equal(["2", "1"], Numbers(page, "counts</a>"));
        Assert.DoesNotContain("vault", page, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden</a>", page, StringComparison.Ordinal);
        // Both agreements are told of, and how much went under that on what is not public is not.
        var lines = Rows().Matches(page).Select(row => row.Value).Where(row => row.Contains("Name of lab", StringComparison.Ordinal)).ToList();
        Assert.Equal(["2"], Numbers(page, lines.Single(row => row.Contains("counts", StringComparison.Ordinal))));
        Assert.Equal(["&#x2013;"], Numbers(page, lines.Single(row => !row.Contains("counts", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Are_counted_once_whatever_is_changed_and_told_of_what_is_listed_now()
    {
        var clock = new TestClock();
        await using var city = await GovernedCity.StartAsync(clock);
        await city.DatasetAsync("counts", SpectrumClass.Open);
        var numbers = city.Stoa.Services.GetRequiredService<PublicNumbers>();
        var first = await numbers.CountAsync(Now);
        clock.Advance(TimeSpan.FromMinutes(1));

        var added = await city.DatasetAsync("added", SpectrumClass.Open);
        var second = await numbers.CountAsync(Now);
        clock.Advance(PublicNumbers.Life);
        var third = await numbers.CountAsync(Now);

        Assert.DoesNotContain(added.Value, first.Datasets.Keys);
        Assert.Contains(added.Value, second.Datasets.Keys);
        Assert.Equal(first.Until, second.Until);
        Assert.NotEqual(first.Until, third.Until);
    }

    [Fact]
    public async Task Are_not_counted_again_at_once_where_counting_failed()
    {
        var clock = new TestClock();
        await using var city = await GovernedCity.StartAsync(clock);
        var numbers = city.Stoa.Services.GetRequiredService<PublicNumbers>();
        await RenameAsync(city, "exchange_dataset", "elsewhere");
        var failure = await Assert.ThrowsAsync<StorageException>(() => numbers.CountAsync(Now));
        await RenameAsync(city, "elsewhere", "exchange_dataset");

        Assert.Same(failure, await Assert.ThrowsAsync<StorageException>(() => numbers.CountAsync(Now)));
        clock.Advance(PublicNumbers.FailureLife);
        Assert.NotNull(await numbers.CountAsync(Now));
    }

    private static Task<bool> RenameAsync(GovernedCity city, string table, string name) => city.Stoa.Database.WriteAsync(
        session =>
        {
            session.Execute($"ALTER TABLE {table} RENAME TO {name}");
            return true;
        },
        Now);

    // What comes of answers is recorded when they have left, which is after the client has them.
    private static async Task UntilRecordedAsync(GovernedCity city, int accesses)
    {
        await city.Stoa.Services.GetRequiredService<DecisionJournal>().StoreAsync(Now);
        for (var attempt = 0; attempt < 300; attempt++)
        {
            await city.Stoa.Services.GetRequiredService<ExchangeLog>().DrainAsync(Now);
            var all = (await city.Stoa.GetAsync("/api/v1/exchanges", city.Stoa.AdminToken)).ShouldBe(200).Json;
            if (all.GetProperty("value").GetArrayLength() >= accesses) return;
            await Task.Delay(100, Now);
        }

        Assert.Fail("What was read was not recorded.");
    }

    private static IEnumerable<string> Numbers(string page, string of)
    {
        var row = Rows().Matches(page).Select(one => one.Value).First(one => one.Contains(of, StringComparison.Ordinal));
        return Cells().Matches(row).Select(cell => cell.Groups[1].Value);
    }

    [GeneratedRegex("<tr>.*?</tr>", RegexOptions.Singleline)]
    private static partial Regex Rows();

    [GeneratedRegex("<td class=\"right\">([^<]*)</td>")]
    private static partial Regex Cells();
}
