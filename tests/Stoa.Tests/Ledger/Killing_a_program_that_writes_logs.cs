using System.Net.Http.Headers;
using System.Net.Http.Json;
using Stoa.Ledger.Writing;
using Stoa.Tests.Operations;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>kill -9 of the real program at the moment at which a step of a checkpoint shows on the disk: nothing that was acknowledged is missing, and nothing that was shown is taken back.</summary>
public sealed class Killing_a_program_that_writes_logs
{
    private const int Rounds = 2, Writers = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    // On PostgreSQL tiles and what is shown are rows.
    [Theory, Trait("Engine", "SQLite")]
    [InlineData("audit/tile/", true)]
    [InlineData("audit/tile/", false)]
    [InlineData("audit/checkpoint", true)]
    [InlineData("audit/checkpoint", false)]
    public Task Loses_nothing_when_a_tile_or_what_is_shown_is_written(string file, bool isUnfinished) => KillAsync(file, isUnfinished);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Loses_nothing_when_the_signed_checkpoint_is_written(bool isUnfinished) => KillAsync("audit.signed", isUnfinished);

    private static async Task KillAsync(string file, bool isUnfinished)
    {
        using var folder = new TemporaryFolder();
        var token = "";
        var acknowledged = 0;
        var older = Path.Combine(folder.Path, "older");
        for (var round = 0; round < Rounds; round++)
        {
            var (program, address) = await StoaProgram.ServeAsync(folder.Path);
            await using (program)
            {
                if (round == 0) token = (await StoaProgram.RunAsync("token", "create", "--data", folder.Path, "--name", "writer", "--admin")).Output.Trim();
                using var http = Client(address, token);
                if (round == 0) await CreateAsync(http);
                else await VerifiesAsync(http, folder.Path, older);
                await File.WriteAllBytesAsync(older, await CheckpointAsync(http), Now);
                acknowledged += await WriteUntilKilledAsync(program, http, Path.Combine(folder.Path, "ledger"), file, isUnfinished, round);
            }
        }

        var (last, place) = await StoaProgram.ServeAsync(folder.Path);
        await using (last)
        {
            using var http = Client(place, token);
            await VerifiesAsync(http, folder.Path, older);
        }

        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path }, Now);
        var entries = await Entries_of_a_log.EntriesAsync(database, LogName.Audit);
        // Each look at it adds one; of each writer one may be stored and not acknowledged.
        var changes = entries.Count(entry => entry.Contains("\"dataset.changed\"", StringComparison.Ordinal)) - Rounds;
        Assert.InRange(changes, acknowledged, acknowledged + Rounds * Writers);
        Assert.True(acknowledged > 0, "The load was not worth killing for.");
    }

    // The later rounds end at a later one of these moments.
    private static async Task<int> WriteUntilKilledAsync(
        StoaProgram program, HttpClient http, string ledger, string file, bool isUnfinished, int later)
    {
        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var acknowledged = 0;
        using var watcher = new FileSystemWatcher(ledger) { IncludeSubdirectories = true, NotifyFilter = NotifyFilters.FileName };
        watcher.Created += (_, seen) => Look(seen.Name, isNew: true);
        watcher.Renamed += (_, seen) => Look(seen.Name, isNew: false);
        watcher.EnableRaisingEvents = true;
        var writers = Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            try
            {
                while (!killed.Task.IsCompleted)
                {
                    var number = Interlocked.Increment(ref acknowledged);
                    using var answer = await http.PatchAsJsonAsync("/api/v1/datasets/city", new { description = $"Said for the {number}th time." }, Now);
                    if (!answer.IsSuccessStatusCode) throw new HttpRequestException($"{(int)answer.StatusCode}");
                }
            }
            catch (HttpRequestException) when (killed.Task.IsCompleted)
            {
                Interlocked.Decrement(ref acknowledged);
            }
        })).ToArray();
        await killed.Task.WaitAsync(Patience, Now);
        await Task.WhenAll(writers);
        return acknowledged;

        void Look(string? name, bool isNew)
        {
            if (name is null || isNew != isUnfinished || !name.StartsWith(file, StringComparison.Ordinal) || Interlocked.Decrement(ref later) >= 0) return;
            program.Kill();
            killed.TrySetResult();
        }
    }

    private static async Task VerifiesAsync(HttpClient http, string folder, string older)
    {
        var key = Path.Combine(folder, "key");
        await File.WriteAllTextAsync(key, await http.GetStringAsync("/log/audit/vkey", Now), Now);
        // Everything that is there now comes under a checkpoint.
        var size = Size(await CheckpointAsync(http));
        (await http.PatchAsJsonAsync("/api/v1/datasets/city", new { description = $"After {size} entries." }, Now)).EnsureSuccessStatusCode();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Now);
        patience.CancelAfter(Patience);
        while (Size(await CheckpointAsync(http)) <= size) await Task.Delay(20, patience.Token);
        var (exit, output, errors) = await StoaProgram.RunAsync("verify", new Uri(http.BaseAddress!, "/log/audit").ToString(), "--key", key, "--older", older);
        Assert.True(exit == 0, output + errors);
    }

    private static long Size(byte[] checkpoint) =>
        long.Parse(System.Text.Encoding.UTF8.GetString(checkpoint).Split('\n')[1], System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<byte[]> CheckpointAsync(HttpClient http)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Now);
        patience.CancelAfter(Patience);
        while (true)
        {
            using var answer = await http.GetAsync("/log/audit/checkpoint", patience.Token);
            if (answer.IsSuccessStatusCode) return await answer.Content.ReadAsByteArrayAsync(Now);
            await Task.Delay(20, patience.Token);
        }
    }

    private static async Task CreateAsync(HttpClient http) =>
        (await http.PostAsJsonAsync("/api/v1/datasets", new { slug = "city", title = "City", description = "Of a city.", spectrum = "closed" }, Now)).EnsureSuccessStatusCode();

    private static HttpClient Client(Uri address, string token)
    {
        var http = new HttpClient { BaseAddress = address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }
}
