using Stoa.Ledger.Merkle;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>Tiles by C2SP tlog-tiles: how they are named, what they hold, and proofs that are made of nothing else.</summary>
public class Tiles_of_a_tree
{
    [Theory]
    [InlineData(0, 0, 256, "tile/0/000")]
    [InlineData(0, 1234067, 256, "tile/0/x001/x234/067")]
    [InlineData(2, 5, 17, "tile/2/005.p/17")]
    [InlineData(TileId.Entries, 1000, 1, "tile/entries/x001/000.p/1")]
    [InlineData(0, long.MaxValue / 256, 1, "tile/0/x036/x028/x797/x018/x963/967.p/1")]
    public void Have_a_path_that_reads_back(int level, long index, int width, string path)
    {
        var tile = new TileId(level, index, width);

        Assert.Equal(path, tile.Path);
        Assert.True(TileId.TryParse(path, out var read));
        Assert.Equal(tile, read);
    }

    [Theory]
    [InlineData("tile/0/0")]
    [InlineData("tile/0/0000")]
    [InlineData("tile/0/x000/001")]
    [InlineData("tile/00/001")]
    [InlineData("tile/64/000")]
    [InlineData("tile/-1/000")]
    [InlineData("tile/0/001.p/0")]
    [InlineData("tile/0/001.p/256")]
    [InlineData("tile/0/001.p/07")]
    [InlineData("tile/0/001.p/")]
    [InlineData("tile/0/x001")]
    [InlineData("tile/0/001/002")]
    [InlineData("tile/0/")]
    [InlineData("tile/0")]
    [InlineData("tile/data/000")]
    [InlineData("tile/0/x999/x999/x999/x999/x999/x999/999")]
    [InlineData("tile/0/../000")]
    [InlineData("tile/0/+01")]
    public void Refuse_any_other_path(string path) => Assert.False(TileId.TryParse(path, out _));

    // C2SP tlog-tiles, "Partial Tiles": the example of 70,000 entries, and of 256.
    [Fact]
    public void Are_as_many_as_the_specification_counts()
    {
        var tiles = TileId.AllOf(70_000).ToList();

        Assert.Equal(273, tiles.Count(tile => tile is { Level: 0, IsFull: true }));
        Assert.Equal(new TileId(0, 273, 112), tiles.Single(tile => tile is { Level: 0, IsFull: false }));
        Assert.Equal([new(1, 0, 256), new(1, 1, 17), new TileId(2, 0, 1)], tiles.Where(tile => tile.Level > 0));
        Assert.Equal(274, tiles.Count(tile => tile.Level == TileId.Entries));
        Assert.Equal([new(-1, 0, 256), new(0, 0, 256), new TileId(1, 0, 1)], TileId.AllOf(256));
        Assert.Empty(TileId.AllOf(0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(66_000)]
    public void Prove_what_a_tree_of_all_leaves_proves(int size)
    {
        MerkleHash[] leaves = [.. Enumerable.Range(0, size).Select(i => MerkleTree.Leaf(BitConverter.GetBytes(i)))];
        var tree = new TiledTree(size, TilesOf(leaves));
        var random = new Random(size);

        Assert.Equal(MerkleTree.Root(leaves), tree.Root());
        for (var run = 0; run < 50; run++)
        {
            var until = random.Next(1, size + 1);
            var index = random.Next(until);
            var smaller = random.Next(until + 1);
            var root = MerkleTree.Root(leaves.AsSpan(0, until));
            Assert.True(Proofs.IsIncluded(leaves[index], index, until, tree.Inclusion(index, until), root));
            Assert.True(Proofs.IsConsistent(smaller, MerkleTree.Root(leaves.AsSpan(0, smaller)), until, root, tree.Consistency(smaller, until)));
            Assert.Equal(leaves[index], tree.Leaf(index));
        }
    }

    [Fact]
    public void Are_read_full_where_the_partial_one_is_gone_and_missed_where_both_are()
    {
        MerkleHash[] leaves = [.. Enumerable.Range(0, 256).Select(i => MerkleTree.Leaf([(byte)i]))];
        var full = TilesOf(leaves);

        var tree = new TiledTree(200, tile => tile.IsFull ? full(tile) : null);
        Assert.Equal(MerkleTree.Root(leaves.AsSpan(0, 200)), tree.Root());
        Assert.Equal(new TileId(0, 0, 200), Assert.Throws<TileMissingException>(() => new TiledTree(200, _ => null).Root()).Tile);
        Assert.Throws<TileMissingException>(() => new TiledTree(200, _ => new byte[199 * 32]).Root());
        Assert.Throws<TileMissingException>(() => new TiledTree(200, _ => new byte[200 * 32 - 1]).Root());
    }

    [Fact]
    public void Hold_entries_after_their_lengths()
    {
        byte[][] entries = [[], [1, 2, 3], new byte[EntryBundle.EntryBytesMax]];
        var bundle = new byte[entries.Sum(entry => EntryBundle.LengthOf(entry.Length))];
        var length = 0;
        foreach (var entry in entries) length += EntryBundle.Write(entry, bundle.AsSpan(length));

        Assert.Equal([0, 0, 0, 3, 1, 2, 3, 255, 255, 0], bundle[..10]);
        Assert.True(EntryBundle.TryRead(bundle, 3, out var read));
        Assert.Equal(entries, read.Select(entry => entry.ToArray()));
        Assert.False(EntryBundle.TryRead(bundle, 2, out _));
        Assert.False(EntryBundle.TryRead(bundle, 4, out _));
        Assert.False(EntryBundle.TryRead(bundle.AsMemory(0, bundle.Length - 1), 3, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => EntryBundle.Write(new byte[EntryBundle.EntryBytesMax + 1], new byte[70_000]));
    }

    private static TileBytes TilesOf(MerkleHash[] leaves) => tile =>
    {
        var span = 1 << TileId.Height * tile.Level;
        var bytes = new byte[tile.Width * MerkleHash.Length];
        for (var i = 0; i < tile.Width; i++)
            MerkleTree.Root(leaves.AsSpan((int)(tile.Index * TileId.Full + i) * span, span)).CopyTo(bytes.AsSpan(i * MerkleHash.Length));
        return bytes;
    };
}
