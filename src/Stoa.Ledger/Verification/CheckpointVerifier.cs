using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Witnesses;

namespace Stoa.Ledger.Verification;

/// <summary>Says who signed a checkpoint; what logs, proofs and packs are verified by alike.</summary>
/// <param name="keys">Public keys of logs, one or more for each; the name of a key is its log's origin.</param>
/// <param name="policy">Which witnesses are known and how many must have signed; null for no question of it.</param>
/// <param name="older">A checkpoint of one of the logs, kept from earlier; null for none.</param>
internal sealed class CheckpointVerifier(IReadOnlyList<VerifierKey> keys, WitnessPolicy? policy, SignedNote? older)
{
    // In bytes: some lines of a terminal.
    private const int ShownMax = 2000;

    private readonly List<Finding> _findings = [];

    /// <summary>Whether an older checkpoint was given.</summary>
    public bool HasOlder => older is not null;

    /// <summary>Forgets what was said.</summary>
    public void Clear() => _findings.Clear();

    /// <summary>What was said.</summary>
    public VerificationReport Report() => new([.. _findings]);

    /// <summary>Adds a finding.</summary>
    public void Say(Outcome outcome, string text) => _findings.Add(new(outcome, text));

    /// <summary>The checkpoint of a note; null when it is none, or nobody whose key is known signed it: then that was said.</summary>
    public Checkpoint? Take(ReadOnlySpan<byte> bytes)
    {
        if (SignedNote.TryParse(bytes, out var note)) return Take(note!); // Read on this line.
        Say(Outcome.Wrong, "The checkpoint is not one, or was damaged.");
        return null;
    }

    /// <summary>The checkpoint of a note; null when it is none, or nobody whose key is known signed it: then that was said.</summary>
    public Checkpoint? Take(SignedNote note)
    {
        if (!Checkpoint.TryParse(note.Text, out var checkpoint))
        {
            Say(Outcome.Wrong, "The checkpoint is not one, or was damaged.");
            return null;
        }

        var origin = checkpoint!.Origin; // Read on a line above.
        if (KeysOf(origin) is not [_, ..])
        {
            var names = string.Join("', '", keys.Select(key => key.Name).Distinct(StringComparer.Ordinal));
            Say(Outcome.Wrong, $"The checkpoint is of '{Printable(origin)}', and the key is that of '{names}'.");
            return null;
        }

        if (!IsSigned(note, origin))
        {
            Say(Outcome.Wrong, $"The checkpoint is not signed with the key of {origin}: it was changed, or made by somebody else.");
            return null;
        }

        Say(Outcome.Proven, $"{origin} signed that it holds {checkpoint.Size} entries with the root {checkpoint.Root}.");
        TakeWitnesses(note, origin);
        return checkpoint;
    }

    /// <summary>The older checkpoint; null when there is none, or it is not signed by a log whose key is known: then that was said.</summary>
    public Checkpoint? TakeOlder(string what)
    {
        if (older is null)
        {
            Say(Outcome.NotProven, $"Whether the log is the one of earlier: no older checkpoint was given. Keep {what} for the next time.");
            return null;
        }

        if (Checkpoint.TryParse(older.Text, out var before) && IsSigned(older, before!.Origin)) return before; // Read before it is asked.
        Say(Outcome.Wrong, "The older checkpoint is not one of this log, signed with this key.");
        return null;
    }

    /// <summary>What no log proves.</summary>
    public void SayLimits() =>
        Say(Outcome.NotProven, "That what an entry says is true: the log shows what was recorded and when it was there, not that it was right.");

    /// <summary>What was proven has to be seen: its text where it is one, and its hash where it is long or none.</summary>
    public static string Shown(ReadOnlySpan<byte> entry)
    {
        try
        {
            if (entry.Length <= ShownMax && new UTF8Encoding(false, true).GetString(entry) is var text && !text.Any(char.IsControl)) return text;
        }
        catch (DecoderFallbackException)
        {
        }

        return string.Create(CultureInfo.InvariantCulture, $"{entry.Length} bytes with the SHA-256 {Convert.ToHexStringLower(SHA256.HashData(entry))}");
    }

    /// <summary>What comes from a file, as it is shown to people on a terminal.</summary>
    public static string Printable(string text)
    {
        var cut = text.Length > 200 ? text[..200] + "…" : text;
        return new([.. cut.Select(letter => char.IsControl(letter) ? '?' : letter)]);
    }

    private VerifierKey[] KeysOf(string origin) => [.. keys.Where(key => key.Name == origin)];

    // One key is enough, as while keys are changed; but none that stands there may be wrong (C2SP signed-note).
    private bool IsSigned(SignedNote note, string origin) =>
        KeysOf(origin) is var known && known.Any(note.IsSignedBy) && known.All(key => !key.Stands(note) || note.IsSignedBy(key));

    private void TakeWitnesses(SignedNote note, string origin)
    {
        if (policy is { Logs.Count: > 0 } && !KeysOf(origin).Any(key => note.IsSignedBy(key) && policy.Logs.Any(log => log.Key.Equals(key))))
            Say(Outcome.Wrong, $"The policy does not trust the key of {origin}.");
        if (policy is null || policy.AsksNobody)
        {
            Say(Outcome.NotProven, "Whether everybody is shown the same log: no witnesses were asked for. Give a policy that names some.");
            return;
        }

        // C2SP signed-note: where a known key's signature does not verify, the whole note is refused.
        foreach (var forged in policy.Witnesses.Where(one => one.Key.Stands(note) && !note.IsSignedBy(one.Key)))
            Say(Outcome.Wrong, $"The cosignature of {forged.Name} is not that witness's: it was changed, or made by somebody else.");
        var seen = policy.Witnesses.Select(witness => (witness.Name, Time: note.TimeOf(witness.Key))).Where(one => one.Time is not null).ToList();
        var names = string.Join(", ", seen.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Name} at {one.Time:yyyy-MM-dd HH:mm:ss} UTC")));
        if (policy.IsMetBy(note)) Say(Outcome.Proven, $"As many witnesses as the policy asks for saw the log so, and saw it only grow: {names}.");
        else
            Say(Outcome.Wrong, seen.Count == 0
                ? "None of the policy's witnesses signed the checkpoint: others may be shown another log."
                : $"Fewer witnesses signed the checkpoint than the policy asks for: {names}. Others may be shown another log.");
    }
}
