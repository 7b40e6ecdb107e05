using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Stoa.Ledger.Events;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Writing;
using Stoa.Sharing.Batches;
using Stoa.Sharing.Exchanges;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Recording;

/// <summary>Decisions that are kept together, as leaves of a Merkle tree whose root stands in the log: each can be shown to be one of them.</summary>
/// <remarks>
/// RFC 6962, 2.1. A leaf names the decision and has the SHA-256 of its kept text. The hashes of all leaves are kept, so that a decision is proven as long as it is
/// kept itself, whatever becomes of its neighbours. Its salt stands beside it and the batch's nowhere: when a decision is deleted, nobody can try any more what its
/// hash was of.
/// </remarks>
internal sealed class DecisionBatch
{
    private const string Columns = "idx, last_id, hashes";

    // By the primary keys of both.
    private const string SelectPlace =
        """
        SELECT d.name, d.batch_idx, d.place, d.salt, b.hashes
        FROM   decision d
        JOIN   decision_batch b ON b.idx = d.batch_idx
        WHERE  d.id = @id
        """;

    private readonly (ExchangeId Id, byte[] Salt)[] _leaves;
    private readonly MerkleHash[] _hashes;
    private readonly MerkleHash _root;

    private DecisionBatch((ExchangeId Id, byte[] Salt)[] leaves, MerkleHash[] hashes) =>
        (_leaves, _hashes, _root) = (leaves, hashes, MerkleTree.Root(hashes));

    /// <summary>A batch that is about to be stored. Cost: three SHA-256 for each, one of them over its text.</summary>
    /// <param name="decisions">By id; none is two times there.</param>
    public static DecisionBatch Of(IReadOnlyList<(ExchangeId Id, string Name, byte[] Text)> decisions)
    {
        var batchSalt = RandomNumberGenerator.GetBytes(BatchLeaf.BatchSaltLength);
        var leaves = new (ExchangeId Id, byte[] Salt)[decisions.Count];
        var hashes = new MerkleHash[decisions.Count];
        for (var i = 0; i < decisions.Count; i++)
        {
            var (id, name, text) = decisions[i];
            leaves[i] = (id, new byte[LogEvent.SaltLength]);
            BatchLeaf.MakeSalt(batchSalt, id.Value, leaves[i].Salt);
            hashes[i] = MerkleTree.Leaf(LeafOf(id, name, text, leaves[i].Salt));
        }

        return new(leaves, hashes);
    }

    /// <summary>The salt of a decision, by its place.</summary>
    public byte[] SaltAt(int place) => _leaves[place].Salt;

    /// <summary>Enters the batch in the log, in the transaction of its decisions.</summary>
    /// <returns>The index of its entry.</returns>
    public long Enter(WriteSession session, Instant now)
    {
        var (first, last) = (_leaves[0].Id.Value, _leaves[^1].Id.Value);
        var entry = new LogEvent(EventTypes.DecisionBatch, now,
            ("first", LogEvent.Urn("decision", first)), ("last", LogEvent.Urn("decision", last)), ("count", _leaves.Length),
            ("root", $"sha256:{Convert.ToHexStringLower(_root.ToBytes())}"));
        var index = LogEntries.Append(session, LogName.Audit, entry.ToBytes(), new(entry.Type.Name));
        var hashes = new byte[_hashes.Length * MerkleHash.Length];
        for (var i = 0; i < _hashes.Length; i++) _hashes[i].CopyTo(hashes.AsSpan(i * MerkleHash.Length));
        using var insert = session.PrepareInsert("decision_batch", Columns);
        insert.Bind(1, index).Bind(2, last).BindBlob(3, hashes).Execute();
        return index;
    }

    /// <summary>The proof for a kept decision, of its text as it is now; null when it was kept before decisions entered the log, or is not kept any more.</summary>
    public static BatchProof? Find(Session session, KeptDecision kept)
    {
        using var select = session.Prepare(SelectPlace).Bind("@id", kept.Id.Value);
        if (!select.Step()) return null;
        var place = (int)select.Int64(2);
        var leaf = LeafOf(kept.Id, select.Text(0), kept.Text, select.Blob(3));
        var packed = select.Blob(4);
        var hashes = new MerkleHash[packed.Length / MerkleHash.Length];
        for (var i = 0; i < hashes.Length; i++) hashes[i] = new(packed.Slice(i * MerkleHash.Length, MerkleHash.Length));
        return new(select.Int64(1), leaf, place, Proofs.Inclusion(hashes, place));
    }

    /// <summary>The leaf of a decision, canonical JSON: a name is digits.</summary>
    internal static byte[] LeafOf(ExchangeId id, string name, ReadOnlySpan<byte> text, ReadOnlySpan<byte> salt)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write("{\"decision\":\""u8);
        buffer.Write(Encoding.ASCII.GetBytes(name));
        buffer.Write("\",\"id\":"u8);
        BatchLeaf.WriteUrn(buffer, "decision"u8, id.Value);
        buffer.Write(",\"salt\":"u8);
        BatchLeaf.WriteSalt(buffer, salt);
        buffer.Write(",\"sha256\":"u8);
        BatchLeaf.WriteDigest(buffer, SHA256.HashData(text));
        buffer.Write("}"u8);
        return buffer.WrittenSpan.ToArray();
    }
}
