using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Stoa.Ledger.Evidence;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>The zip in which proof leaves the city: written without blocking, read without trust.</summary>
public class Evidence_packs
{
    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Holds_the_files_and_what_each_is_to_prove()
    {
        var sample = new PackSample();
        var pack = await sample.PackAsync(Now);

        using var files = EvidenceZip.Of(new MemoryStream(pack));

        Assert.Equal(
            [
                "agreement.txt", "proofs/audit-12.tlog-proof", "proofs/audit-200.tlog-proof", "decision.json", "proofs/audit-20.tlog-proof", "observations.jsonl",
                "observations.proofs", "proofs/audit-30.tlog-proof", "proofs/audit-31.tlog-proof", "record.json", "decisions.jsonl", "decisions.proofs",
                "proofs/audit-32.tlog-proof", "decided.json", "proofs/audit-100-300.consistency", "evidence.json", "README.txt", "verify.html",
            ], files.Names);
        Assert.Equal(sample.AgreementText, await files.ReadAsync("agreement.txt", 1000, Now));
        var bytes = await files.ReadAsync(EvidencePack.ManifestName, EvidencePack.ManifestBytesMax, Now);
        Assert.True(EvidenceManifest.TryParse(bytes, out var manifest, out _));
        Assert.Equal(bytes, manifest!.ToBytes());
        Assert.Equal(
            [
                typeof(DigestItem), typeof(EntryItem), typeof(EntryItem), typeof(CommitmentItem), typeof(MembersItem), typeof(DetailItem), typeof(MembersItem),
                typeof(DetailItem),
            ],
            manifest.Items.Select(item => item.GetType()));
        Assert.Equal(sample.Log.Key.Verifier.ToString(), Assert.Single(manifest.Keys));
        var lines = Encoding.ASCII.GetString((await files.ReadAsync("observations.proofs", 100_000, Now))!).Split('\n');
        Assert.Equal(10 + 3 + 1, lines.Length);
        Assert.True(MemberProof.TryParse(Encoding.ASCII.GetBytes(lines[10]), out var proof));
        Assert.Equal(("proofs/audit-31.tlog-proof", 2, 3), (proof!.Proof, proof.Index, proof.Hashes.Length));
        Assert.Contains(manifest.Keys[0], Encoding.UTF8.GetString((await files.ReadAsync(EvidencePack.ReadmeName, 100_000, Now))!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_written_to_a_stream_that_only_takes_what_does_not_block()
    {
        using var bytes = new MemoryStream();
        await new PackSample().PackAsync(Now, new CountingStream(bytes, 1_000_000));

        using var files = EvidenceZip.Of(new MemoryStream(bytes.ToArray()));

        Assert.Equal(18, files.Names.Count);
    }

    [Fact]
    public async Task Is_read_by_other_programs()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "pack.zip");
        await File.WriteAllBytesAsync(file, await new PackSample().PackAsync(Now), Now);

        using var python = Process.Start(new ProcessStartInfo("python3", ["-m", "zipfile", "-e", file, Path.Combine(folder.Path, "out")]))!;
        await python.WaitForExitAsync(Now);

        Assert.Equal(0, python.ExitCode);
        using var files = EvidenceFiles.Open(Path.Combine(folder.Path, "out"));
        Assert.Equal(18, files.Names.Count);
        Assert.Equal(PackSample.Unpack(await File.ReadAllBytesAsync(file, Now))["README.txt"], await files.ReadAsync("README.txt", 100_000, Now));
        // And what other programs pack is read here.
        using var again = Process.Start(new ProcessStartInfo("python3", ["-m", "zipfile", "-c", "again.zip", .. Directory.GetFileSystemEntries(Path.Combine(folder.Path, "out"))])
            { WorkingDirectory = folder.Path })!;
        await again.WaitForExitAsync(Now);
        using var others = EvidenceFiles.Open(Path.Combine(folder.Path, "again.zip"));
        Assert.Equal(files.Names.Order(StringComparer.Ordinal), others.Names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Is_no_larger_than_its_limits()
    {
        var sample = new PackSample();
        var salt = new byte[Stoa.Ledger.Events.Commitment.SaltLength];
        await using var pack = await EvidencePackWriter.BeginAsync(Stream.Null, "", DateTimeOffset.UnixEpoch, Now);

        await pack.AddCommitmentAsync("", "most.json", new byte[EvidencePack.CommittedBytesMax], salt, sample.ProofOf(20), Now);
        await Assert.ThrowsAsync<EvidenceLimitException>(() => pack.AddCommitmentAsync("", "more.json", new byte[EvidencePack.CommittedBytesMax + 1], salt, sample.ProofOf(20), Now));
        await Assert.ThrowsAsync<EvidenceLimitException>(() => pack.AddMembersAsync("", "long.jsonl", LineOf(EvidencePack.LineBytesMax + 1), Now));
        await pack.AddMembersAsync("", "longest.jsonl", LineOf(EvidencePack.LineBytesMax), Now);
        await Assert.ThrowsAsync<ArgumentException>(() => pack.AddDigestAsync("", "../evil", Stream.Null, sample.ProofOf(12), Now));
        await Assert.ThrowsAsync<ArgumentException>(() => pack.AddDigestAsync("", "MOST.json", Stream.Null, sample.ProofOf(12), Now));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => pack.AddEntryAsync(new string('x', EvidencePack.TitleLengthMax + 1), sample.ProofOf(12), Now));
        using var counting = new MemoryStream();
        await using var stream = new CountingStream(counting, 10);
        await stream.WriteAsync(new byte[10], Now);
        await Assert.ThrowsAsync<EvidenceLimitException>(async () => await stream.WriteAsync(new byte[1], Now));

        async IAsyncEnumerable<EvidenceMember> LineOf(int length)
        {
            await Task.CompletedTask;
            yield return new(new byte[length], sample.ProofOf(30), 0, []);
        }
    }

    [Theory]
    [InlineData("../evil.sh")]
    [InlineData("/etc/passwd")]
    [InlineData("C:\\evil")]
    [InlineData("a/./b")]
    [InlineData("a//b")]
    [InlineData(".hidden")]
    [InlineData("name with blank")]
    [InlineData("ümlaut")]
    [InlineData("nul.")]
    public void Refuses_names_that_lead_elsewhere(string name)
    {
        var pack = PackSample.Zip([new("evidence.json", []), new(name, [1])]);

        Assert.Contains("no file may be called", Assert.Throws<InvalidDataException>(() => EvidenceZip.Of(new MemoryStream(pack))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_what_programs_would_read_differently()
    {
        var twice = PackSample.Zip([new("file.txt", [1]), new("FILE.txt", [2])]);
        Assert.Contains("two files", Refusal(twice), StringComparison.Ordinal);
        var same = PackSample.Zip([new("file.txt", [1]), new("file.txt", [2])]);
        Assert.Contains("two files", Refusal(same), StringComparison.Ordinal);

        var pack = PackSample.Zip([new("file.txt", "one"u8.ToArray()), new("next.txt", "two"u8.ToArray())]);
        byte[] renamed = [.. pack];
        renamed[30] ^= 2;
        Assert.Contains("two things", Refusal(renamed), StringComparison.Ordinal);
        // Something before the first file, between two, or after the directory.
        Assert.NotEmpty(Refusal([1, 2, 3, .. pack]));
        Assert.NotEmpty(Refusal([.. pack, 0]));
        Assert.NotEmpty(Refusal(pack[..^1]));
        Assert.NotEmpty(Refusal(pack[1..]));
        Assert.NotEmpty(Refusal([]));
        Assert.NotEmpty(Refusal("PK"u8.ToArray()));

        // A file that unpacks to more than it says, and one that is more than a pack may have.
        var bomb = PackSample.Zip([new("file.txt", new byte[1_000_000])]);
        SetLengths(bomb, 10);
        using (var files = EvidenceZip.Of(new MemoryStream(bomb)))
            await Assert.ThrowsAsync<InvalidDataException>(() => files.ReadAsync("file.txt", 1000, Now));
        SetLengths(bomb, (uint)EvidencePack.FileBytesMax);
        Assert.Null(Record.Exception(() => EvidenceZip.Of(new MemoryStream(bomb))));
        SetLengths(bomb, (uint)EvidencePack.FileBytesMax + 1);
        Assert.Contains("more bytes", Refusal(bomb), StringComparison.Ordinal);
        Assert.Null(Record.Exception(() => EvidenceZip.Of(new MemoryStream(PackSample.Zip(Numbered(EvidencePack.FilesMax))))));
        Assert.Contains("more than 4096 files", Refusal(PackSample.Zip(Numbered(EvidencePack.FilesMax + 1))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Never_gives_other_files_when_a_byte_of_the_zip_was_changed()
    {
        var pack = await new PackSample().PackAsync(Now);
        var whole = PackSample.Unpack(pack);
        var (tried, refused) = (0, 0);

        for (var i = 0; i < pack.Length; i += 3)
        {
            byte[] changed = [.. pack];
            changed[i] ^= (byte)(1 << i % 8);
            tried++;
            try
            {
                using var files = EvidenceZip.Of(new MemoryStream(changed));
                Assert.Equal(whole.Count, files.Names.Count);
                foreach (var name in files.Names) Assert.Equal(whole[name], await files.ReadAsync(name, 1_000_000, Now));
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.True(refused > tried / 2, $"{refused} of {tried}");
    }

    [Theory]
    [InlineData("""{"format":"stoa-evidence/v2","made":"2026-11-21T03:00:00Z","about":"","keys":[],"items":[],"consistency":[]}""", "of the format")]
    [InlineData("""{"format":"stoa-evidence/v1","made":"yesterday","about":"","keys":[],"items":[],"consistency":[]}""", "a time that is none")]
    [InlineData("""{"format":"stoa-evidence/v1","made":"2026-11-21T03:00:00Z","about":"","keys":["x"],"items":[],"consistency":[]}""", "a key that is none")]
    [InlineData("""{"format":"stoa-evidence/v1","made":"2026-11-21T03:00:00Z","about":"","keys":[],"items":[{"kind":"oath","title":""}],"consistency":[]}""", "of the kind 'oath'")]
    [InlineData("""{"format":"stoa-evidence/v1","made":"2026-11-21T03:00:00Z","about":"","keys":[],"items":[{"kind":"entry","title":"","proof":"../a"}],"consistency":[]}""", "no file may be called")]
    [InlineData("""{"format":"stoa-evidence/v1","made":"2026-11-21T03:00:00Z","about":"","keys":[],"items":[{"kind":"entry","title":"","proof":"a","x":1}],"consistency":[]}""", "a member 'x'")]
    [InlineData("""{"format":"stoa-evidence/v1","made":"2026-11-21T03:00:00Z","about":"","keys":[],"items":[],"consistency":[{"log":"l","from":2,"to":1,"file":"f"}]}""", "a smaller size")]
    [InlineData("""{"format":"stoa-evidence/v1","made":"2026-11-21T03:00:00Z","about":"","keys":[],"items":[],"items":[],"consistency":[]}""", "not JSON")]
    [InlineData("""{"format":"stoa-evidence/v1","made":"2026-11-21T03:00:00Z","about":"\ud800","keys":[],"items":[],"consistency":[]}""", "no Unicode")]
    [InlineData("""[]""", "an object")]
    [InlineData("""{""", "not JSON")]
    public void Says_only_what_its_format_has(string json, string fault)
    {
        Assert.False(EvidenceManifest.TryParse(Encoding.UTF8.GetBytes(json), out _, out var said));
        Assert.Contains(fault, said, StringComparison.Ordinal);
    }

    private static string Refusal(byte[] pack) => Assert.Throws<InvalidDataException>(() => EvidenceZip.Of(new MemoryStream(pack))).Message;

    private static IEnumerable<KeyValuePair<string, byte[]>> Numbered(int count) => Enumerable.Range(0, count).Select(i => KeyValuePair.Create($"file-{i}", Array.Empty<byte>()));

    // The unpacked length, in both places of the first file.
    private static void SetLengths(byte[] pack, uint length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(pack.AsSpan(22), length);
        var directory = (int)BinaryPrimitives.ReadUInt32LittleEndian(pack.AsSpan(pack.Length - 6));
        BinaryPrimitives.WriteUInt32LittleEndian(pack.AsSpan(directory + 24), length);
    }
}
