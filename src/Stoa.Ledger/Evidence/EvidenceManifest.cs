namespace Stoa.Ledger.Evidence;

/// <summary>One thing that a pack is to prove.</summary>
/// <param name="Title">For people; nothing proves it.</param>
public abstract record EvidenceItem(string Title);

/// <summary>An entry is in a log.</summary>
/// <param name="Title">For people; nothing proves it.</param>
/// <param name="Proof">Name of the proof; the entry is its extra data.</param>
public sealed record EntryItem(string Title, string Proof) : EvidenceItem(Title);

/// <summary>The SHA-256 of a file is the entry's member <c>digest</c>.</summary>
/// <param name="Title">For people; nothing proves it.</param>
/// <param name="File">Name of the file.</param>
/// <param name="Proof">Name of the entry's proof.</param>
public sealed record DigestItem(string Title, string File, string Proof) : EvidenceItem(Title);

/// <summary>The entry's member <c>commit</c> was made of a file and a salt (see <see cref="Events.Commitment"/>).</summary>
/// <param name="Title">For people; nothing proves it.</param>
/// <param name="File">Name of the file: canonical JSON.</param>
/// <param name="Salt">32 bytes.</param>
/// <param name="Proof">Name of the entry's proof.</param>
public sealed record CommitmentItem(string Title, string File, byte[] Salt, string Proof) : EvidenceItem(Title);

/// <summary>Each line of a file is a leaf of a Merkle tree whose root and count an entry names.</summary>
/// <param name="Title">For people; nothing proves it.</param>
/// <param name="File">Name of the file; each line ends in a newline.</param>
/// <param name="Proofs">Name of the file with as many lines, each with the proof of one (see <see cref="MemberProof"/>).</param>
public sealed record MembersItem(string Title, string File, string Proofs) : EvidenceItem(Title);

/// <summary>The SHA-256 of a file stands in a line that is proven: what a leaf names by its digest.</summary>
/// <param name="Title">For people; nothing proves it.</param>
/// <param name="File">Name of the file.</param>
/// <param name="Lines">Name of the file of a <see cref="MembersItem"/> among whose lines it is.</param>
/// <param name="Member">Member of the line with the digest: <c>sha256:</c> and hexadecimal digits, or the digits alone.</param>
public sealed record DetailItem(string Title, string File, string Lines, string Member) : EvidenceItem(Title);

/// <summary>A proof that a log at one size begins with the same log at a smaller one.</summary>
/// <param name="Log">Origin of the log.</param>
/// <param name="From">The smaller size.</param>
/// <param name="To">The size.</param>
/// <param name="File">Name of the file: a hash in base64 for each line.</param>
public sealed record EvidenceConsistency(string Log, long From, long To, string File);

/// <summary>What a pack is to prove, by <c>evidence.json</c>. Nobody signs it: only what is computed of the files counts.</summary>
/// <param name="Made">When the pack was made.</param>
/// <param name="About">What it is about, for people.</param>
/// <param name="Keys">Public keys of the logs as the maker of the pack knows them. A key is to be had from somewhere else.</param>
/// <param name="Items">What is to be proven.</param>
/// <param name="Consistency">Proofs from older checkpoints.</param>
public sealed partial record EvidenceManifest(
    DateTimeOffset Made, string About, IReadOnlyList<string> Keys, IReadOnlyList<EvidenceItem> Items, IReadOnlyList<EvidenceConsistency> Consistency)
{
    /// <summary>The files that it speaks of, and itself.</summary>
    public IEnumerable<string> Names() =>
        Items.SelectMany(NamesOf).Concat(Consistency.Select(one => one.File)).Append(EvidencePack.ManifestName).Distinct(StringComparer.Ordinal);

    /// <summary>Its files that are no proofs of entries, in their order.</summary>
    internal IEnumerable<string> Files() => Names().Where(name => !EvidencePack.IsProof(name) && name != EvidencePack.ManifestName);

    private static string[] NamesOf(EvidenceItem item) => item switch
    {
        EntryItem one => [one.Proof],
        DigestItem one => [one.File, one.Proof],
        CommitmentItem one => [one.File, one.Proof],
        MembersItem one => [one.File, one.Proofs],
        DetailItem one => [one.File, one.Lines],
        _ => throw new ArgumentOutOfRangeException(nameof(item), item, "Unknown kind of item."),
    };
}
