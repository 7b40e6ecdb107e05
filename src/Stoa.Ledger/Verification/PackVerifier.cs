using System.Security.Cryptography;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Events;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Merkle;
using Stoa.Ledger.Witnesses;

namespace Stoa.Ledger.Verification;

/// <summary>Verifies evidence packs, with nothing but what it is given.</summary>
/// <param name="keys">Public keys of the logs that the pack may speak of.</param>
/// <param name="policy">Which witnesses are known and how many must have signed; null for no question of it.</param>
/// <param name="older">A checkpoint of one of the logs, kept from earlier; null for none.</param>
/// <param name="answer">SHA-256 of a file, in small hexadecimal digits, that is said to be the answer that an access in the pack got; null for none.</param>
public sealed class PackVerifier(IReadOnlyList<VerifierKey> keys, WitnessPolicy? policy, SignedNote? older, string? answer = null)
{
    // What a recorded access says of the body of its answer.
    private const string BodyMember = "sha256";

    // A consistency proof: a hash in base64 for each line.
    private const int ConsistencyBytesMax = Proofs.LengthMax * 45;

    // Files that nobody speaks of are named up to this many.
    private const int NamedMax = 20;

    private readonly CheckpointVerifier _checks = new(keys, policy, older);

    /// <summary>Verifies a pack: a zip, or a folder into which one was unpacked.</summary>
    public async Task<VerificationReport> VerifyAsync(string path, CancellationToken cancellation)
    {
        _checks.Clear();
        try
        {
            using var files = EvidenceFiles.Open(path);
            await VerifyAsync(files, cancellation);
        }
        catch (InvalidDataException damaged)
        {
            _checks.Say(Outcome.Wrong, $"The pack cannot be read: {damaged.Message}.");
        }

        return _checks.Report();
    }

    /// <summary>Verifies the files of a pack.</summary>
    internal async Task<VerificationReport> VerifyFilesAsync(EvidenceFiles files, CancellationToken cancellation)
    {
        _checks.Clear();
        await VerifyAsync(files, cancellation);
        return _checks.Report();
    }

    private async Task VerifyAsync(EvidenceFiles files, CancellationToken cancellation)
    {
        if (await ManifestAsync(files, cancellation) is not { } manifest) return;
        var entries = new PackEntries(files, _checks);
        if (manifest.Items.Count == 0)
            _checks.Say(Outcome.Wrong, $"{EvidencePack.ManifestName} says nothing of any file, so that the pack proves nothing.");
        var details = await DetailsAsync(files, manifest, cancellation);
        var body = answer is null ? null : new SoughtDigest(null, BodyMember, answer);
        var sought = new SoughtLines([.. details.Values.OfType<SoughtDigest>(), .. body is null ? Array.Empty<SoughtDigest>() : [body]]);
        foreach (var item in manifest.Items)
        {
            try
            {
                await VerifyAsync(files, entries, item, sought, cancellation);
            }
            catch (InvalidDataException damaged)
            {
                _checks.Say(Outcome.Wrong, $"{damaged.Message}.");
            }
        }

        foreach (var (item, digest) in details) SayDetail(item, digest, sought);
        if (body is not null) SayAnswer(body, sought);
        SayContradictions(entries);
        await CompareWithOlderAsync(files, entries, manifest, cancellation);
        await SayOthersAsync(files, entries, manifest, cancellation);
        SayLimits(manifest);
    }

    private async Task<EvidenceManifest?> ManifestAsync(EvidenceFiles files, CancellationToken cancellation)
    {
        if (await files.ReadAsync(EvidencePack.ManifestName, EvidencePack.ManifestBytesMax, cancellation) is not { } bytes)
            _checks.Say(Outcome.Wrong, $"{EvidencePack.ManifestName} is missing or too long: this is no evidence pack.");
        else if (EvidenceManifest.TryParse(bytes, out var manifest, out var fault)) return manifest;
        else _checks.Say(Outcome.Wrong, $"{EvidencePack.ManifestName} {CheckpointVerifier.Printable(fault ?? "")}.");
        return null;
    }

