using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;

namespace Stoa.Tests.Ledger;

/// <summary>A log as files in memory, made of numbered entries; tests change what they like.</summary>
internal sealed class LogFolder
{
    public const string Origin = "city.example/log/audit";

    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    public SignerKey Key { get; } = SignerKey.Generate(Origin, SignatureType.Ed25519);

    public SignerKey Witness { get; } = SignerKey.Generate("witness.example/w", SignatureType.CosignatureV1);

    public Dictionary<string, byte[]> Files { get; } = [];

    public long Size { get; private set; }

    /// <summary>A log of so many entries, grown in uneven steps as a server would.</summary>
    public static LogFolder Of(int size, Func<int, string>? entry = null)
    {
        var log = new LogFolder();
        log.Grow(size, entry ?? EntryOf);
        return log;
    }

    public static string EntryOf(int index) => $"entry {index}";

    /// <summary>Adds entries; the tree is read anew from its tiles at each step.</summary>
    public void Grow(int size, Func<int, string> entry)
    {
        for (var step = 1; Size < size; step = step * 2 % 301 + 1)
        {
            var tree = new GrowingTree(Size, Read);
            while (tree.Size < size && tree.Size < Size + step) tree.Append(Encoding.UTF8.GetBytes(entry((int)tree.Size)));
            foreach (var tile in tree.Drain()) Files[tile.Id.Path] = tile.Bytes;
            Size = tree.Size;
        }

        Files["checkpoint"] = Sign(Size, new TiledTree(Size, Read).Root()).ToBytes();
    }

    /// <summary>A checkpoint of this log, signed by it and by its witness.</summary>
    public SignedNote Sign(long size, MerkleHash root)
    {
        var text = new Checkpoint(Origin, size, root).ToString();
        return new(text, [Key.Sign(text, Noon), Witness.Sign(text, Noon)]);
    }

    public MerkleHash RootAt(long size) => Proofs.Root(new TiledTree(Size, Read).Hash, size);

    public LogProof ProofOf(long index) => new(index, new TiledTree(Size, Read).Inclusion(index, Size), Sign(Size, RootAt(Size)))
    {
        Extra = Encoding.UTF8.GetBytes(EntryOf((int)index)),
    };

    public byte[]? Read(TileId tile) => Files.GetValueOrDefault(tile.Path);

    public Task<byte[]?> FileAsync(string path, CancellationToken cancellation) => Task.FromResult(Files.GetValueOrDefault(path));

    /// <summary>Writes it into a folder.</summary>
    public async Task WriteAsync(string folder, CancellationToken cancellation)
    {
        foreach (var (path, bytes) in Files)
        {
            var file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllBytesAsync(file, bytes, cancellation);
        }
    }
}
