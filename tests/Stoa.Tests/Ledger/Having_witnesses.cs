using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Verification;
using Stoa.Ledger.Witnesses;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>Three exchanges on this machine: one writes a log, two are its witnesses; further ones are away or lie.</summary>
public sealed class Having_witnesses : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly SignerKey _liar = SignerKey.Generate("witness.example/liar", SignatureType.CosignatureV1);
    private Exchange _city = null!; // Set before each test.
    private Exchange _water = null!; // Likewise.
    private Exchange _transport = null!; // Likewise.
    private VerifierKey _log = null!; // Likewise.

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _city = await Exchange.StartAsync();
        _log = await KeyAsync(_city, "/log/registry/vkey");
        var logs = Path.Combine(_folder.Path, "logs");
        await File.WriteAllTextAsync(logs, $"log {_log}\nquorum none\n", Now);
        _water = await Exchange.StartAsync(settings: ("ledger.witness.logs", logs));
        _transport = await Exchange.StartAsync(settings: ("ledger.witness.logs", logs));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var exchange in new[] { _city, _water, _transport })
            if (exchange is not null) await exchange.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Shows_what_two_of_three_cosigned_while_one_is_away()
    {
        var policy = await RestartAsync("witness third " + _liar.Verifier + " " + OtherServer.Nobody());

        await AppendAsync(3);
        var first = await CosignedAsync(policy, 3);
        await AppendAsync(400);
        var second = await CosignedAsync(policy, 403);

        var verifier = new LogVerifier(_log, policy, first);
        Assert.True(second.IsSignedBy(await KeyAsync(_water, "/witness/vkey")));
        var report = verifier.VerifyProof((await ProofAsync(402)).ToBytes(), null);
        Assert.True(report.Holds, string.Join('\n', report.Findings));
        Assert.DoesNotContain(report.Findings, finding => finding.Outcome == Outcome.NotProven && finding.Text.Contains("witness", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("ok", await ConfirmationsAsync());
    }

    [Fact]
    public async Task Shows_the_last_one_that_met_the_quorum_while_witnesses_are_away_and_after_a_restart()
    {
        var policy = await RestartAsync("witness third " + _liar.Verifier + " " + OtherServer.Nobody());
        await AppendAsync(5);
        var kept = await CosignedAsync(policy, 5);
        await _water.DisposeAsync();
        _water = null!; // It is away.

        await AppendAsync(5);
        await UntilAsync(IsWaitingAsync);

        Assert.StartsWith("witnessing of ", await ConfirmationsAsync(), StringComparison.Ordinal);
        (await _city.GetAsync("/health/ready")).ShouldBe(200);
        Assert.Equal(kept.ToString(), (await _city.GetAsync("/log/registry/checkpoint")).ShouldBe(200).Text);
        await _city.RestartAsync(("ledger.policy", Path.Combine(_folder.Path, "policy")));
        Assert.Equal(kept.ToString(), (await _city.GetAsync("/log/registry/checkpoint")).ShouldBe(200).Text);
        await UntilAsync(IsWaitingAsync);
    }

    [Fact]
    public async Task Is_not_deceived_by_a_witness_that_lies()
    {
        await using var server = await OtherServer.StartAsync((context, _) =>
            context.Response.WriteAsync(_liar.Sign("city.example/log/registry\n9\n", DateTimeOffset.UtcNow).ToLine(), context.RequestAborted));
        var policy = await RestartAsync($"witness third {_liar.Verifier} {server.Address}");

        await AppendAsync(7);
        var note = await CosignedAsync(policy, 7);

        Assert.False(note.IsSignedBy(_liar.Verifier));
        Assert.True(note.IsSignedBy(await KeyAsync(_transport, "/witness/vkey")));
    }

    [Fact]
    public async Task Get_no_cosignature_for_a_past_that_was_written_anew()
    {
        var policy = await RestartAsync("witness third " + _liar.Verifier + " " + OtherServer.Nobody());
        await AppendAsync(6);
        var honest = await CosignedAsync(policy, 6);

        await RewriteAsync();
        await _city.RestartAsync(("ledger.policy", Path.Combine(_folder.Path, "policy")));
        await UntilAsync(IsWaitingAsync);
        await _city.Services.GetRequiredService<WitnessMonitor>().LookAsync(Now);

        Assert.Equal(honest.ToString(), (await _city.GetAsync("/log/registry/checkpoint")).ShouldBe(200).Text);
        foreach (var one in new[] { _city, _water })
        {
            var view = Assert.Single((await one.GetAsync("/witness/split-views")).ShouldBe(200).Json.GetProperty("value").EnumerateArray());
            Assert.Equal((_log.Name, 6), (view.GetProperty("origin").GetString(), view.GetProperty("size").GetInt32()));
            foreach (var name in new[] { "checkpoint", "otherCheckpoint" })
            {
                Assert.True(SignedNote.TryParse(Encoding.UTF8.GetBytes(view.GetProperty(name).GetString()!), out var note));
                Assert.True(note!.IsSignedBy(_log));
            }
        }
    }

    [Theory]
    [InlineData("quorum nobody\n", "names 'nobody'")]
    [InlineData("", "no line 'quorum'")]
    public async Task Does_not_start_with_a_policy_that_is_none(string text, string said)
    {
        var file = Path.Combine(_folder.Path, "wrong");
        await File.WriteAllTextAsync(file, text, Now);

        var error = await Assert.ThrowsAsync<Stoa.Host.StartException>(() => Exchange.StartAsync(settings: ("ledger.policy", file)));

        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    // What an operator could do who wants to have said something else.
    private async Task RewriteAsync()
    {
        await _city.Database.WriteAsync(session =>
        {
            using (var change = session.Prepare("UPDATE ledger_entry SET body = @body WHERE log = 5 AND idx = 2").BindBlob("@body", "{\"changed\":1}"u8)) change.Execute();
            return true;
        }, Now);
        var ledger = Path.Combine(_city.Folder, "ledger");
        await _city.Services.GetRequiredService<LogPublisher>().StopAsync(Now);
        File.Delete(Path.Combine(ledger, "registry.signed"));
        if (Directory.Exists(Path.Combine(ledger, "registry"))) Directory.Delete(Path.Combine(ledger, "registry"), recursive: true);
        await _city.Database.WriteAsync(session =>
        {
            session.Execute("DELETE FROM ledger_tile WHERE log = 5");
            session.Execute("DELETE FROM ledger_checkpoint WHERE log = 5");
            return true;
        }, Now);
    }

    private async Task<WitnessPolicy> RestartAsync(string third)
    {
        var text = $"""
            witness water {await KeyAsync(_water, "/witness/vkey")} {_water.Address}witness
            witness transport {await KeyAsync(_transport, "/witness/vkey")} {_transport.Address}witness/
            {third}
            group two-of-three 2 water transport third
            quorum two-of-three

            """;
        Assert.True(WitnessPolicy.TryParse(text, out var policy, out var fault), fault);
        var file = Path.Combine(_folder.Path, "policy");
        await File.WriteAllTextAsync(file, text, Now);
        await _city.RestartAsync(("ledger.policy", file));
        return policy!; // Read above.
    }

    private Task<bool> AppendAsync(int count) => _city.Database.WriteAsync(session =>
    {
        for (var i = 0; i < count; i++) LogEntries.Append(session, LogName.Registry, Encoding.UTF8.GetBytes($$"""{"n":{{i}}}"""), new EntryKeys("test"));
        return true;
    }, Now);

    private async Task<SignedNote> CosignedAsync(WitnessPolicy policy, long size)
    {
        SignedNote? note = null;
        await UntilAsync(async () => SignedNote.TryParse((await _city.GetAsync("/log/registry/checkpoint")).ShouldBe(200).Bytes, out note) &&
            policy.IsMetBy(note!) && Checkpoint.TryParse(note!.Text, out var checkpoint) && checkpoint!.Size >= size);
        Assert.True(note!.IsSignedBy(_log));
        return note;
    }

    private async Task<LogProof> ProofAsync(long index)
    {
        var logs = _city.Services.GetRequiredService<LogReader>();
        return (await (await EvidenceLog.NowAsync(logs, LogName.Registry, Now))!.ProofAsync(index, Now))!;
    }

    private async Task<string> ConfirmationsAsync() =>
        (await _city.GetAsync("/health/ready")).ShouldBe(200).Json.GetProperty("checks").GetProperty("confirmations").GetString()!;

    private async Task<bool> IsWaitingAsync() =>
        Sorted((await _city.GetAsync("/metrics")).Text).Contains("stoa_ledger_waiting_seconds{kind=\"Witnessing\",log=\"registry\"}", StringComparison.Ordinal);

    private static async Task<VerifierKey> KeyAsync(Exchange exchange, string path)
    {
        VerifierKey? key = null;
        await UntilAsync(async () => await exchange.GetAsync(path) is { Status: 200 } answer && VerifierKey.TryParse(answer.Text.TrimEnd('\n'), out key));
        return key!; // Until it was read.
    }

    private static string Sorted(string metrics) => metrics.Replace("log=\"registry\",kind=\"Witnessing\"", "kind=\"Witnessing\",log=\"registry\"", StringComparison.Ordinal);

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Now);
        patience.CancelAfter(Patience);
        while (!await condition()) await Task.Delay(30, patience.Token);
    }
}