    private async Task VerifyAsync(EvidenceFiles files, PackEntries entries, EvidenceItem item, SoughtLines sought, CancellationToken cancellation)
    {
        switch (item)
        {
            case EntryItem one:
                await entries.TakeAsync(one.Proof, isShown: true, cancellation);
                break;
            case DigestItem one:
                await VerifyDigestAsync(files, one, await entries.TakeAsync(one.Proof, isShown: true, cancellation), cancellation);
                break;
            case CommitmentItem one:
                await VerifyCommitmentAsync(files, one, await entries.TakeAsync(one.Proof, isShown: true, cancellation), cancellation);
                break;
            case MembersItem one:
                await new MembersVerifier(files, entries, _checks, sought).VerifyAsync(one, cancellation);
                break;
            case DetailItem:
                // When all lines are verified.
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(item), item, "Unknown kind of item.");
        }
    }

    private async Task VerifyDigestAsync(EvidenceFiles files, DigestItem item, ProvenEntry? entry, CancellationToken cancellation)
    {
        if (files.LengthOf(item.File) is null) SayMissing(item.File);
        else if (entry?.Text("digest") is { } digest)
        {
            var found = await DigestOfAsync(files, item.File, cancellation);
            if ($"sha256:{found}" == digest)
                _checks.Say(Outcome.Proven, $"{item.File} is the file whose digest {entry.Name} holds, byte for byte.");
            else
                _checks.Say(Outcome.Wrong, $"{item.File} is not the file whose digest {entry.Name} holds: it was changed or exchanged. Its SHA-256 is {found}.");
        }
        else SayNothingOf(item.File, entry, "digest");
    }

    private async Task VerifyCommitmentAsync(EvidenceFiles files, CommitmentItem item, ProvenEntry? entry, CancellationToken cancellation)
    {
        if (await files.ReadAsync(item.File, EvidencePack.CommittedBytesMax, cancellation) is not { } value) SayMissing(item.File);
        else if (entry?.Text("commit") is { } commitment)
        {
            if (Commitment.Opens(commitment, item.Salt, value))
                _checks.Say(Outcome.Proven, $"{item.File} is what {entry.Name} holds a commitment to, byte for byte.");
            else
                _checks.Say(Outcome.Wrong,
                    $"{item.File} is not what {entry.Name} holds a commitment to: the file or its salt was changed or exchanged. It has to be canonical JSON; do not format it.");
        }
        else SayNothingOf(item.File, entry, "commit");
    }

    // Null for a file that is not there or cannot be read.
    private static async Task<Dictionary<DetailItem, SoughtDigest?>> DetailsAsync(EvidenceFiles files, EvidenceManifest manifest, CancellationToken cancellation)
    {
        var details = new Dictionary<DetailItem, SoughtDigest?>();
        foreach (var item in manifest.Items.OfType<DetailItem>())
        {
            try
            {
                details[item] = files.LengthOf(item.File) is null ? null : new(item.Lines, item.Member, await DigestOfAsync(files, item.File, cancellation));
            }
            catch (InvalidDataException)
            {
                details[item] = null;
            }
        }

        return details;
    }

    private void SayDetail(DetailItem item, SoughtDigest? digest, SoughtLines sought)
    {
        if (digest is null) SayMissing(item.File);
        else if (sought.PlaceOf(digest) is var (file, number))
            _checks.Say(Outcome.Proven, $"{item.File} is the file whose digest stands in {file}, line {number}, as '{item.Member}', byte for byte.");
        else
            _checks.Say(Outcome.Wrong, $"{item.File} is not proven: no line of {item.Lines} that is proven has its digest as '{item.Member}'. Its SHA-256 is {digest.Digest}.");
    }

    private void SayAnswer(SoughtDigest body, SoughtLines sought)
    {
        if (sought.PlaceOf(body) is var (file, number))
            _checks.Say(Outcome.Proven, $"The file that you hold is the answer of which {file}, line {number}, was recorded, byte for byte.");
        else
            _checks.Say(Outcome.Wrong, $"The file that you hold is not the answer that was recorded: no access that is proven here has the SHA-256 {body.Digest}.");
    }

    private static async Task<string> DigestOfAsync(EvidenceFiles files, string name, CancellationToken cancellation)
    {
        await using var stream = files.OpenFile(name);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation));
    }

    private async Task CompareWithOlderAsync(EvidenceFiles files, PackEntries entries, EvidenceManifest manifest, CancellationToken cancellation)
    {
        if (entries.Checkpoints.Count == 0 || _checks.TakeOlder("the pack") is not { } before) return;
        foreach (var other in entries.Checkpoints.Select(one => one.Origin).Distinct().Where(origin => origin != before.Origin))
            _checks.Say(Outcome.NotProven, $"Whether {other} is the log of earlier: the older checkpoint is that of {before.Origin}.");
        var later = entries.Checkpoints.Where(one => one.Origin == before.Origin).ToList();
        if (later.Count == 0)
            _checks.Say(Outcome.Wrong, $"The older checkpoint is of {before.Origin}, and the pack proves nothing about that log.");
        foreach (var now in later)
        {
            if (now.Size < before.Size)
                _checks.Say(Outcome.NotProven, $"Whether the log that had {now.Size} entries when the pack was made became the one with the {before.Size} of the " +
                    "older checkpoint: the pack is the older of the two. Ask for a new one.");
            else if (now.Size == before.Size || before.Size == 0) SayConsistent(before, now, []);
            else if (manifest.Consistency.FirstOrDefault(one => one.Log == now.Origin && one.From == before.Size && one.To == now.Size) is not { } named)
                _checks.Say(Outcome.NotProven, $"Whether the log goes on from the older checkpoint: the pack brings no proof from {before.Size} to {now.Size} entries. " +
                    "Ask for a pack that does, by the size of your checkpoint, or verify the log itself.");
            else if (await files.ReadAsync(named.File, ConsistencyBytesMax, cancellation) is { } bytes && TryHashes(bytes, out var hashes)) SayConsistent(before, now, hashes);
            else _checks.Say(Outcome.Wrong, $"{named.File} is missing, or no consistency proof: it was damaged.");
        }
    }

    private void SayConsistent(Checkpoint before, Checkpoint now, MerkleHash[] proof)
    {
        if (Proofs.IsConsistent(before.Size, before.Root, now.Size, now.Root, proof))
            _checks.Say(Outcome.Proven,
                $"The log begins with the {before.Size} entries of the older checkpoint: none of them was changed, removed or put elsewhere.");
        else if (now.Size == before.Size)
            _checks.Say(Outcome.Wrong,
                $"The log signed two roots for {now.Size} entries, in the pack and in the older checkpoint: its past was changed. Keep both: together they prove it.");
        else
            _checks.Say(Outcome.Wrong, $"It is not shown that the log begins with the {before.Size} entries of the older checkpoint: its past was changed, or the proof was.");
    }

    private static bool TryHashes(byte[] bytes, out MerkleHash[] hashes)
    {
        hashes = [];
        var text = System.Text.Encoding.Latin1.GetString(bytes);
        if (text.Length == 0) return true;
        if (text[^1] != '\n') return false;
        var lines = text[..^1].Split('\n');
        hashes = new MerkleHash[lines.Length];
        for (var i = 0; i < lines.Length; i++)
            if (!MerkleHash.TryParse(lines[i], out hashes[i])) return false;
        return true;
    }

    // Two checkpoints of one size with two roots cannot both be true, and both were signed.
    private void SayContradictions(PackEntries entries)
    {
        foreach (var log in entries.Checkpoints.GroupBy(one => one.Origin))
        {
            if (log.GroupBy(one => one.Size).Any(size => size.Distinct().Count() > 1))
                _checks.Say(Outcome.Wrong, $"{log.Key} signed two roots for one number of entries: it contradicts itself. Keep this pack: it proves it.");
            if (log.DistinctBy(one => one.Size).Count() > 1)
                _checks.Say(Outcome.NotProven, $"Whether the checkpoints of {log.Key} in this pack go on from each other: it has several. Verify the log itself.");
        }
    }

    private async Task SayOthersAsync(EvidenceFiles files, PackEntries entries, EvidenceManifest manifest, CancellationToken cancellation)
    {
        var readme = await files.ReadAsync(EvidencePack.ReadmeName, EvidencePack.ManifestBytesMax, cancellation);
        if (readme is not null && !readme.AsSpan().SequenceEqual(EvidenceReadme.Of(manifest)))
            _checks.Say(Outcome.NotProven, $"{EvidencePack.ReadmeName} is not the one that this version of Stoa writes: another version did, or it was changed. Nothing depends on it.");
        await SayPageAsync(files, entries, manifest, cancellation);
        var spoken = manifest.Names().Concat(entries.Names).Append(EvidencePack.ReadmeName).Append(EvidencePack.PageName).ToHashSet(StringComparer.Ordinal);
        var unspoken = files.Names.Where(name => !spoken.Contains(name)).ToList();
        foreach (var name in unspoken.Take(NamedMax))
            _checks.Say(Outcome.NotProven, $"{name}: {EvidencePack.ManifestName} does not speak of this file, and nothing is known of it.");
        if (unspoken.Count > NamedMax) _checks.Say(Outcome.NotProven, $"And {unspoken.Count - NamedMax} other files that {EvidencePack.ManifestName} does not speak of.");
    }

    private async Task SayPageAsync(EvidenceFiles files, PackEntries entries, EvidenceManifest manifest, CancellationToken cancellation)
    {
        if (files.LengthOf(EvidencePack.PageName) is null) return;
        var expected = await EvidencePage.OfAsync(manifest, files, entries.Names, cancellation);
        if (expected is not null && await files.ReadAsync(EvidencePack.PageName, expected.Length, cancellation) is { } page && page.AsSpan().SequenceEqual(expected))
            _checks.Say(Outcome.Proven, $"{EvidencePack.PageName} is the page that this version of Stoa makes of this pack.");
        else
            _checks.Say(Outcome.NotProven,
                $"{EvidencePack.PageName} is not the page that this version of Stoa makes of this pack: another version did, or it was changed. Do not rely on what it shows.");
    }

    private void SayLimits(EvidenceManifest manifest)
    {
        _checks.Say(Outcome.NotProven, $"What the pack says that it is about, '{CheckpointVerifier.Printable(manifest.About)}', and its titles: nobody signs them.");
        _checks.Say(Outcome.NotProven, "That nothing was left out: a pack holds what somebody chose to put in.");
        _checks.SayLimits();
    }

    private void SayMissing(string file) => _checks.Say(Outcome.Wrong, $"{file} is missing, or longer than it may be.");

    private void SayNothingOf(string file, ProvenEntry? entry, string member)
    {
        // Of an entry that is not proven it was said why.
        _checks.Say(Outcome.Wrong, entry is null
            ? $"{file} is not proven: see above what is wrong with the entry."
            : $"{file} is not proven: {entry.Name} has no '{member}', or is not canonical JSON.");
    }
}
