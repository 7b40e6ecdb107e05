using System.Globalization;
using System.IO.Compression;
using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Events;
using Stoa.Ledger.Merkle;

namespace Stoa.Ledger.Evidence;

/// <summary>A line of a file and the proof that it is a leaf of a tree whose root an entry names.</summary>
/// <param name="Line">Without a newline in it or after it.</param>
/// <param name="Block">The proof of the entry, with the entry as its extra data.</param>
/// <param name="Index">Where the leaf is in the tree, from 0.</param>
/// <param name="Hashes">The inclusion proof within the tree, the sibling of the leaf first.</param>
public readonly record struct EvidenceMember(ReadOnlyMemory<byte> Line, LogProof Block, long Index, IReadOnlyList<MerkleHash> Hashes);

/// <summary>Writes an evidence pack, file by file, to a stream that need not be seekable.</summary>
/// <remarks>
/// Nothing is checked of what is written: that a file in the database is not the one that was recorded is to be found by whoever verifies the pack.
/// Memory holds the proofs of entries and what the page holds (<see cref="EvidencePack.PageBytesMax"/>). A pack that was not ended has no
/// <c>evidence.json</c>, and proves nothing. Not safe for several threads at once.
/// </remarks>
public sealed class EvidencePackWriter : IAsyncDisposable
{
    private const int TemporaryBufferBytes = 64 * 1024;

    private readonly ZipArchive _zip;
    private readonly HoldingStream _target;
    private readonly string _about;
    private readonly DateTimeOffset _made;
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<(string Origin, long Index), string> _proofs = [];
    private readonly Dictionary<string, string> _prefixes = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _keys = [];
    private readonly List<EvidenceItem> _items = [];
    private readonly List<EvidenceConsistency> _consistency = [];
    private readonly Dictionary<string, byte[]> _page = new(StringComparer.Ordinal);
    private long _bytes;
    private long _pageBytes;
    private long _proofBytes;

    private EvidencePackWriter(ZipArchive zip, HoldingStream target, string about, DateTimeOffset made) =>
        (_zip, _target, _about, _made) = (zip, target, about, made);

