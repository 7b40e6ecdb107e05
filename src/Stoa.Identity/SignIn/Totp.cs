using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Stoa.Identity.SignIn;

/// <summary>Codes of six digits that change every half minute (RFC 6238 over HMAC-SHA-1, as every generator has it).</summary>
public static class Totp
{
    /// <summary>Bytes of a secret: the length of the hash (RFC 4226, section 4).</summary>
    public const int SecretBytes = 20;

    private const int PeriodSeconds = 30;

    // A clock may be half a minute wrong either way, and a code takes time to be typed (RFC 6238, section 5.2).
    private const int StepsAround = 1;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>The number of the half minute.</summary>
    public static long StepAt(DateTimeOffset time) => time.ToUnixTimeSeconds() / PeriodSeconds;

    /// <summary>The code of a step.</summary>
    /// <param name="secret">What generator and server share.</param>
    /// <param name="step">See <see cref="StepAt"/>.</param>
    /// <param name="digits">6, or 8 for the test vectors of the RFC.</param>
    public static string CodeAt(ReadOnlySpan<byte> secret, long step, int digits = 6)
    {
        Span<byte> counter = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // The RFC's default; HMAC does not rest on what is broken in SHA-1, and generators know no other.
        HMACSHA1.HashData(secret, counter, hash);
#pragma warning restore CA5350
        var offset = hash[^1] & 0xf;
        var number = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(hash[offset..]) & 0x7fff_ffff;
        var modulus = 1u;
        for (var i = 0; i < digits; i++) modulus *= 10;
        return (number % modulus).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
    }

    /// <summary>The step whose code this is, near the time and later than the last one taken; null for none.</summary>
    /// <remarks>Every code around is compared, each in the same time.</remarks>
    public static long? Match(ReadOnlySpan<byte> secret, string code, DateTimeOffset now, long lastStep)
    {
        long? found = null;
        var typed = Encoding.ASCII.GetBytes(code);
        for (var step = StepAt(now) - StepsAround; step <= StepAt(now) + StepsAround; step++)
        {
            var isEqual = CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(CodeAt(secret, step)), typed);
            if (isEqual && step > lastStep) found ??= step;
        }

        return found;
    }

    /// <summary>A secret as generators take it when it is typed.</summary>
    public static string ToBase32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        int bits = 0, pending = 0;
        foreach (var value in bytes)
        {
            pending = (pending << 8) | value;
            for (bits += 8; bits >= 5; bits -= 5) text.Append(Alphabet[(pending >> (bits - 5)) & 31]);
            pending &= (1 << bits) - 1;
        }

        if (bits > 0) text.Append(Alphabet[(pending << (5 - bits)) & 31]);
        return text.ToString();
    }

    /// <summary>The address by which a generator takes the secret from a link.</summary>
    public static string Address(string issuer, string login, ReadOnlySpan<byte> secret) =>
        $"otpauth://totp/{Uri.EscapeDataString(issuer)}:{Uri.EscapeDataString(login)}?secret={ToBase32(secret)}&issuer={Uri.EscapeDataString(issuer)}";
}
