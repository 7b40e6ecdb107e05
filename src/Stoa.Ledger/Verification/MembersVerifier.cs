using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Merkle;

namespace Stoa.Ledger.Verification;

/// <summary>Verifies a file of which each line is a leaf of a tree whose root an entry names.</summary>
internal sealed class MembersVerifier(EvidenceFiles files, PackEntries entries, CheckpointVerifier checks, SoughtLines sought)
{
    // What is wrong is said so often; then the file is wrong, and there is no need to read on.
    private const int WrongMax = 20;

    // Blocks are named up to this many.
    private const int NamedMax = 20;

    private const string BatchType = "exchange.batch";

    private const string DigestStart = "sha256:";

    private readonly Dictionary<string, Block?> _blocks = new(StringComparer.Ordinal);

    private int _wrong;

    /// <summary>Reads both files side by side; memory holds which leaves were seen.</summary>
    public async Task VerifyAsync(MembersItem item, CancellationToken cancellation)
    {
        if (new[] { item.File, item.Proofs }.FirstOrDefault(name => files.LengthOf(name) is null) is { } missing)
        {
            checks.Say(Outcome.Wrong, $"{missing} is missing.");
            return;
        }

        using var lines = new EvidenceLines(item.File, files.OpenFile(item.File), EvidencePack.LineBytesMax);
        using var proofs = new EvidenceLines(item.Proofs, files.OpenFile(item.Proofs), MemberProof.LengthMax);
        long number = 0;
        while (_wrong < WrongMax)
        {
            var (line, proof) = (await lines.NextAsync(cancellation), await proofs.NextAsync(cancellation));
            if (line is null && proof is null) break;
            if (line is null || proof is null)
            {
                Say($"{item.File} and {item.Proofs} do not have as many lines: some were removed or added after line {number}.");
                break;
            }

            if (++number > EvidencePack.LinesMax)
            {
                Say($"{item.File} has more than {EvidencePack.LinesMax} lines.");
                break;
            }

            await VerifyLineAsync(item, number, line.Value, proof.Value, cancellation);
        }

        if (number == 0) Say($"{item.File} has no lines, so that it proves nothing.");
        if (_wrong == 0) SayProven(item, number);
        else if (_wrong >= WrongMax) checks.Say(Outcome.Wrong, $"{item.File} was not read on after line {number}: too much is wrong.");
    }

    private async Task VerifyLineAsync(
        MembersItem item, long number, ReadOnlyMemory<byte> line, ReadOnlyMemory<byte> encoded, CancellationToken cancellation)
    {
        if (!MemberProof.TryParse(encoded.Span, out var proof))
        {
            Say($"{item.Proofs} has no proof in line {number}: it was damaged.");
            return;
        }

        if (await BlockAsync(proof!.Proof, cancellation) is not { } block) // Read on the line above.
            _wrong++;
        else if (!Proofs.IsIncluded(MerkleTree.Leaf(line.Span), proof.Index, block.Count, proof.Hashes, block.Root))
            Say($"{item.File}, line {number}, is not what {block.Entry.Name} recorded at {proof.Index}: it was changed or exchanged.");
        else if (!block.Seen.Add(proof.Index))
            Say($"{item.File}, line {number}, stands there twice: {block.Entry.Name} recorded it once.");
        else
            sought.Take(item.File, number, line, block.Entry.Text("type") == BatchType);
    }

    private async Task<Block?> BlockAsync(string name, CancellationToken cancellation)
    {
        if (_blocks.TryGetValue(name, out var known)) return known;
        var entry = await entries.TakeAsync(name, isShown: false, cancellation);
        Block? block = null;
        if (entry is not null)
        {
            if (TryRoot(RootOf(entry), out var root) && entry.Count("count") is > 0 and { } count) block = new(entry, root, count, []);
            else checks.Say(Outcome.Wrong, $"{entry.Name} names no root and count of records, or is not canonical JSON.");
        }

        return _blocks[name] = block;
    }

    // Batches of accesses say it by another name.
    private static string? RootOf(ProvenEntry entry) => entry.Text("root") ?? (entry.Text("type") == BatchType ? entry.Text("digest") : null);

    private static bool TryRoot(string? text, out MerkleHash root)
    {
        root = default;
        if (text is not { Length: 71 } || !text.StartsWith(DigestStart, StringComparison.Ordinal)) return false;
        var hex = text[DigestStart.Length..];
        if (!hex.All(letter => char.IsAsciiHexDigitLower(letter))) return false;
        root = new(Convert.FromHexString(hex));
        return true;
    }

    private void SayProven(MembersItem item, long lines)
    {
        var blocks = _blocks.Values.OfType<Block>().ToList();
        checks.Say(Outcome.Proven, lines == 1
            ? $"The one line of {item.File} is a record that was sealed in the log, byte for byte."
            : $"Each of the {lines} lines of {item.File} is a record that was sealed in the log, byte for byte, and none stands there twice.");
        foreach (var block in blocks.Take(NamedMax))
        {
            var seen = block.Seen.Count;
            if (seen == block.Count)
                checks.Say(Outcome.Proven, $"{Which(seen)} {(seen == 1 ? "the only record" : "all records")} that {block.Entry.Name} sealed: " +
                    CheckpointVerifier.Shown(block.Entry.Bytes));
            else
                checks.Say(Outcome.NotProven, $"{Which(seen)} {(seen == 1 ? "one" : "some")} of the {block.Count} records that {block.Entry.Name} sealed; " +
                    $"what the others say is not in {item.File}: {CheckpointVerifier.Shown(block.Entry.Bytes)}");
        }

        string Which(int seen) => lines == 1 ? "It is" : seen == 1 ? "1 of them is" : $"{seen} of them are";
        if (blocks.Count <= NamedMax) return;
        var rest = blocks.Skip(NamedMax).ToList();
        var whole = rest.Count(block => block.Seen.Count == block.Count);
        checks.Say(whole == rest.Count ? Outcome.Proven : Outcome.NotProven,
            $"The lines are of {rest.Count} further entries: of {whole} of them all records are there, of {rest.Count - whole} some.");
    }

    private void Say(string text)
    {
        _wrong++;
        checks.Say(Outcome.Wrong, text);
    }

    private sealed record Block(ProvenEntry Entry, MerkleHash Root, long Count, HashSet<long> Seen);
}