    /// <summary>Begins a pack.</summary>
    /// <param name="target">Stays open.</param>
    /// <param name="about">What the pack is about, for people; nothing proves it.</param>
    /// <param name="made">Now.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static async Task<EvidencePackWriter> BeginAsync(Stream target, string about, DateTimeOffset made, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(about.Length, EvidencePack.AboutLengthMax);
        var holding = new HoldingStream(target);
        return new(await ZipArchive.CreateAsync(holding, ZipArchiveMode.Create, leaveOpen: true, Encoding.ASCII, cancellation), holding, about, made);
    }

    /// <summary>Names the public key of a log, for people to compare with one that they got from somewhere else.</summary>
    public void NameKey(VerifierKey key)
    {
        if (!_keys.Contains(key.ToString())) _keys.Add(key.ToString());
    }

    /// <summary>An entry is in a log.</summary>
    /// <param name="title">For people.</param>
    /// <param name="proof">With the entry as its extra data.</param>
    /// <param name="cancellation">Ends the work.</param>
    public async Task AddEntryAsync(string title, LogProof proof, CancellationToken cancellation) =>
        Add(new EntryItem(title, await ProofAsync(proof, cancellation)));

    /// <summary>A file is the one whose digest an entry has.</summary>
    /// <param name="title">For people.</param>
    /// <param name="file">Name of the file in the pack.</param>
    /// <param name="content">The file.</param>
    /// <param name="proof">Of the entry, with the entry as its extra data.</param>
    /// <param name="cancellation">Ends the work.</param>
    public async Task AddDigestAsync(string title, string file, Stream content, LogProof proof, CancellationToken cancellation)
    {
        await WriteAsync(file, target => content.CopyToAsync(target, cancellation), cancellation);
        Add(new DigestItem(title, file, await ProofAsync(proof, cancellation)));
    }

    /// <summary>A value is the one that an entry has a commitment to.</summary>
    /// <param name="title">For people.</param>
    /// <param name="file">Name of the file in the pack.</param>
    /// <param name="value">Canonical JSON.</param>
    /// <param name="salt">Of this value alone.</param>
    /// <param name="proof">Of the entry, with the entry as its extra data.</param>
    /// <param name="cancellation">Ends the work.</param>
    public async Task AddCommitmentAsync(
        string title, string file, ReadOnlyMemory<byte> value, ReadOnlyMemory<byte> salt, LogProof proof, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(salt.Length, Commitment.SaltLength);
        if (value.Length > EvidencePack.CommittedBytesMax) throw new EvidenceLimitException($"A committed value has at most {EvidencePack.CommittedBytesMax} bytes.");
        await WriteAsync(file, target => target.WriteAsync(value, cancellation).AsTask(), cancellation);
        Add(new CommitmentItem(title, file, salt.ToArray(), await ProofAsync(proof, cancellation)));
    }

    /// <summary>Each line of a file is a leaf of a tree whose root an entry names; the entries may be several.</summary>
    /// <param name="title">For people.</param>
    /// <param name="file">Name of the file in the pack, such as <c>observations.jsonl</c>; that of its proofs is made of it.</param>
    /// <param name="members">The lines in the order of the file, read once.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>How many lines there were.</returns>
    public async Task<long> AddMembersAsync(string title, string file, IAsyncEnumerable<EvidenceMember> members, CancellationToken cancellation)
    {
        var proofs = Path.ChangeExtension(file, ".proofs");
        var blocks = new Dictionary<string, LogProof>(StringComparer.Ordinal);
        long count = 0;
        // A zip is written one file after the other, and the lines are read once.
        await using var later = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None,
            TemporaryBufferBytes, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await WriteAsync(file, async target =>
        {
            await foreach (var member in members.WithCancellation(cancellation))
            {
                if (member.Line.Span.Contains((byte)'\n')) throw new ArgumentException("A line has a newline in it.", nameof(members));
                if (member.Line.Length > EvidencePack.LineBytesMax) throw new EvidenceLimitException($"A line has at most {EvidencePack.LineBytesMax} bytes.");
                await target.WriteAsync(member.Line, cancellation);
                await target.WriteAsync(Newline, cancellation);
                var name = NameOf(member.Block);
                blocks.TryAdd(name, member.Block);
                await later.WriteAsync(Encoding.ASCII.GetBytes(new MemberProof(name, member.Index, [.. member.Hashes]).ToLine()), cancellation);
                if (++count > EvidencePack.LinesMax) throw new EvidenceLimitException($"A file with proofs has at most {EvidencePack.LinesMax} lines.");
            }
        }, cancellation);
        later.Position = 0;
        await WriteAsync(proofs, target => later.CopyToAsync(target, cancellation), cancellation);
        foreach (var block in blocks.Values) await ProofAsync(block, cancellation);
        Add(new MembersItem(title, file, proofs));
        return count;
    }

    /// <summary>A file is the one whose digest a line of <see cref="AddMembersAsync"/> has.</summary>
    /// <param name="title">For people.</param>
    /// <param name="file">Name of the file in the pack.</param>
    /// <param name="content">The file.</param>
    /// <param name="lines">Name of the file with the line.</param>
    /// <param name="member">Member of the line.</param>
    /// <param name="cancellation">Ends the work.</param>
    public async Task AddDetailAsync(string title, string file, ReadOnlyMemory<byte> content, string lines, string member, CancellationToken cancellation)
    {
        await WriteAsync(file, target => target.WriteAsync(content, cancellation).AsTask(), cancellation);
        Add(new DetailItem(title, file, lines, member));
    }

    /// <summary>A file that nothing proves, for people: whoever verifies the pack is told so.</summary>
    /// <param name="file">Name of the file in the pack.</param>
    /// <param name="content">The file.</param>
    /// <param name="cancellation">Ends the work.</param>
    public Task AddUnprovenAsync(string file, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        WriteAsync(file, target => target.WriteAsync(content, cancellation).AsTask(), cancellation, isShown: false);

    /// <summary>A log goes on from a checkpoint that whoever asked for the pack has kept.</summary>
    /// <param name="log">Its origin.</param>
    /// <param name="from">The size of that checkpoint.</param>
    /// <param name="to">The size of the pack's checkpoint.</param>
    /// <param name="hashes">The consistency proof (RFC 6962, 2.1.2).</param>
    /// <param name="cancellation">Ends the work.</param>
    public async Task AddConsistencyAsync(string log, long from, long to, IReadOnlyList<MerkleHash> hashes, CancellationToken cancellation)
    {
        if (_consistency.Count == EvidencePack.ItemsMax) throw new EvidenceLimitException($"A pack has at most {EvidencePack.ItemsMax} consistency proofs.");
        var file = string.Create(CultureInfo.InvariantCulture, $"{EvidencePack.ProofsFolder}{PrefixOf(log)}-{from}-{to}.consistency");
        var bytes = Encoding.ASCII.GetBytes(string.Concat(hashes.Select(hash => hash + "\n")));
        await WriteAsync(file, target => target.WriteAsync(bytes, cancellation).AsTask(), cancellation);
        _consistency.Add(new(log, from, to, file));
    }

    /// <summary>Ends the pack: what it is to prove, and the files for people.</summary>
    public async Task EndAsync(CancellationToken cancellation)
    {
        var manifest = new EvidenceManifest(_made, _about, _keys, _items, _consistency);
        var bytes = manifest.ToBytes();
        if (bytes.Length > EvidencePack.ManifestBytesMax)
            throw new EvidenceLimitException($"{EvidencePack.ManifestName} has at most {EvidencePack.ManifestBytesMax} bytes.");
        await WriteAsync(EvidencePack.ManifestName, target => target.WriteAsync(bytes, cancellation).AsTask(), cancellation);
        var readme = EvidenceReadme.Of(manifest);
        await WriteAsync(EvidencePack.ReadmeName, target => target.WriteAsync(readme, cancellation).AsTask(), cancellation);
        var page = EvidencePage.Of(manifest, _page);
        await WriteAsync(EvidencePack.PageName, target => target.WriteAsync(page, cancellation).AsTask(), cancellation);
    }

    /// <summary>Closes the zip; the stream stays open.</summary>
    public async ValueTask DisposeAsync()
    {
        await _zip.DisposeAsync();
        await _target.PassAsync(CancellationToken.None);
    }

    private static ReadOnlyMemory<byte> Newline { get; } = "\n"u8.ToArray();

    private void Add(EvidenceItem item)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(item.Title.Length, EvidencePack.TitleLengthMax, nameof(item));
        if (_items.Count == EvidencePack.ItemsMax) throw new EvidenceLimitException($"A pack has at most {EvidencePack.ItemsMax} items.");
        _items.Add(item);
    }

    private async Task<string> ProofAsync(LogProof proof, CancellationToken cancellation)
    {
        if (proof.Extra is null) throw new ArgumentException("The proof brings no entry along.", nameof(proof));
        var name = NameOf(proof);
        if (_names.Contains(name)) return name;
        var bytes = proof.ToBytes();
        await WriteAsync(name, target => target.WriteAsync(bytes, cancellation).AsTask(), cancellation);
        return name;
    }

    // One entry has one proof, however many items are about it.
    private string NameOf(LogProof proof)
    {
        if (!Checkpoint.TryParse(proof.Note.Text, out var checkpoint)) throw new ArgumentException("The proof has no checkpoint.", nameof(proof));
        var origin = checkpoint!.Origin; // Read on the line above.
        if (_proofs.TryGetValue((origin, proof.Index), out var known)) return known;
        return _proofs[(origin, proof.Index)] = string.Create(CultureInfo.InvariantCulture, $"{EvidencePack.ProofsFolder}{PrefixOf(origin)}-{proof.Index}.tlog-proof");
    }

    // "audit" of city.example/log/audit; another log of that name is told apart by a number.
    private string PrefixOf(string origin)
    {
        var last = new string([.. origin[(origin.LastIndexOf('/') + 1)..].Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_').Take(40)]);
        var prefix = last.Length == 0 ? "log" : last;
        for (var number = 2; _prefixes.TryGetValue(prefix, out var other) && other != origin; number++)
            prefix = string.Create(CultureInfo.InvariantCulture, $"{last}.{number}");
        _prefixes[prefix] = origin;
        return prefix;
    }

    private async Task WriteAsync(string name, Func<Stream, Task> content, CancellationToken cancellation, bool isShown = true)
    {
        if (!EvidencePack.IsName(name)) throw new ArgumentException($"'{name}' cannot be the name of a file.", nameof(name));
        if (_names.Count == EvidencePack.FilesMax) throw new EvidenceLimitException($"A pack has at most {EvidencePack.FilesMax} files.");
        if (!_names.Add(name)) throw new ArgumentException($"There is a file '{name}' already.", nameof(name));
        var entry = _zip.CreateEntry(name, CompressionLevel.Fastest);
        // Zips know no other years; what counts stands in evidence.json.
        if (_made.UtcDateTime.Year is >= 1980 and <= 2107) entry.LastWriteTime = _made.ToUniversalTime();
        var isProof = EvidencePack.IsProof(name);
        var copy = new PageCopy(isProof ? long.MaxValue : isShown ? EvidencePack.PageBytesMax - _pageBytes : 0);
        await using var target = await entry.OpenAsync(cancellation);
        await using var bounded = new CountingStream(target, Math.Min(EvidencePack.FileBytesMax, EvidencePack.BytesMax - _bytes), copy);
        await content(bounded);
        _bytes += bounded.Count;
        if (isProof && (_proofBytes += bounded.Count) > EvidencePack.ProofsBytesMax)
            throw new EvidenceLimitException($"The proofs of a pack have at most {EvidencePack.ProofsBytesMax} bytes.");
        if (!isShown || copy.Bytes is not { } held) return;
        _page[name] = held;
        if (!isProof && !EvidencePage.IsForPeople(name)) _pageBytes += held.Length;
    }
}
