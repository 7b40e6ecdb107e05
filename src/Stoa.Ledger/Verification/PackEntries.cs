using System.Security.Cryptography;
using System.Text.Json;
using Stoa.Ledger.Canonical;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Evidence;
using Stoa.Ledger.Merkle;

namespace Stoa.Ledger.Verification;

/// <summary>An entry that is in a log whose key is known.</summary>
/// <param name="Origin">Of the log.</param>
/// <param name="Index">Where it is there.</param>
/// <param name="Bytes">The entry.</param>
internal sealed record ProvenEntry(string Origin, long Index, byte[] Bytes)
{
    private readonly JsonElement? _members = Read(Bytes);

    /// <summary>As it is spoken of.</summary>
    public string Name => $"entry {Index} of {Origin}";

    /// <summary>A text among its members; null when there is none, or the entry is not canonical JSON.</summary>
    public string? Text(string member) => Member(member, JsonValueKind.String)?.GetString();

    /// <summary>A number of something among its members; null when there is none, or the entry is not canonical JSON.</summary>
    public long? Count(string member) =>
        Member(member, JsonValueKind.Number) is { } number && Checkpoint.TryParseSize(number.GetRawText(), out var count) ? count : null;

    private JsonElement? Member(string name, JsonValueKind kind) =>
        _members is { } members && members.TryGetProperty(name, out var member) && member.ValueKind == kind ? member : null;

    /// <summary>The members of an object; null when it is none, or not canonical: of a text that is not two readers may understand two things.</summary>
    internal static JsonElement? Read(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.ValueKind == JsonValueKind.Object && CanonicalJson.Bytes(document.RootElement).AsSpan().SequenceEqual(bytes)
                ? document.RootElement.Clone() : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>The entries that a pack brings along, each proven once.</summary>
internal sealed class PackEntries(EvidenceFiles files, CheckpointVerifier checks)
{
    private readonly Dictionary<string, ProvenEntry?> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Checkpoint?> _notes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);

    /// <summary>Names of the proofs that were asked for.</summary>
    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>The checkpoints that are signed.</summary>
    public IReadOnlyList<Checkpoint> Checkpoints => [.. _notes.Values.OfType<Checkpoint>().Distinct()];

    /// <summary>The entry that a proof is of; null when that is not shown, and then it was said.</summary>
    /// <param name="name">Of the proof.</param>
    /// <param name="isShown">Whether to say what the entry says.</param>
    /// <param name="cancellation">Ends the work.</param>
    public async Task<ProvenEntry?> TakeAsync(string name, bool isShown, CancellationToken cancellation)
    {
        if (!_entries.TryGetValue(name, out var entry)) entry = _entries[name] = await ReadAsync(name, cancellation);
        if (entry is null || !isShown || !_shown.Add(name)) return entry;
        checks.Say(Outcome.Proven, $"This is {entry.Name}, byte for byte: {CheckpointVerifier.Shown(entry.Bytes)}");
        return entry;
    }

    private async Task<ProvenEntry?> ReadAsync(string name, CancellationToken cancellation)
    {
        if (await files.ReadAsync(name, LogProof.BytesMax, cancellation) is not { } bytes)
            checks.Say(Outcome.Wrong, $"{name} is missing, or longer than a proof may be.");
        else if (!LogProof.TryParse(bytes, out var proof))
            checks.Say(Outcome.Wrong, $"{name} is not a proof of inclusion, or was damaged.");
        else if (Take(proof!.Note) is not { } checkpoint) // Read on the line above.
            checks.Say(Outcome.Wrong, $"{name} proves nothing, as its checkpoint is not to be believed.");
        else if (proof.Extra is not { } entry)
            checks.Say(Outcome.Wrong, $"{name} brings no entry along, so that it proves nothing.");
        else if (entry.Length > EntryBundle.EntryBytesMax || !proof.Includes(MerkleTree.Leaf(entry)))
            checks.Say(Outcome.Wrong, $"The entry in {name} is not the one that {checkpoint.Origin} holds at {proof.Index}: one of the two was changed.");
        else return new(checkpoint.Origin, proof.Index, entry);
        return null;
    }

    // All proofs of a pack stand under one checkpoint as a rule: who signed it is said once.
    private Checkpoint? Take(SignedNote note)
    {
        var key = Convert.ToHexStringLower(SHA256.HashData(note.ToBytes()));
        return _notes.TryGetValue(key, out var known) ? known : _notes[key] = checks.Take(note);
    }
}
