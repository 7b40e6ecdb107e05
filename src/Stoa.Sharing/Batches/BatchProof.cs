using Stoa.Ledger.Merkle;

namespace Stoa.Sharing.Batches;

/// <summary>That something is one of a batch that stands in the log.</summary>
/// <param name="Index">Of the batch's entry in the log of audit.</param>
/// <param name="Leaf">What was entered, or the row that it is one of: canonical JSON.</param>
/// <param name="Position">Among the leaves of the batch, from 0.</param>
/// <param name="Path">Hashes from the leaf to the root (RFC 6962, 2.1.1).</param>
internal sealed record BatchProof(long Index, byte[] Leaf, int Position, IReadOnlyList<MerkleHash> Path);
