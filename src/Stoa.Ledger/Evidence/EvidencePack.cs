namespace Stoa.Ledger.Evidence;

/// <summary>The format of evidence packs, and its limits.</summary>
/// <remarks>
/// A pack is a zip: <c>evidence.json</c> says what each file is to prove, beside it are the files, the proofs (C2SP tlog-proof), and two
/// files for people. It is verified with the public key of the log and nothing else; see docs/ledger.md, "Evidence packs".
/// </remarks>
public static class EvidencePack
{
    /// <summary>Stands in <c>evidence.json</c>.</summary>
    public const string Format = "stoa-evidence/v1";

    /// <summary>Its media type.</summary>
    public const string MediaType = "application/zip";

    /// <summary>The file that says what the others are to prove.</summary>
    public const string ManifestName = "evidence.json";

    /// <summary>How to verify the pack, in plain words.</summary>
    public const string ReadmeName = "README.txt";

    /// <summary>The page that verifies the pack in a browser.</summary>
    public const string PageName = "verify.html";

    /// <summary>Where proofs are.</summary>
    internal const string ProofsFolder = "proofs/";

    /// <summary>Most files of a pack. A proof is one, so that it bounds the entries that a pack can speak of.</summary>
    public const int FilesMax = 4_096;

    /// <summary>Most items, and most consistency proofs.</summary>
    public const int ItemsMax = 4_096;

    /// <summary>Longest file, in bytes, unpacked.</summary>
    public const long FileBytesMax = 256L * 1024 * 1024;

    /// <summary>All files together, in bytes, unpacked: what a reader has to be ready for.</summary>
    public const long BytesMax = 512L * 1024 * 1024;

    /// <summary>Longest <c>evidence.json</c>, in bytes.</summary>
    public const int ManifestBytesMax = 4 * 1024 * 1024;

    /// <summary>Longest committed value, in bytes; it is hashed as a whole.</summary>
    public const int CommittedBytesMax = 16 * 1024 * 1024;

    /// <summary>Longest line of a file with a proof for each line, in bytes.</summary>
    public const int LineBytesMax = 1024 * 1024;

    /// <summary>Most lines of such a file.</summary>
    public const int LinesMax = 2_000_000;

    /// <summary>Proofs below <c>proofs/</c>, all together, in bytes: the page holds them.</summary>
    public const int ProofsBytesMax = 32 * 1024 * 1024;

    /// <summary>What the page holds of the other files, in bytes: beyond it browsers become slow. Files that do not fit are chosen by the reader.</summary>
    public const int PageBytesMax = 16 * 1024 * 1024;

    /// <summary>Longest name of a file, in characters.</summary>
    public const int NameLengthMax = 200;

    /// <summary>Longest title of an item, in characters.</summary>
    public const int TitleLengthMax = 300;

    /// <summary>Longest text of what a pack is about, in characters.</summary>
    public const int AboutLengthMax = 2_000;

    /// <summary>Whether a file is one of the proofs.</summary>
    internal static bool IsProof(string name) => name.StartsWith(ProofsFolder, StringComparison.Ordinal);

    /// <summary>Whether a file may have that name: parts of ASCII letters, digits, dot, dash, underscore, none of which begins or ends with a dot.</summary>
    /// <remarks>Such a name is the same on every system, and leads nowhere but into the folder where a pack is unpacked.</remarks>
    public static bool IsName(string text) => text.Length is > 0 and <= NameLengthMax && text.Split('/').All(part =>
        part.Length > 0 && part[0] != '.' && part[^1] != '.' && part.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_'));
}

/// <summary>A pack would be larger than packs may be; the message says which limit.</summary>
public sealed class EvidenceLimitException(string message) : Exception(message);
