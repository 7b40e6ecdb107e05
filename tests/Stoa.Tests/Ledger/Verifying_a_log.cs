using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Verification;
using Stoa.Ledger.Witnesses;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>What somebody with the public key finds out from files alone.</summary>
public class Verifying_a_log
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static Task<VerificationReport> VerifyAsync(LogFolder log, WitnessPolicy? policy = null, SignedNote? older = null) =>
        new LogVerifier(log.Key.Verifier, policy, older).VerifyLogAsync(log.FileAsync, Now);

    private static string Wrong(VerificationReport report) =>
        string.Join(' ', report.Findings.Where(finding => finding.Outcome == Outcome.Wrong).Select(finding => finding.Text));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(1000)]
    [InlineData(65_536)]
    [InlineData(66_100)]
    public async Task Proves_what_is_whole(int size)
    {
        var log = LogFolder.Of(size);

        var report = await VerifyAsync(log);

        Assert.True(report.Holds, Wrong(report));
        Assert.Contains(report.Findings, finding => finding.Outcome == Outcome.Proven && finding.Text.StartsWith($"All {size} entries", StringComparison.Ordinal));
        Assert.Equal(MerkleTree.Root([.. Enumerable.Range(0, size).Select(i => MerkleTree.Leaf(Encoding.UTF8.GetBytes(LogFolder.EntryOf(i))))]), log.RootAt(size));
    }

    [Fact]
    public async Task Finds_any_byte_that_was_changed_and_any_file_that_was_removed()
    {
        var log = LogFolder.Of(300);
        var needed = TileId.AllOf(300).Select(tile => tile.Path).Append("checkpoint").ToHashSet();
        var tried = 0;

        foreach (var path in needed)
        {
            var whole = log.Files[path];
            // Every byte of what is short, every fifth of the rest.
            for (var i = 0; i < whole.Length; i += whole.Length < 600 ? 1 : 5)
            {
                log.Files[path] = [.. whole];
                log.Files[path][i] ^= (byte)(1 << i % 8);
                // A witness's signature alone may be broken: nobody asked for it.
                if (path != "checkpoint" || i < Encoding.UTF8.GetString(whole).IndexOf("— witness", StringComparison.Ordinal))
                    Assert.False((await VerifyAsync(log)).Holds, $"{path}, byte {i}");
                tried++;
            }

            log.Files[path] = whole[..^1];
            Assert.False((await VerifyAsync(log)).Holds, $"{path} cut");
            log.Files[path] = [.. whole, 0];
            Assert.False((await VerifyAsync(log)).Holds, $"{path} longer");
            log.Files.Remove(path);
            Assert.False((await VerifyAsync(log)).Holds, $"{path} removed");
            log.Files[path] = whole;
        }

        Assert.True(tried > 3000, $"{tried} bytes were tried.");
        Assert.True((await VerifyAsync(log)).Holds);
    }

    [Fact]
    public async Task Finds_a_past_that_was_written_anew()
    {
        var log = LogFolder.Of(400);
        var older = log.Sign(200, log.RootAt(200));
        log.Grow(700, LogFolder.EntryOf);
        Assert.Contains("begins with the 200 entries", string.Join(' ', (await VerifyAsync(log, older: older)).Findings.Select(finding => finding.Text)), StringComparison.Ordinal);

        // The operator changes one entry, and signs the whole log anew.
        var rewritten = LogFolder.Of(700, index => index == 17 ? "nothing happened" : LogFolder.EntryOf(index));
        rewritten.Files["checkpoint"] = log.Sign(700, rewritten.RootAt(700)).ToBytes();
        var verifier = new LogVerifier(log.Key.Verifier, null, older);
        Assert.Contains("its past was changed", Wrong(await verifier.VerifyLogAsync(rewritten.FileAsync, Now)), StringComparison.Ordinal);
        Assert.Empty(Wrong(await new LogVerifier(log.Key.Verifier, null, null).VerifyLogAsync(rewritten.FileAsync, Now)));

        // Or cuts it back.
        var cut = LogFolder.Of(150);
        cut.Files["checkpoint"] = log.Sign(150, cut.RootAt(150)).ToBytes();
        Assert.Contains("entries were removed", Wrong(await verifier.VerifyLogAsync(cut.FileAsync, Now)), StringComparison.Ordinal);
        // An older checkpoint of somebody else says nothing.
        Assert.Contains("not one of this log", Wrong(await VerifyAsync(log, older: cut.Sign(100, cut.RootAt(100)))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_for_the_witnesses_of_a_policy()
    {
        var log = LogFolder.Of(10);
        var stranger = SignerKey.Generate("witness.example/s", SignatureType.CosignatureV1);
        WitnessPolicy Policy(string rest) => WitnessPolicy.TryParse(
            $"log {log.Key.Verifier}\nwitness w {log.Witness.Verifier}\nwitness s {stranger.Verifier}\n{rest}\n", out var policy, out var fault)
            ? policy! : throw new ArgumentException(fault, nameof(rest));

        var one = await VerifyAsync(log, Policy("group g any w s\nquorum g"));
        Assert.True(one.Holds);
        Assert.Contains("w at 2026-11-20 12:00:00 UTC", string.Join(' ', one.Findings.Select(finding => finding.Text)), StringComparison.Ordinal);
        Assert.Contains("Fewer witnesses", Wrong(await VerifyAsync(log, Policy("group g all w s\nquorum g"))), StringComparison.Ordinal);
        var alone = log.Sign(10, log.RootAt(10));
        log.Files["checkpoint"] = (alone with { Signatures = [alone.Signatures[0]] }).ToBytes();
        Assert.Contains("None of the policy's witnesses", Wrong(await VerifyAsync(log, Policy("quorum w"))), StringComparison.Ordinal);
        Assert.Contains("no witnesses were asked for", string.Join(' ', (await VerifyAsync(log, Policy("quorum none"))).Findings.Select(finding => finding.Text)), StringComparison.Ordinal);
        Assert.True(WitnessPolicy.TryParse($"log {LogFolder.Of(1).Key.Verifier}\nwitness w {log.Witness.Verifier}\nquorum w", out var others, out _));
        Assert.Contains("does not trust", Wrong(await VerifyAsync(log, others)), StringComparison.Ordinal);
        Assert.True(WitnessPolicy.TryParse($"log {LogFolder.Of(1).Key.Verifier}\nquorum none", out others, out _));
        Assert.Contains("does not trust", Wrong(await VerifyAsync(log, others)), StringComparison.Ordinal);

        // A witness's signature that is not its own spoils the checkpoint, whoever else signed.
        var forged = stranger.Sign(alone.Text, DateTimeOffset.UnixEpoch);
        forged.Bytes[^1] ^= 1;
        log.Files["checkpoint"] = log.Sign(10, log.RootAt(10)).With([forged]).ToBytes();
        Assert.Contains("not that witness's", Wrong(await VerifyAsync(log, Policy("group g any w s\nquorum g"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    [InlineData(66_100)]
    public async Task Computes_a_log_that_shows_hashes_alone(int size)
    {
        var log = LogFolder.Of(size);
        var older = log.Sign(size / 2, log.RootAt(size / 2));

        var report = await new LogVerifier(log.Key.Verifier, null, older).VerifyLogAsync(Withholding(log, _ => true), Now);

        Assert.True(report.Holds, Wrong(report));
        Assert.Contains(report.Findings, finding => finding.Outcome == Outcome.Proven && finding.Text.Contains($"begins with the {size / 2} entries", StringComparison.Ordinal));
        Assert.Equal(size > 0, report.Findings.Any(finding => finding.Outcome == Outcome.NotProven && finding.Text.Contains("they were not read", StringComparison.Ordinal)));
        Assert.DoesNotContain(report.Findings, finding => size > 0 && finding.Text.StartsWith("All", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Finds_any_hash_that_was_changed_where_entries_are_withheld()
    {
        var log = LogFolder.Of(300);
        foreach (var path in TileId.AllOf(300).Where(tile => tile.Level >= 0).Select(tile => tile.Path))
        {
            var whole = log.Files[path];
            for (var i = 0; i < whole.Length; i += 5)
            {
                log.Files[path] = [.. whole];
                log.Files[path][i] ^= (byte)(1 << i % 8);
                Assert.False((await new LogVerifier(log.Key.Verifier, null, null).VerifyLogAsync(Withholding(log, _ => true), Now)).Holds, $"{path}, byte {i}");
            }

            log.Files.Remove(path);
            Assert.False((await new LogVerifier(log.Key.Verifier, null, null).VerifyLogAsync(log.FileAsync, hashesOnly: true, Now)).Holds, $"{path} removed");
            log.Files[path] = whole;
        }

        // Whoever shows the first entries and not the later ones hides something.
        var some = await new LogVerifier(log.Key.Verifier, null, null).VerifyLogAsync(Withholding(log, path => path.Contains("001", StringComparison.Ordinal)), Now);
        Assert.Contains("is withheld, although others are shown", Wrong(some), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Believes_any_of_the_keys_of_a_log_while_they_are_changed()
    {
        var log = LogFolder.Of(10);
        var next = SignerKey.Generate(LogFolder.Origin, SignatureType.Ed25519);

        Assert.True((await new LogVerifier([next.Verifier, log.Key.Verifier], null, null).VerifyLogAsync(log.FileAsync, Now)).Holds);
        Assert.False((await new LogVerifier([next.Verifier], null, null).VerifyLogAsync(log.FileAsync, Now)).Holds);
        // A known key's signature that is not its own spoils the checkpoint, although the other is right.
        var note = log.Sign(10, log.RootAt(10));
        var forged = next.Sign(note.Text, DateTimeOffset.UnixEpoch);
        forged.Bytes[^1] ^= 1;
        log.Files["checkpoint"] = note.With([forged]).ToBytes();
        Assert.False((await new LogVerifier([next.Verifier, log.Key.Verifier], null, null).VerifyLogAsync(log.FileAsync, Now)).Holds);
        Assert.True((await new LogVerifier([log.Key.Verifier], null, null).VerifyLogAsync(log.FileAsync, Now)).Holds);
    }

    private static LogFile Withholding(LogFolder log, Func<string, bool> isWithheld) => (path, cancellation) =>
        path.StartsWith("tile/entries/", StringComparison.Ordinal) && isWithheld(path) ? throw new EntriesWithheldException() : log.FileAsync(path, cancellation);

    [Fact]
    public void Proves_one_entry_by_a_file()
    {
        var log = LogFolder.Of(700);
        var verifier = new LogVerifier(log.Key.Verifier, null, null);
        var file = log.ProofOf(513).ToBytes();

        Assert.True(verifier.VerifyProof(file, null).Holds);
        Assert.True(verifier.VerifyProof(file, "entry 513"u8.ToArray()).Holds);
        Assert.Contains("one of the two was changed", Wrong(verifier.VerifyProof(file, "entry 514"u8.ToArray())), StringComparison.Ordinal);
        Assert.Contains("not a proof", Wrong(verifier.VerifyProof("something else"u8, null)), StringComparison.Ordinal);
        Assert.Contains("not signed with the key", Wrong(new LogVerifier(LogFolder.Of(1).Key.Verifier, null, null).VerifyProof(file, null)), StringComparison.Ordinal);
        var without = verifier.VerifyProof((log.ProofOf(513) with { Extra = null }).ToBytes(), null);
        Assert.Contains("proves nothing", Wrong(without), StringComparison.Ordinal);
        Assert.Contains("byte for byte: entry 513", string.Join(' ', verifier.VerifyProof(file, null).Findings.Select(finding => finding.Text)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_a_command_of_the_program()
    {
        using var folder = new TemporaryFolder();
        var log = LogFolder.Of(300);
        await log.WriteAsync(folder.Path, Now);
        var proof = Path.Combine(folder.Path, "513.tlog-proof");
        await File.WriteAllBytesAsync(proof, log.ProofOf(250).ToBytes(), Now);
        var older = Path.Combine(folder.Path, "older");
        await File.WriteAllBytesAsync(older, log.Sign(100, log.RootAt(100)).ToBytes(), Now);
        var key = log.Key.Verifier.ToString();

        var whole = await Operations.StoaProgram.RunAsync("verify", folder.Path, "--key", key, "--older", older);
        Assert.Equal(0, whole.ExitCode);
        Assert.Contains("proven      All 300 entries are there", whole.Output, StringComparison.Ordinal);
        Assert.Contains("begins with the 100 entries", whole.Output, StringComparison.Ordinal);
        Assert.EndsWith("Nothing is wrong.", whole.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(0, (await Operations.StoaProgram.RunAsync("verify", proof, "--key", key)).ExitCode);
        var hashes = await Operations.StoaProgram.RunAsync("verify", folder.Path, "--key", key, "--hashes-only");
        Assert.Equal(0, hashes.ExitCode);
        Assert.Contains("not proven  What the entries say: they were not read", hashes.Output, StringComparison.Ordinal);

        var bundle = Path.Combine(folder.Path, "tile", "entries", "000");
        var bytes = await File.ReadAllBytesAsync(bundle, Now);
        bytes[10] ^= 1;
        await File.WriteAllBytesAsync(bundle, bytes, Now);
        var changed = await Operations.StoaProgram.RunAsync("verify", folder.Path, "--key", key);
        Assert.Equal(4, changed.ExitCode);
        Assert.Contains("WRONG", changed.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await Operations.StoaProgram.RunAsync("verify", folder.Path, "--key", "nothing")).ExitCode);
        Assert.Equal(2, (await Operations.StoaProgram.RunAsync("verify", Path.Combine(folder.Path, "nowhere"), "--key", key)).ExitCode);
        Assert.Equal(1, (await Operations.StoaProgram.RunAsync("verify", "http://127.0.0.1:9/log/audit", "--key", key)).ExitCode);
    }

    [Fact]
    public async Task Asks_a_busy_server_again()
    {
        var log = LogFolder.Of(300);
        var busy = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        await using var server = await OtherServer.StartAsync(async (context, _) =>
        {
            var path = context.Request.Path.Value![1..];
            var asked = busy.AddOrUpdate(path, 1, (_, times) => times + 1);
            if (asked <= 2)
            {
                context.Response.StatusCode = asked == 1 ? 429 : 503;
                context.Response.Headers.RetryAfter = "0";
            }
            else if (log.Files.TryGetValue(path, out var bytes)) await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
            else context.Response.StatusCode = 404;
        });
        await using var always = await OtherServer.StartAsync((context, _) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = DateTimeOffset.UtcNow.AddHours(-1).ToString("R");
            return Task.CompletedTask;
        });

        var (exit, output, errors) = await Operations.StoaProgram.RunAsync("verify", server.Address.ToString(), "--key", log.Key.Verifier.ToString());
        Assert.True(exit == 0, output + errors);
        Assert.Contains("All 300 entries are there", output, StringComparison.Ordinal);
        Assert.All(busy.Values, times => Assert.True(times >= 3));
        Assert.Equal(1, (await Operations.StoaProgram.RunAsync("verify", always.Address.ToString(), "--key", log.Key.Verifier.ToString())).ExitCode);
    }
}
