using System.Globalization;
using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Witnesses;

namespace Stoa.Tests.Ledger;

/// <summary>A log of somebody else: its leaves in memory, and its key. It may lie.</summary>
internal sealed class GrowingLog(string origin, SignerKey? key = null)
{
    private readonly List<MerkleHash> _leaves = [];

    public string Origin { get; } = origin;

    public SignerKey Key { get; } = key ?? SignerKey.Generate(origin, SignatureType.Ed25519);

    public long Size => _leaves.Count;

    /// <summary>A log of so many entries.</summary>
    public static GrowingLog Of(string origin, int size)
    {
        var log = new GrowingLog(origin);
        log.Grow(size);
        return log;
    }

    public void Grow(int size, string what = "entry")
    {
        while (_leaves.Count < size)
            _leaves.Add(MerkleTree.Leaf(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{what} {_leaves.Count}"))));
    }

    /// <summary>Replaces an entry: what no log may do.</summary>
    public void Rewrite(int index) => _leaves[index] = MerkleTree.Leaf("something else"u8);

    /// <summary>The same log with the same key, with one entry replaced.</summary>
    public GrowingLog Rewritten(int index)
    {
        var other = new GrowingLog(Origin, Key);
        other._leaves.AddRange(_leaves);
        other.Rewrite(index);
        return other;
    }

    public MerkleHash RootAt(long size) => MerkleTree.Root(_leaves.ToArray().AsSpan(0, (int)size));

    public MerkleHash[] Consistency(long from, long to) =>
        Proofs.Consistency((level, index) => MerkleTree.Root(_leaves.ToArray().AsSpan((int)(index << level), 1 << level)), from, to);

    public SignedNote Sign(long size) => Sign(size, RootAt(size));

    public SignedNote Sign(long size, MerkleHash root)
    {
        var text = new Checkpoint(Origin, size, root).ToString();
        return new(text, [Key.Sign(text, DateTimeOffset.UnixEpoch)]);
    }

    /// <summary>A request to a witness, as the log should make it.</summary>
    public byte[] Request(long from, long to) => Request(from, Consistency(from, to), Sign(to));

    /// <summary>A request with any parts.</summary>
    public static byte[] Request(long from, MerkleHash[] proof, SignedNote note)
    {
        var lines = string.Concat(proof.Select(hash => hash + "\n"));
        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"old {from}\n{lines}\n{note}"));
    }

    public string Path => $"/witness/{Witness.PathOf(Origin)}/checkpoint";
}
