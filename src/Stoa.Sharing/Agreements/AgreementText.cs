using System.Security.Cryptography;
using System.Text.Json;
using Stoa.Ledger.Canonical;
using Stoa.Sharing.Recording;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Agreements;

/// <summary>The canonical text of terms: what is hashed, signed and kept.</summary>
internal static class AgreementText
{
    /// <summary>Longest text that is read, in bytes.</summary>
    public const int BytesMax = 128 * 1024;

    /// <summary>The canonical JSON of the terms, UTF-8; the same terms give the same bytes always.</summary>
    public static byte[] Of(AgreementTerms terms) => CanonicalJson.Bytes(terms, SharingJson.Wire.AgreementTerms);

    /// <summary>SHA-256 of <see cref="Of"/>, in small hexadecimal digits.</summary>
    public static string Hash(AgreementTerms terms) => Convert.ToHexStringLower(SHA256.HashData(Of(terms)));

    /// <summary>Reads terms; a clause that this engine does not know is refused by its name, never left out in silence.</summary>
    public static Result<AgreementTerms> Read(ReadOnlySpan<byte> json)
    {
        if (json.Length > BytesMax) return NotEvaluable("", $"An agreement takes at most {BytesMax} bytes.").With("limit", BytesMax);
        try
        {
            return JsonSerializer.Deserialize(json, SharingJson.Wire.AgreementTerms) is { } terms
                ? terms
                : NotEvaluable("", "An agreement is a JSON object.");
        }
        catch (JsonException error)
        {
            return NotEvaluable(error.Path is ['$', '.', .. var path] ? path : "",
                "The engine does not know this clause or this value of it, or it misses one that it needs, and does not sign " +
                "what it cannot evaluate. Say it with the clauses there are.");
        }
    }

    /// <summary>400: a clause cannot be evaluated.</summary>
    internal static Problem NotEvaluable(string clause, string detail) =>
        new Problem(400, "clause-not-evaluable", "A clause cannot be evaluated", detail).With("clause", clause);
}
