using Stoa.Ledger.Merkle;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>Trees, and proofs in them: published values, and every way to falsify a proof.</summary>
public class Trees_of_RFC_6962
{
    [Fact]
    public void Have_the_published_hashes()
    {
        var frontier = new Frontier();
        Assert.Equal(ReferenceTree.Hash(ReferenceTree.Roots[0]), frontier.Root());
        for (var i = 0; i < ReferenceTree.Entries.Length; i++)
        {
            var leaf = MerkleTree.Leaf(ReferenceTree.Entries[i]);
            Assert.Equal(ReferenceTree.Subtree(0, i), leaf);
            frontier.Append(leaf);
            Assert.Equal(ReferenceTree.Hash(ReferenceTree.Roots[i + 1]), frontier.Root());
            Assert.Equal(frontier.Root(), new Frontier(frontier.Size, frontier.Subtrees).Root());
            Assert.Equal(Proofs.Subtrees(ReferenceTree.Subtree, i + 1), frontier.Subtrees);
            Assert.Equal(frontier.Root(), Proofs.Root(ReferenceTree.Subtree, i + 1));
        }

        Assert.Throws<ArgumentException>(() => new Frontier(3, frontier.Subtrees));
    }

    [Fact]
    public void Give_the_published_proofs()
    {
        foreach (var (index, size, proof) in ReferenceTree.Inclusions)
            Assert.Equal(ReferenceTree.Hashes(proof), Proofs.Inclusion(ReferenceTree.Subtree, index, size));
        foreach (var (smaller, size, proof) in ReferenceTree.Consistencies)
            Assert.Equal(ReferenceTree.Hashes(proof), Proofs.Consistency(ReferenceTree.Subtree, smaller, size));
    }

    // The mutations are those of github.com/transparency-dev/merkle, testdata: index, size, root, leaf, each bit of the proof, its ends.
    [Fact]
    public void Take_a_proof_of_inclusion_only_as_it_is()
    {
        var refused = 0;
        foreach (var (index, size, text) in ReferenceTree.Inclusions)
        {
            var proof = ReferenceTree.Hashes(text);
            var leaf = ReferenceTree.Subtree(0, (int)index);
            var root = ReferenceTree.Hash(ReferenceTree.Roots[size]);
            Assert.True(Proofs.IsIncluded(leaf, index, size, proof, root));

            void Refuses(MerkleHash aLeaf, long anIndex, long aSize, MerkleHash[] aProof, MerkleHash aRoot)
            {
                Assert.False(Proofs.IsIncluded(aLeaf, anIndex, aSize, aProof, aRoot), $"{anIndex} in {aSize} with {aProof.Length} hashes");
                refused++;
            }

            foreach (var other in new[] { index - 1, index + 1, index ^ 2, -1, size, long.MaxValue }) Refuses(leaf, other, size, proof, root);
            foreach (var other in new[] { size * 2, size / 2, 0, -size }) Refuses(leaf, index, other, proof, root);
            foreach (var bit in Enumerable.Range(0, 256))
            {
                Refuses(Flipped(leaf, bit), index, size, proof, root);
                Refuses(leaf, index, size, proof, Flipped(root, bit));
                Refuses(leaf, index, size, [.. proof[..^1], Flipped(proof[^1], bit)], root);
                Refuses(leaf, index, size, [Flipped(proof[0], bit), .. proof[1..]], root);
            }

            Refuses(leaf, index, size, [], root);
            Refuses(leaf, index, size, proof[1..], root);
            Refuses(leaf, index, size, proof[..^1], root);
            Refuses(leaf, index, size, [.. proof, root], root);
            Refuses(leaf, index, size, [.. proof, MerkleTree.EmptyRoot], root);
            Refuses(leaf, index, size, [root, .. proof], root);
            Refuses(leaf, index, size, [leaf, .. proof], root);
            if (proof.Length > 1) Refuses(leaf, index, size, [.. proof.Reverse()], root);
            Refuses(root, index, size, proof, leaf);
        }

        Assert.True(refused > 4000, $"{refused} were tried.");
    }

