using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Lags;
using Stoa.Ledger.Writing;
using Stoa.Tests.Sensing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>Nothing of guarded levels is read while what is recorded has not been confirmed by others for too long.</summary>
public class Stopping_without_confirmation
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Refuses_guarded_levels_and_nothing_else_until_it_comes()
    {
        using var folder = new TemporaryFolder();
        var policy = Path.Combine(folder.Path, "policy");
        var witness = SignerKey.Generate("witness.example/away", SignatureType.CosignatureV1);
        await File.WriteAllTextAsync(policy, $"witness away {witness.Verifier} {OtherServer.Nobody()}\nquorum away\n", Now);
        (string, string)[] settings = [("ledger.policy", policy), ("ledger.stopAfterSeconds", "1"), ("ledger.stopLevels", "closed;specific")];
        await using var stoa = await Exchange.StartAsync(null, null, settings);
        await stoa.GivenDatasetAsync("guarded", SpectrumClass.SharedSpecific);
        await stoa.GivenDatasetAsync("grouped", SpectrumClass.SharedGroup);
        await stoa.GivenDatasetAsync("open", SpectrumClass.Open);
        var reader = await stoa.GivenTokenAsync("guarded", "read", "write");
        var other = await stoa.GivenTokenAsync("grouped", "read");
        foreach (var dataset in new[] { "guarded", "grouped", "open" })
            (await stoa.PostJsonAsync(Things(dataset), """{"name":"a thing","description":"d"}""")).ShouldBe(201);

        await stoa.Database.WriteAsync(
            session => LogEntries.Append(session, LogName.Registry, Encoding.UTF8.GetBytes("{}"), new EntryKeys("test")), Now);
        await Stamping_checkpoints.UntilAsync(async () => (await stoa.GetAsync(Things("guarded"), reader)).Status == 503);

        var refused = (await stoa.GetAsync(Things("guarded"), reader)).ShouldBeProblem(503, "confirmation-overdue");
        Assert.Equal("60", refused.Header("Retry-After"));
        (await stoa.GetAsync("/api/v1/datasets/guarded", reader)).ShouldBeProblem(503, "confirmation-overdue");
        (await stoa.GetAsync(Things("guarded"))).ShouldBe((await stoa.GetAsync(Things("absent"))).Status);
        (await stoa.GetAsync(Things("guarded"), other)).ShouldBeProblem(404, "not-found");
        Assert.Equal(1, await CountAsync(stoa, Things("grouped"), other));
        Assert.Equal(1, await CountAsync(stoa, Things("open"), null));
        Assert.Equal(1, await CountAsync(stoa, Things("guarded"), stoa.AdminToken));
        Assert.Equal(1, await CountAsync(stoa, "/sensorthings/v1.1/Things", reader));
        (await stoa.PostJsonAsync(Things("guarded"), """{"name":"another","description":"d"}""", reader)).ShouldBe(201);

        await stoa.RestartAsync(settings);
        (await stoa.GetAsync(Things("guarded"), reader)).ShouldBeProblem(503, "confirmation-overdue");
        await stoa.RestartAsync(("ledger.policy", policy));
        Assert.Equal(2, await CountAsync(stoa, Things("guarded"), reader));
        await stoa.RestartAsync(settings);
        (await stoa.GetAsync(Things("guarded"), reader)).ShouldBeProblem(503, "confirmation-overdue");
        var lags = stoa.Services.GetRequiredService<ConfirmationLags>();
        await Stamping_checkpoints.UntilAsync(async () =>
        {
            // As when the witness has come back; the next round without it begins a new time.
            foreach (var log in LogNames.All) await lags.EndAsync(LagKind.Witnessing, log, Now);
            return (await stoa.GetAsync(Things("guarded"), reader)).Status == 200 && await CountAsync(stoa, "/sensorthings/v1.1/Things", reader) == 3;
        });
    }

    [Fact]
    public async Task Needs_somebody_who_confirms()
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(() => Exchange.StartAsync(settings: ("ledger.stopAfterSeconds", "60")));

        Assert.Contains("ledger.stopAfterSeconds needs ledger.policy or ledger.timestamp.url", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Leaves_datasets_out_of_a_scope()
    {
        var narrowing = new ScopeNarrowing { From = new(5) };
        var scope = AccessScope.Of([new(1), new(2)], [([new(3), new(4)], narrowing)]);

        var left = scope.Without(dataset => dataset.Value is 2 or 3);

        Assert.Equal([1L], left.Datasets.ToArray());
        Assert.Equal([4L], left.NarrowedDatasets.ToArray());
        Assert.Same(scope, scope.Without(_ => false));
        Assert.True(scope.Without(_ => true).IsNothing);
        Assert.True(AccessScope.Everything.Without(_ => true).IsEverything);
    }

    private static string Things(string dataset) => $"/datasets/{dataset}/sensorthings/v1.1/Things";

    private static async Task<int> CountAsync(Exchange stoa, string path, string? token) =>
        (await stoa.GetAsync(path, token)).ShouldBe(200).Json.GetProperty("value").GetArrayLength();
}
