using System.Security.Cryptography;
using System.Text;

namespace Stoa.Ledger.Events;

/// <summary>Stands in a log for a value that must not stand there: whoever has value and salt can show that it is the one.</summary>
/// <remarks>
/// SHA-256 over "stoa/commit/v1", 32 random bytes and the canonical JSON of the value. Salt and value are kept in the database; when both are
/// deleted, what is left proves that something was there and not what: without the salt no guess can be tried.
/// </remarks>
public static class Commitment
{
    /// <summary>Length of the salt, in bytes.</summary>
    public const int SaltLength = 32;

    private static readonly byte[] Start = Encoding.ASCII.GetBytes("stoa/commit/v1");

    /// <summary>A salt for one value.</summary>
    public static byte[] NewSalt() => RandomNumberGenerator.GetBytes(SaltLength);

    /// <summary>The commitment, as entries have it.</summary>
    /// <param name="salt">Of this value alone.</param>
    /// <param name="value">Canonical JSON.</param>
    public static string Of(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(salt.Length, SaltLength);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Start);
        hash.AppendData(salt);
        hash.AppendData(value);
        return $"sha256:{Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    /// <summary>Whether a commitment is that of a value.</summary>
    public static bool Opens(string commitment, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> value) =>
        salt.Length == SaltLength && Of(salt, value) == commitment;
}
