using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Verification;
using Stoa.Ledger.Witnesses;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>What somebody with the public key, an old checkpoint and a pack finds out, without a network.</summary>
public class Verifying_a_pack
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static WitnessPolicy PolicyOf(PackSample sample) => WitnessPolicy.TryParse(
        $"log {sample.Log.Key.Verifier}\nwitness w {sample.Log.Witness.Verifier}\nquorum w\n", out var policy, out _) ? policy! : throw new InvalidOperationException();

    private static Task<VerificationReport> VerifyAsync(PackSample sample, Dictionary<string, byte[]> files, bool hasPolicy = true, SignedNote? older = null) =>
        new PackVerifier([sample.Log.Key.Verifier], hasPolicy ? PolicyOf(sample) : null, older).VerifyFilesAsync(new MemoryFiles(files), Now);

    private static string Said(VerificationReport report, Outcome outcome) =>
        string.Join('\n', report.Findings.Where(finding => finding.Outcome == outcome).Select(finding => finding.Text));

    [Fact]
    public async Task Says_what_is_proven_and_what_is_not()
    {
        var sample = new PackSample();

        var report = await VerifyAsync(sample, await sample.FilesAsync(Now), older: sample.Older);

        Assert.Equal("", Said(report, Outcome.Wrong));
        Assert.Equal(
            $"""
            city.example/log/audit signed that it holds 300 entries with the root {sample.Log.RootAt(300)}.
            As many witnesses as the policy asks for saw the log so, and saw it only grow: w at 2026-11-20 12:00:00 UTC.
            This is entry 12 of city.example/log/audit, byte for byte: {sample.EntryOf(12)}
            agreement.txt is the file whose digest entry 12 of city.example/log/audit holds, byte for byte.
            This is entry 200 of city.example/log/audit, byte for byte: {sample.EntryOf(200)}
            This is entry 20 of city.example/log/audit, byte for byte: {sample.EntryOf(20)}
            decision.json is what entry 20 of city.example/log/audit holds a commitment to, byte for byte.
            Each of the 13 lines of observations.jsonl is a record that was sealed in the log, byte for byte, and none stands there twice.
            10 of them are all records that entry 30 of city.example/log/audit sealed: {sample.EntryOf(30)}
            The one line of decisions.jsonl is a record that was sealed in the log, byte for byte.
            record.json is the file whose digest stands in observations.jsonl, line 11, as 'common', byte for byte.
            decided.json is the file whose digest stands in decisions.jsonl, line 1, as 'sha256', byte for byte.
            The log begins with the 100 entries of the older checkpoint: none of them was changed, removed or put elsewhere.
            verify.html is the page that this version of Stoa makes of this pack.
            """, Said(report, Outcome.Proven));
        Assert.Equal(
            $"""
            3 of them are some of the 7 records that entry 31 of city.example/log/audit sealed; what the others say is not in observations.jsonl: {sample.EntryOf(31)}
            It is one of the 3 records that entry 32 of city.example/log/audit sealed; what the others say is not in decisions.jsonl: {sample.EntryOf(32)}
            What the pack says that it is about, 'The agreement on the river's levels', and its titles: nobody signs them.
            That nothing was left out: a pack holds what somebody chose to put in.
            That what an entry says is true: the log shows what was recorded and when it was there, not that it was right.
            """, Said(report, Outcome.NotProven));
    }

    [Fact]
    public async Task Finds_any_byte_that_was_changed_in_a_file_that_matters()
    {
        var sample = new PackSample();
        var files = await sample.FilesAsync(Now);
        files.Remove(EvidencePack.PageName);
        var proven = Said(await VerifyAsync(sample, files, older: sample.Older), Outcome.Proven);
        Assert.True(EvidenceManifest.TryParse(files[EvidencePack.ManifestName], out var manifest, out _));
        var (tried, harmless) = (0, 0);

        foreach (var name in files.Keys.Where(name => name is not (EvidencePack.ReadmeName or EvidencePack.PageName)).ToList())
        {
            var whole = files[name];
            for (var i = 0; i < whole.Length; i += whole.Length < 800 || name == EvidencePack.ManifestName ? 1 : 3)
            {
                files[name] = [.. whole];
                files[name][i] ^= (byte)(1 << i % 8);
                var report = await VerifyAsync(sample, files, older: sample.Older);
                tried++;
                if (!report.Holds) continue;
                // What is for people alone may be another text; what is computed is not, or is not there.
                Assert.True(name == EvidencePack.ManifestName, $"{name}, byte {i}");
                Assert.True(EvidenceManifest.TryParse(files[name], out var changed, out _));
                Assert.True(Said(report, Outcome.Proven) == proven
                    ? NameOnly(changed!) == NameOnly(manifest!)
                    : Said(report, Outcome.NotProven).Contains("the pack brings no proof from 100 to 300 entries", StringComparison.Ordinal), $"{name}, byte {i}");
                harmless++;
            }

            foreach (var cut in (byte[][])[whole[..^1], [.. whole, 0], [.. whole, (byte)'\n'], whole[1..], []])
            {
                files[name] = cut;
                var report = await VerifyAsync(sample, files, older: sample.Older);
                // Another newline at the end of JSON says nothing.
                Assert.False(report.Holds && !(name == EvidencePack.ManifestName && cut.Length > 0 && Math.Abs(cut.Length - whole.Length) == 1), $"{name} of {cut.Length} bytes");
            }

            files[name] = whole;
        }

        Assert.True(tried > 3000 && harmless < 500, $"{tried} bytes were tried, {harmless} are for people alone.");
        Assert.True((await VerifyAsync(sample, files, older: sample.Older)).Holds);
    }

    [Fact]
    public async Task Finds_files_that_were_exchanged_or_removed()
    {
        var sample = new PackSample();
        var files = await sample.FilesAsync(Now);
        var names = files.Keys.Where(name => name is not (EvidencePack.ReadmeName or EvidencePack.PageName)).ToList();

        foreach (var one in names)
        {
            foreach (var other in names.Where(other => other != one))
            {
                var exchanged = new Dictionary<string, byte[]>(files) { [one] = files[other], [other] = files[one] };
                Assert.False((await VerifyAsync(sample, exchanged, older: sample.Older)).Holds, $"{one} for {other}");
            }

            var removed = files.Where(file => file.Key != one).ToDictionary();
            Assert.False((await VerifyAsync(sample, removed, older: sample.Older)).Holds, $"{one} removed");
        }
    }

    [Fact]
    public async Task Says_of_what_was_left_out_that_it_is_not_proven()
    {
        var sample = new PackSample();
        var files = await sample.FilesAsync(Now);
        Assert.True(EvidenceManifest.TryParse(files[EvidencePack.ManifestName], out var manifest, out _));

        files[EvidencePack.ManifestName] = (manifest! with { Items = [manifest.Items[2]] }).ToBytes();
        var report = await VerifyAsync(sample, files);

        Assert.True(report.Holds);
        Assert.Contains("agreement.txt: evidence.json does not speak of this file", Said(report, Outcome.NotProven), StringComparison.Ordinal);
        Assert.DoesNotContain("agreement.txt", Said(report, Outcome.Proven), StringComparison.Ordinal);
        files[EvidencePack.ManifestName] = (manifest with { Items = [] }).ToBytes();
        Assert.Contains("proves nothing", Said(await VerifyAsync(sample, files), Outcome.Wrong), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finds_lines_that_stand_there_twice_or_are_in_another_order()
    {
        var sample = new PackSample();
        var files = await sample.FilesAsync(Now);
        var (lines, proofs) = (Encoding.UTF8.GetString(files[PackSample.Values]).Split('\n'), Encoding.UTF8.GetString(files["observations.proofs"]).Split('\n'));

        files[PackSample.Values] = Bytes([lines[0], .. lines]);
        Assert.Contains("do not have as many lines", await WrongAsync(), StringComparison.Ordinal);
        files["observations.proofs"] = Bytes([proofs[0], .. proofs]);
        Assert.Contains("line 2, stands there twice", await WrongAsync(), StringComparison.Ordinal);
        (files[PackSample.Values], files["observations.proofs"]) = (Bytes([lines[1], lines[0], .. lines[2..]]), Bytes(proofs));
        Assert.Contains("line 1, is not what entry 30", await WrongAsync(), StringComparison.Ordinal);
        // Removing a line and its proof is leaving something out: it is told that the block has more.
        (files[PackSample.Values], files["observations.proofs"]) = (Bytes(lines[1..]), Bytes(proofs[1..]));
        var report = await VerifyAsync(sample, files);
        Assert.True(report.Holds);
        Assert.Contains("9 of them are some of the 10 records", Said(report, Outcome.NotProven), StringComparison.Ordinal);

        byte[] Bytes(string[] all) => Encoding.UTF8.GetBytes(string.Join('\n', all));
        async Task<string> WrongAsync() => Said(await VerifyAsync(sample, files), Outcome.Wrong);
    }

    [Fact]
    public async Task Finds_a_past_that_was_written_anew()
    {
        var (sample, other) = (new PackSample(), new PackSample(301));
        var files = await sample.FilesAsync(Now);

        // Another log, signed with the same key: only the older checkpoint tells.
        var forged = sample.Log.Sign(100, other.Log.RootAt(99));
        Assert.Contains("its past was changed", Said(await VerifyAsync(sample, files, older: forged), Outcome.Wrong), StringComparison.Ordinal);
        var same = sample.Log.Sign(300, other.Log.RootAt(299));
        Assert.Contains("signed two roots for 300 entries", Said(await VerifyAsync(sample, files, older: same), Outcome.Wrong), StringComparison.Ordinal);
        Assert.Contains("not one of this log", Said(await VerifyAsync(sample, files, older: other.Older), Outcome.Wrong), StringComparison.Ordinal);
        var between = sample.Log.Sign(50, sample.Log.RootAt(50));
        Assert.Contains("no proof from 50 to 300", Said(await VerifyAsync(sample, files, older: between), Outcome.NotProven), StringComparison.Ordinal);
        Assert.Contains("no older checkpoint was given", Said(await VerifyAsync(sample, files), Outcome.NotProven), StringComparison.Ordinal);
        Assert.Contains("not signed with the key", Said(await VerifyAsync(other, files), Outcome.Wrong), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Knows_the_page_and_the_text_for_people()
    {
        var sample = new PackSample();
        var files = await sample.FilesAsync(Now);
        foreach (var name in (string[])[EvidencePack.PageName, EvidencePack.ReadmeName])
        {
            var whole = files[name];
            files[name] = [.. whole];
            files[name][whole.Length / 2] ^= 1;
            var report = await VerifyAsync(sample, files);
            Assert.True(report.Holds);
            Assert.Contains($"{name} is not the", Said(report, Outcome.NotProven), StringComparison.Ordinal);
            files[name] = whole;
        }

        // The page is that of the files: with another file it is another page.
        files[PackSample.Agreement][0] ^= 1;
        Assert.Contains("Do not rely on what it shows", Said(await VerifyAsync(sample, files), Outcome.NotProven), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_a_command_of_the_program()
    {
        using var folder = new TemporaryFolder();
        var sample = new PackSample();
        var bytes = await sample.PackAsync(Now);
        var pack = await WriteAsync("pack.zip", bytes);
        var older = await WriteAsync("older", sample.Older.ToBytes());
        var keys = await WriteAsync("keys", Encoding.UTF8.GetBytes($"{LogFolder.Of(1).Key.Verifier}\n{sample.Log.Key.Verifier}\n"));
        var key = sample.Log.Key.Verifier.ToString();

        var whole = await Operations.StoaProgram.RunAsync("verify", pack, "--key", key, "--older", older);
        Assert.Equal(0, whole.ExitCode);
        Assert.Contains("proven      agreement.txt is the file whose digest", whole.Output, StringComparison.Ordinal);
        Assert.EndsWith("Nothing is wrong.", whole.Output.TrimEnd(), StringComparison.Ordinal);
        System.IO.Compression.ZipFile.ExtractToDirectory(pack, Path.Combine(folder.Path, "out"));
        Assert.Equal(0, (await Operations.StoaProgram.RunAsync("verify", Path.Combine(folder.Path, "out"), "--key", keys)).ExitCode);

        await File.AppendAllTextAsync(Path.Combine(folder.Path, "out", "agreement.txt"), " ", Now);
        var changed = await Operations.StoaProgram.RunAsync("verify", Path.Combine(folder.Path, "out"), "--key", key);
        Assert.Equal(4, changed.ExitCode);
        Assert.Contains("WRONG       agreement.txt is not the file", changed.Output, StringComparison.Ordinal);
        var cut = await Operations.StoaProgram.RunAsync("verify", await WriteAsync("cut.zip", bytes[..^30]), "--key", key);
        Assert.Equal(4, cut.ExitCode);
        Assert.Contains("The pack cannot be read", cut.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await Operations.StoaProgram.RunAsync("verify", pack, "--key", "nothing")).ExitCode);

        async Task<string> WriteAsync(string name, byte[] content)
        {
            var path = Path.Combine(folder.Path, name);
            await File.WriteAllBytesAsync(path, content, Now);
            return path;
        }
    }

    private static string NameOnly(EvidenceManifest manifest) => Encoding.UTF8.GetString(
        (manifest with { About = "", Made = default, Items = [.. manifest.Items.Select(item => item with { Title = "" })] }).ToBytes());
}
