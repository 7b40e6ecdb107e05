using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Verification;
using Stoa.Ledger.Writing;
using Stoa.Tests.Operations;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>What a stranger with the public key and an old checkpoint finds out about a running exchange, and about a pack when it is gone.</summary>
public sealed class Verifying_an_exchange
{
    private static readonly byte[] Report = Encoding.UTF8.GetBytes("id;level\n1;2.50\n2;2.75\n");

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Over_the_network_and_by_a_pack()
    {
        using var folder = new TemporaryFolder();
        var (older, keys, pack) = (Path.Combine(folder.Path, "older"), Path.Combine(folder.Path, "keys"), Path.Combine(folder.Path, "pack.zip"));
        await using (var stoa = await Exchange.StartAsync())
        {
            // A checkpoint that somebody keeps, and what comes after.
            await AppendAsync(stoa, LogName.Audit, 40);
            var kept = await stoa.Http.GetByteArrayAsync("/log/audit/checkpoint", Now);
            await File.WriteAllBytesAsync(older, kept, Now);
            await File.WriteAllBytesAsync(keys, await stoa.Http.GetByteArrayAsync("/log/audit/vkey", Now), Now);
            var index = await AppendAsync(stoa, LogName.Audit, 300);

            // Entries of audit are not for everybody: the hashes are.
            var audit = await StoaProgram.RunAsync("verify", $"{stoa.Address}log/audit", "--key", keys, "--older", older);
            Assert.Equal(0, audit.ExitCode);
            Assert.Contains("proven      The hashes of all", audit.Output, StringComparison.Ordinal);
            Assert.Contains("not proven  What the entries say: they were not read", audit.Output, StringComparison.Ordinal);
            Assert.Contains("entries of the older checkpoint: none of them was changed", audit.Output, StringComparison.Ordinal);

            // Those of a public log are read.
            await AppendAsync(stoa, LogName.Catalog, 10);
            var key = (await stoa.Http.GetStringAsync("/log/catalog/vkey", Now)).Trim();
            var catalog = await StoaProgram.RunAsync("verify", $"{stoa.Address}log/catalog", "--key", key);
            Assert.Equal(0, catalog.ExitCode);
            Assert.Contains("proven      All", catalog.Output, StringComparison.Ordinal);

            await File.WriteAllBytesAsync(pack, await PackAsync(stoa, index, SizeOf(kept)), Now);
        }

        // The exchange is gone.
        var whole = await StoaProgram.RunAsync("verify", pack, "--key", keys, "--older", older);
        Assert.Equal(0, whole.ExitCode);
        Assert.Contains("proven      levels.csv is the file whose digest", whole.Output, StringComparison.Ordinal);
        Assert.Contains("entries of the older checkpoint: none of them was changed", whole.Output, StringComparison.Ordinal);
        Assert.Contains("proven      verify.html is the page", whole.Output, StringComparison.Ordinal);

        var files = PackSample.Unpack(await File.ReadAllBytesAsync(pack, Now));
        files["levels.csv"] = Encoding.UTF8.GetBytes("id;level\n1;2.50\n2;2.76\n");
        await File.WriteAllBytesAsync(pack, PackSample.Zip(files), Now);
        var changed = await StoaProgram.RunAsync("verify", pack, "--key", keys, "--older", older);
        Assert.Equal(4, changed.ExitCode);
        Assert.Contains("WRONG       levels.csv is not the file", changed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_proofs_of_a_pack_stand_under_one_checkpoint_while_the_log_grows()
    {
        await using var stoa = await Exchange.StartAsync();
        var first = await AppendAsync(stoa, LogName.Registry, 20);
        var reader = stoa.Services.GetRequiredService<LogReader>();
        var log = await EvidenceLog.NowAsync(reader, LogName.Registry, Now);
        using var bytes = new MemoryStream();

        await using (var pack = await EvidencePackWriter.BeginAsync(bytes, "Three entries", DateTimeOffset.UnixEpoch, Now))
        {
            for (var i = 0; i < 3; i++)
            {
                await pack.AddEntryAsync("Entry", (await log!.ProofAsync(first + i, Now))!, Now);
                await AppendAsync(stoa, LogName.Registry, 5);
            }

            Assert.Null(await log!.ProofAsync(log.Size, Now));
            Assert.True(await log.AddToAsync(pack, 7, Now));
            Assert.False(await log.AddToAsync(pack, log.Size + 1, Now));
            await pack.EndAsync(Now);
        }

        using var files = EvidenceZip.Of(new MemoryStream(bytes.ToArray()));
        var report = await new PackVerifier(await reader.KeysAsync(LogName.Registry, Now), null, null).VerifyFilesAsync(files, Now);
        Assert.True(report.Holds, string.Join('\n', report.Findings));
        Assert.Single(report.Findings, finding => finding.Text.Contains("signed that it holds", StringComparison.Ordinal));
    }

    private static long SizeOf(byte[] note) =>
        SignedNote.TryParse(note, out var read) && Checkpoint.TryParse(read!.Text, out var checkpoint) ? checkpoint!.Size : throw new InvalidOperationException("No checkpoint.");

    private static async Task<byte[]> PackAsync(Exchange stoa, long index, long older)
    {
        var log = await EvidenceLog.NowAsync(stoa.Services.GetRequiredService<LogReader>(), LogName.Audit, Now);
        using var bytes = new MemoryStream();
        await using (var pack = await EvidencePackWriter.BeginAsync(bytes, "The levels of the river", DateTimeOffset.UnixEpoch, Now))
        {
            await pack.AddDigestAsync("The file", "levels.csv", new MemoryStream(Report), (await log!.ProofAsync(index, Now))!, Now);
            Assert.True(await log.AddToAsync(pack, older, Now));
            await pack.EndAsync(Now);
        }

        return bytes.ToArray();
    }

    // Returns the index of the first.
    private static async Task<long> AppendAsync(Exchange stoa, LogName log, int count)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(Report));
        var first = await stoa.Database.WriteAsync(session =>
        {
            var index = -1L;
            for (var i = 0; i < count; i++)
            {
                var at = LogEntries.Append(session, log, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
                    $$"""{"digest":"sha256:{{digest}}","n":{{i}},"type":"test","v":1}""")), new("test"));
                if (index < 0) index = at;
            }

            return index;
        }, Now);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Now);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        await stoa.Services.GetRequiredService<LogPublisher>().WhenPublishedAsync(log, first + count - 1, patience.Token);
        return first;
    }
}
