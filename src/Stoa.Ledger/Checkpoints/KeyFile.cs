namespace Stoa.Ledger.Checkpoints;

/// <summary>A file with secret keys, one to a line, readable for its owner alone. The first line is the key that signs; those after it were
/// before it and sign along until they are taken out.</summary>
public static class KeyFile
{
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Keys of one file: some 100 bytes each.
    private const int BytesMax = 64 * 1024;

    /// <summary>Reads the keys of a file, or makes the file with a new key.</summary>
    /// <exception cref="InvalidDataException">The file holds something else, or others may read it.</exception>
    public static IReadOnlyList<SignerKey> OpenOrMake(string path, string name, SignatureType type)
    {
        if (!File.Exists(path))
        {
            var made = SignerKey.Generate(name, type);
            Write(path, [made]);
            return [made];
        }

        return Open(path);
    }

    /// <summary>Reads the keys of a file.</summary>
    /// <exception cref="InvalidDataException">The file holds something else, or others may read it.</exception>
    public static IReadOnlyList<SignerKey> Open(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerAlone) != 0)
            throw new InvalidDataException($"Others than its owner may read or write the secret key {path}. Give it the rights 0600, and replace the key if somebody had it.");
        if (new FileInfo(path).Length > BytesMax) throw new InvalidDataException($"{path} is no file of secret keys.");
        var keys = new List<SignerKey>();
        foreach (var line in File.ReadAllLines(path))
        {
            if (line.Length == 0) continue;
            if (!SignerKey.TryParse(line, out var key))
                throw new InvalidDataException($"{path} holds a line that is no secret key. Put back the file as it was.");
            keys.Add(key!); // Read on the line above.
        }

        return keys.Count > 0 ? keys : throw new InvalidDataException($"{path} holds no key. Put back the file as it was.");
    }

    /// <summary>Writes keys into a file, whole or not at all.</summary>
    public static void Write(string path, IReadOnlyList<SignerKey> keys) =>
        DurableFile.Write(path, System.Text.Encoding.ASCII.GetBytes(string.Concat(keys.Select(key => key.ToSecret() + "\n"))), OwnerAlone);
}
