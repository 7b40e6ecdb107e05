using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Stoa.Sensing.Feed;
using Stoa.Storage;

namespace Stoa.Sensing.Http;

/// <summary>Says that somebody has seen what a DELETE of many would remove, and wants it.</summary>
/// <remarks>
/// Bound to the credential, the address, the filter and the numbers; made and checked by a key that lives in the database, so it
/// needs no table, is good at every node, and is worth nothing after a restore.
/// </remarks>
internal sealed class ConfirmationToken(Database database, TimeProvider time)
{
    /// <summary>Long enough to look at the numbers, too short to be found in an old log.</summary>
    internal static readonly TimeSpan ValidFor = TimeSpan.FromMinutes(5);

    private byte[]? _key;

    /// <summary>Reads the key, once; the others need it.</summary>
    internal async ValueTask PrepareAsync(CancellationToken cancellation)
    {
        if (_key is not null) return;
        using var session = await database.ReadAsync(cancellation);
        // One key for each use.
        _key = HMACSHA256.HashData(ChangeLog.ReadKey(session), "confirmation"u8);
    }

    /// <summary>A token and the moment at which it expires.</summary>
    internal (string Text, DateTimeOffset Expires) Make(string request, string counts)
    {
        var expires = time.GetUtcNow() + ValidFor;
        var seconds = expires.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var plain = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{seconds};{counts}"));
        return ($"{plain}.{Base64Url.EncodeToString(Sign(request, plain))}", DateTimeOffset.FromUnixTimeSeconds(expires.ToUnixTimeSeconds()));
    }

    /// <summary>The numbers that were seen; null when the token is another request's, another credential's, made up or over.</summary>
    internal string? Open(string request, string token)
    {
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || token.Length > 1000 || !Base64Url.IsValid(token.AsSpan(0, dot)) || !Base64Url.IsValid(token.AsSpan(dot + 1)))
            return null;
        var plain = token[..dot];
        if (!CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(token.AsSpan(dot + 1)), Sign(request, plain))) return null;
        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(plain)).Split(';', 2);
        return long.Parse(parts[0], CultureInfo.InvariantCulture) > time.GetUtcNow().ToUnixTimeSeconds() ? parts[1] : null;
    }

    private byte[] Sign(string request, string plain) => HMACSHA256.HashData(
        _key ?? throw new InvalidOperationException("The key was not read."), Encoding.UTF8.GetBytes($"{plain}\n{request}"));
}
