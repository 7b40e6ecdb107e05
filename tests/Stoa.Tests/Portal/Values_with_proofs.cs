using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Host.Commands;
using Stoa.Ledger.Writing;
using Stoa.Sensing.Sealing;
using Stoa.Tests.Operations;
using Stoa.Tests.Sensing;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Portal;

/// <summary>A stranger with the public key, an older checkpoint and a file from the portal proves, offline, that the file is what was recorded.</summary>
public sealed class Values_with_proofs : IAsyncLifetime
{
    private const string Pack = "/datasets/inbox/datastreams/1/evidence.zip";

    private readonly TemporaryFolder _folder = new();
    private Exchange _stoa = null!; // Started before each test.

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _stoa = await Exchange.StartAsync(settings: ("observations.sealSeconds", "0"));
        await _stoa.CreateAsync("Things", SensorThings.Station);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stoa is not null) await _stoa.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Are_proven_by_a_stranger_without_the_server()
    {
        await AddAndSealAsync(300);
        var older = await FileAsync("older", await _stoa.Http.GetByteArrayAsync("/log/audit/checkpoint", Now));
        await AddAndSealAsync(5);
        var key = await FileAsync("key", await _stoa.Http.GetByteArrayAsync("/log/audit/vkey", Now));
        var size = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(older, Now)).Split('\n')[1];
        var answer = (await _stoa.GetAsync(Pack + "?from=2026-01-01T00:00:00Z&older=" + size, _stoa.AdminToken)).ShouldBe(200);
        var pack = await FileAsync("pack.zip", answer.Bytes);
        await _stoa.DisposeAsync();
        _stoa = null!; // It is away.

        var proven = await StoaProgram.RunAsync("verify", pack, "--key", key, "--older", older);

        Assert.True(proven.ExitCode == ExitCode.Done, proven.Output + proven.Errors);
        Assert.Contains("305", proven.Output, StringComparison.Ordinal);
        var lines = Lines(pack, "observations.jsonl");
        Assert.Equal(305, lines.Length);
        using var first = JsonDocument.Parse(lines[0]);
        Assert.Equal(0.25, first.RootElement.GetProperty("result").GetDouble());

        var changed = await StoaProgram.RunAsync("verify", Changed(pack, lines[7], lines[7].Replace("\"result\":", "\"result\":1", StringComparison.Ordinal)), "--key", key);
        Assert.Equal(ExitCode.Finding, changed.ExitCode);
    }

    [Fact]
    public async Task Say_how_many_have_no_proof_yet()
    {
        await AddAndSealAsync(3);
        await AddAsync(2);

        var answer = (await _stoa.GetAsync(Pack, _stoa.AdminToken)).ShouldBe(200);

        Assert.Equal("application/zip", answer.Header("Content-Type"));
        var pack = await FileAsync("pack.zip", answer.Bytes);
        Assert.Equal(3, Lines(pack, "observations.jsonl").Length);
        Assert.Contains("2 not sealed yet", string.Join('\n', Lines(pack, "evidence.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?from=yesterday", 400)]
    [InlineData("?to=tomorrow", 400)]
    [InlineData("?older=-1", 400)]
    [InlineData("?older=999999", 400)]
    [InlineData("?from=2026-01-01T00:00:00Z&from=2026-01-01T00:00:00Z", 400)]
    public async Task Are_refused_when_the_question_is_none(string query, int status) =>
        (await _stoa.GetAsync(Pack + query, _stoa.AdminToken)).ShouldBeProblem(status, "invalid-parameter");

    [Fact]
    public async Task Are_for_who_may_take_them_away_and_nobody_else()
    {
        await AddAndSealAsync(3);

        var nobody = await _stoa.GetAsync(Pack);
        var absent = await _stoa.GetAsync("/datasets/there-is-none/datastreams/1/evidence.zip");
        Assert.Equal(absent.Status, nobody.Status);
        Assert.Equal(absent.Text.Replace("there-is-none", "inbox", StringComparison.Ordinal), nobody.Text);
        (await _stoa.GetAsync("/datasets/inbox/datastreams/9/evidence.zip", _stoa.AdminToken)).ShouldBe(404);
        await _stoa.GivenDatasetAsync("other", SpectrumClass.Open);
        (await _stoa.GetAsync("/datasets/other/datastreams/1/evidence.zip", _stoa.AdminToken)).ShouldBe(404);
    }

    private async Task AddAsync(int count)
    {
        var rows = string.Join(',', Enumerable.Range(0, count).Select(i =>
            $$"""["2026-03-01T{{i / 60:D2}}:{{i % 60:D2}}:00Z",{{i}}.25]"""));
        (await _stoa.PostJsonAsync(SensorThings.At("CreateObservations"),
            $$"""[{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result"],"dataArray":[{{rows}}]}]""")).ShouldBe(201);
    }

    private async Task AddAndSealAsync(int count)
    {
        await AddAsync(count);
        await _stoa.Services.GetRequiredService<ObservationSealing>().SealNowAsync(Now);
        var entries = await Ledger.Entries_of_a_log.EntriesAsync(_stoa.Database, LogName.Audit);
        await _stoa.Services.GetRequiredService<LogPublisher>().WhenPublishedAsync(LogName.Audit, entries.Count - 1, Now);
    }

    private async Task<string> FileAsync(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder.Path, name);
        await File.WriteAllBytesAsync(path, bytes, Now);
        return path;
    }

    private static string[] Lines(string pack, string name)
    {
        using var zip = ZipFile.OpenRead(pack);
        using var reader = new StreamReader(zip.GetEntry(name)!.Open());
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private string Changed(string pack, string before, string after)
    {
        var copy = Path.Combine(_folder.Path, "changed.zip");
        using var from = ZipFile.OpenRead(pack);
        using var to = ZipFile.Open(copy, ZipArchiveMode.Create);
        foreach (var entry in from.Entries)
        {
            using var source = entry.Open();
            using var memory = new MemoryStream();
            source.CopyTo(memory);
            var bytes = memory.ToArray();
            if (entry.Name == "observations.jsonl") bytes = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace(before, after, StringComparison.Ordinal));
            using var target = to.CreateEntry(entry.FullName).Open();
            target.Write(bytes);
        }

        return copy;
    }
}
