using Stoa.Ledger.Checkpoints;

namespace Stoa.Ledger.Witnesses;

/// <summary>For whom this program is a witness, and who are its own.</summary>
/// <param name="BaseAddress">Where users reach it; the name of a new key is made from it.</param>
/// <param name="Folder">Where secret keys are kept.</param>
public sealed record WitnessOptions(Uri BaseAddress, string Folder)
{
    /// <summary>Name of the file with the secret keys.</summary>
    public const string KeyFileName = "witness.key";

    /// <summary>File with the logs that are watched, lines <c>log</c> of C2SP tlog-policy; null: this program is no witness.</summary>
    public string? LogsFile { get; init; }

    /// <summary>File with the witnesses of our own logs and their quorum (C2SP tlog-policy); null: there are none.</summary>
    public string? PolicyFile { get; init; }

    internal string KeyPath => Path.Combine(Folder, KeyFileName);

    /// <summary>The logs that are watched.</summary>
    /// <exception cref="InvalidDataException">The file is not there or holds something else.</exception>
    internal IReadOnlyList<TrustedLog> ReadLogs()
    {
        if (LogsFile is null) return [];
        var policy = Witnesses.PolicyFile.Read("ledger.witness.logs", LogsFile);
        return policy.Logs.Count > 0 ? policy.Logs : throw new InvalidDataException($"ledger.witness.logs: {LogsFile} has no line that begins with 'log'.");
    }

    /// <summary>The keys that checkpoints of others are cosigned with; the first time they are asked for, one is made.</summary>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    internal IReadOnlyList<SignerKey> ReadKeys()
    {
        if (!Ed25519.IsSupported) throw new InvalidDataException("OpenSSL 3 was not found. A witness needs it (Debian: apt-get install libssl3).");
        var keys = KeyFile.OpenOrMake(KeyPath, NameOf(BaseAddress), SignatureType.CosignatureV1);
        return keys.All(key => key.Verifier.Type == SignatureType.CosignatureV1)
            ? keys
            : throw new InvalidDataException($"{KeyPath} holds a key of another kind than that of cosignatures. Put back the file as it was.");
    }

    // A name is an address without scheme (C2SP tlog-cosignature, "Format").
    private static string NameOf(Uri address) => $"{address.Authority}{address.AbsolutePath.TrimEnd('/')}/witness";
}
