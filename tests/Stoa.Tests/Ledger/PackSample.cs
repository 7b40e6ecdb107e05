using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Events;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Merkle;

namespace Stoa.Tests.Ledger;

/// <summary>A log in which an agreement, a decision and two blocks of measured values were recorded, and the pack that proves them.</summary>
internal sealed class PackSample
{
    public const string Agreement = "agreement.txt";
    public const string Decision = "decision.json";
    public const string Large = "large.bin";
    public const string Values = "observations.jsonl";
    public const string Record = "record.json";
    public const string Decided = "decided.json";
    public const string Decisions = "decisions.jsonl";

    private static readonly DateTimeOffset Made = new(2026, 11, 21, 3, 0, 0, TimeSpan.Zero);

    private readonly byte[] _salt = [.. Enumerable.Range(0, Commitment.SaltLength).Select(i => (byte)i)];
    private readonly string[][] _blocks = [[.. Lines(0, 10)], [.. Lines(10, 2), RecordLine, .. Lines(13, 4)]];

    private static readonly byte[] RecordText = """{"party":3,"route":"/datasets/river"}"""u8.ToArray();

    private static readonly byte[] DecidedText = """{"format":1,"outcome":"permit"}"""u8.ToArray();

    // The others of the batch are not in the pack.
    private static readonly string[] Kept = ["a", $$"""{"decision":"b","sha256":"{{Convert.ToHexStringLower(SHA256.HashData(DecidedText))}}"}""", "c"];

    private readonly byte[]? _large;

    /// <summary>A log, and a file of any size that is recorded in it.</summary>
    public PackSample(int size = 300, byte[]? large = null)
    {
        _large = large;
        Log = LogFolder.Of(size, EntryOf);
    }

    public LogFolder Log { get; }

    public byte[] AgreementText { get; } = Encoding.UTF8.GetBytes("The water works may read the levels of the river until 2027. Größe: 12 m\n");

    public byte[] DecisionText { get; } = """{"reason":"The terms of <the city> were accepted.","outcome":"permitted"}"""u8.ToArray();

    private static string RecordLine => $$"""{"common":"sha256:{{Convert.ToHexStringLower(SHA256.HashData(RecordText))}}","id":12}""";

    /// <summary>The checkpoint somebody kept when the log was smaller.</summary>
    public SignedNote Older => Log.Sign(100, Log.RootAt(100));

    public string EntryOf(int index) => index switch
    {
        12 => $$"""{"digest":"sha256:{{Convert.ToHexStringLower(SHA256.HashData(AgreementText))}}","time":"2026-11-20T02:10:00Z","type":"agreement.changed","v":1}""",
        13 when _large is not null => $$"""{"digest":"sha256:{{Convert.ToHexStringLower(SHA256.HashData(_large))}}","type":"test","v":1}""",
        20 => $$"""{"commit":"{{Commitment.Of(_salt, DecisionText)}}","type":"access-request.changed","v":1}""",
        30 => $$"""{"count":10,"root":"sha256:{{Convert.ToHexStringLower(RootOf(_blocks[0]).ToBytes())}}","type":"observations.sealed","v":1}""",
        31 => $$"""{"count":7,"digest":"sha256:{{Convert.ToHexStringLower(RootOf(_blocks[1]).ToBytes())}}","type":"exchange.batch","v":1}""",
        32 => $$"""{"count":3,"root":"sha256:{{Convert.ToHexStringLower(RootOf(Kept).ToBytes())}}","type":"decision.batch","v":1}""",
        _ => $$"""{"n":{{index}},"v":1}""",
    };

    public LogProof ProofOf(int index) => Log.ProofOf(index) with { Extra = Encoding.UTF8.GetBytes(EntryOf(index)) };

    /// <summary>The pack: whole first block, lines 2 to 4 of the second.</summary>
    public async Task<byte[]> PackAsync(CancellationToken cancellation, Stream? through = null)
    {
        using var bytes = new MemoryStream();
        await using (var pack = await EvidencePackWriter.BeginAsync(through ?? bytes, "The agreement on the river's levels", Made, cancellation))
        {
            pack.NameKey(Log.Key.Verifier);
            await pack.AddDigestAsync("The agreement", Agreement, new MemoryStream(AgreementText), ProofOf(12), cancellation);
            if (_large is not null) await pack.AddDigestAsync("A large file", Large, new MemoryStream(_large), ProofOf(13), cancellation);
            await pack.AddEntryAsync("That the agreement began", ProofOf(12), cancellation);
            await pack.AddEntryAsync("Another entry", ProofOf(200), cancellation);
            await pack.AddCommitmentAsync("The decision with its reasons", Decision, DecisionText, _salt, ProofOf(20), cancellation);
            await pack.AddMembersAsync("What the sensors measured", Values, MembersAsync(), cancellation);
            await pack.AddDetailAsync("Who read them", Record, RecordText, Values, "common", cancellation);
            await pack.AddMembersAsync("What was decided", Decisions, KeptAsync(), cancellation);
            await pack.AddDetailAsync("Why", Decided, DecidedText, Decisions, "sha256", cancellation);
            await pack.AddConsistencyAsync(LogFolder.Origin, 100, Log.Size, new TiledTree(Log.Size, Log.Read).Consistency(100, Log.Size), cancellation);
            await pack.EndAsync(cancellation);
        }

        return bytes.ToArray();
    }

    /// <summary>The pack unpacked.</summary>
    public async Task<Dictionary<string, byte[]>> FilesAsync(CancellationToken cancellation) => Unpack(await PackAsync(cancellation));

    public static Dictionary<string, byte[]> Unpack(byte[] pack)
    {
        using var zip = new ZipArchive(new MemoryStream(pack));
        return zip.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var stream = entry.Open();
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            return copy.ToArray();
        });
    }

    /// <summary>A pack of any files, as another program would write it.</summary>
    public static byte[] Zip(IEnumerable<KeyValuePair<string, byte[]>> files)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var entry = zip.CreateEntry(name, CompressionLevel.Fastest).Open();
                entry.Write(content);
            }
        }

        return bytes.ToArray();
    }

    private async IAsyncEnumerable<EvidenceMember> MembersAsync()
    {
        await Task.CompletedTask;
        for (var block = 0; block < _blocks.Length; block++)
        {
            for (var i = block == 0 ? 0 : 2; i < (block == 0 ? 10 : 5); i++)
                yield return new(Encoding.UTF8.GetBytes(_blocks[block][i]), ProofOf(30 + block), i, Proofs.Inclusion(LeavesOf(_blocks[block]), i));
        }
    }

    private async IAsyncEnumerable<EvidenceMember> KeptAsync()
    {
        await Task.CompletedTask;
        yield return new(Encoding.UTF8.GetBytes(Kept[1]), ProofOf(32), 1, Proofs.Inclusion(LeavesOf(Kept), 1));
    }

    private static MerkleHash RootOf(string[] lines) => MerkleTree.Root(LeavesOf(lines));

    private static MerkleHash[] LeavesOf(string[] lines) => [.. lines.Select(line => MerkleTree.Leaf(Encoding.UTF8.GetBytes(line)))];

    private static IEnumerable<string> Lines(int from, int count) => Enumerable.Range(from, count).Select(i => $$"""{"id":{{i}},"result":{{i}}.5}""");
}