    [Fact]
    public void Take_a_proof_of_consistency_only_as_it_is()
    {
        var refused = 0;
        foreach (var (smaller, size, text) in ReferenceTree.Consistencies)
        {
            var proof = ReferenceTree.Hashes(text);
            var before = ReferenceTree.Hash(ReferenceTree.Roots[smaller]);
            var root = ReferenceTree.Hash(ReferenceTree.Roots[size]);
            Assert.True(Proofs.IsConsistent(smaller, before, size, root, proof));

            void Refuses(long aSmaller, MerkleHash aBefore, long aSize, MerkleHash aRoot, MerkleHash[] aProof)
            {
                Assert.False(Proofs.IsConsistent(aSmaller, aBefore, aSize, aRoot, aProof), $"{aSmaller} in {aSize} with {aProof.Length} hashes");
                refused++;
            }

            foreach (var other in new[] { smaller - 1, smaller + 1, smaller ^ 2, 0, -1, size, size + 1 }) Refuses(other, before, size, root, proof);
            foreach (var other in new[] { size * 2, size / 2, 0, -size }) Refuses(smaller, before, other, root, proof);
            foreach (var bit in Enumerable.Range(0, 256))
            {
                Refuses(smaller, Flipped(before, bit), size, root, proof);
                Refuses(smaller, before, size, Flipped(root, bit), proof);
                for (var i = 0; i < proof.Length; i++)
                    Refuses(smaller, before, size, root, [.. proof[..i], Flipped(proof[i], bit), .. proof[(i + 1)..]]);
            }

            Refuses(smaller, root, size, before, proof);
            Refuses(smaller, before, size, root, []);
            Refuses(smaller, before, size, root, proof[1..]);
            Refuses(smaller, before, size, root, proof[..^1]);
            Refuses(smaller, before, size, root, [.. proof, before]);
            Refuses(smaller, before, size, root, [.. proof, root]);
            Refuses(smaller, before, size, root, [before, .. proof]);
            Refuses(smaller, before, size, root, [root, .. proof]);
            Refuses(smaller, before, size, root, [proof[0], .. proof]);
        }

        Assert.True(refused > 4000, $"{refused} were tried.");
        Assert.True(Proofs.IsConsistent(0, MerkleTree.EmptyRoot, 8, ReferenceTree.Hash(ReferenceTree.Roots[8]), []));
        Assert.False(Proofs.IsConsistent(0, MerkleTree.EmptyRoot, 8, ReferenceTree.Hash(ReferenceTree.Roots[8]), [MerkleTree.EmptyRoot]));
        Assert.True(Proofs.IsConsistent(8, ReferenceTree.Hash(ReferenceTree.Roots[8]), 8, ReferenceTree.Hash(ReferenceTree.Roots[8]), []));
        Assert.False(Proofs.IsConsistent(8, ReferenceTree.Hash(ReferenceTree.Roots[8]), 8, ReferenceTree.Hash(ReferenceTree.Roots[7]), []));
    }

    [Fact]
    public void Prove_every_entry_and_every_growth_up_to_some_size()
    {
        const int size = 70;
        MerkleHash[] leaves = [.. Enumerable.Range(0, size).Select(i => MerkleTree.Leaf([(byte)i]))];
        MerkleHash Subtree(int level, long index) => MerkleTree.Root(leaves.AsSpan((int)index << level, 1 << level));
        MerkleHash[] roots = [.. Enumerable.Range(0, size + 1).Select(until => MerkleTree.Root(leaves.AsSpan(0, until)))];

        for (var until = 1; until <= size; until++)
        {
            for (var i = 0; i < until; i++)
            {
                var proof = Proofs.Inclusion(Subtree, i, until);
                Assert.True(Proofs.IsIncluded(leaves[i], i, until, proof, roots[until]));
                Assert.False(Proofs.IsIncluded(leaves[i], (i + 1) % size, until, proof, roots[until]) && until > 1);
            }

            for (var smaller = 0; smaller <= until; smaller++)
                Assert.True(Proofs.IsConsistent(smaller, roots[smaller], until, roots[until], Proofs.Consistency(Subtree, smaller, until)));
        }
    }

    private static MerkleHash Flipped(MerkleHash hash, int bit)
    {
        var bytes = hash.ToBytes();
        bytes[bit / 8] ^= (byte)(1 << bit % 8);
        return new(bytes);
    }
}
