using System.Text.Json;

namespace Stoa.Ledger.Verification;

/// <summary>A digest that is looked for in lines that are proven.</summary>
/// <param name="Lines">In which file; null for any with accesses.</param>
/// <param name="Member">As which member.</param>
/// <param name="Digest">SHA-256 in small hexadecimal digits.</param>
internal sealed record SoughtDigest(string? Lines, string Member, string Digest);

/// <summary>The digests that are looked for while lines are verified one by one, and where they were found.</summary>
internal sealed class SoughtLines(IReadOnlyList<SoughtDigest> all)
{
    private const string DigestStart = "sha256:";

    private readonly Dictionary<SoughtDigest, (string File, long Number)> _found = [];

    /// <summary>Where it stands; null when it does in no line that is proven.</summary>
    public (string File, long Number)? PlaceOf(SoughtDigest sought) => _found.TryGetValue(sought, out var place) ? place : null;

    /// <summary>Takes a line that is proven.</summary>
    /// <param name="file">Where it stands.</param>
    /// <param name="number">Which one, from 1.</param>
    /// <param name="line">The line.</param>
    /// <param name="isAccess">Whether it is one of a batch of accesses.</param>
    public void Take(string file, long number, ReadOnlyMemory<byte> line, bool isAccess)
    {
        JsonElement? members = null;
        foreach (var one in all)
        {
            if (one.Lines is null ? !isAccess : one.Lines != file) continue;
            if ((members ??= ProvenEntry.Read(line.ToArray())) is not { } read) return;
            if (Has(read, one) || (one.Lines is null && AccessesOf(read).Any(access => Has(access, one)))) _found.TryAdd(one, (file, number));
        }
    }

    // Accesses that have the rest in common are one line.
    private static IEnumerable<JsonElement> AccessesOf(JsonElement line) =>
        line.TryGetProperty("accesses", out var accesses) && accesses.ValueKind == JsonValueKind.Array
            ? accesses.EnumerateArray().Where(access => access.ValueKind == JsonValueKind.Object)
            : [];

    private static bool Has(JsonElement members, SoughtDigest sought) =>
        members.TryGetProperty(sought.Member, out var member) && member.ValueKind == JsonValueKind.String && DigestOf(member.GetString()!) == sought.Digest; // A text.

    private static string DigestOf(string text) => text.StartsWith(DigestStart, StringComparison.Ordinal) ? text[DigestStart.Length..] : text;
}
