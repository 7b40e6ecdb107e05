using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;

namespace Stoa.Ledger.Anchoring;

/// <summary>A time-stamp authority.</summary>
/// <param name="Address">Where it takes requests (RFC 3161, 3.4).</param>
/// <param name="RootsFile">PEM file with the certificates that it must be traced back to; null: those that the system trusts.</param>
/// <param name="Period">How often the checkpoint of a log that has grown is stamped.</param>
public sealed record TimestampOptions(Uri Address, string? RootsFile, TimeSpan Period);

/// <summary>Asks a time-stamp authority, and takes no answer that it has not verified.</summary>
/// <remarks>RFC 3161. Whether the authority's certificate was revoked is not asked: that would be another server for each stamp; who relies on a stamp asks then.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "Lives as long as the program.")]
internal sealed class TimestampAuthority
{
    private const string Query = "application/timestamp-query";
    private const int NonceLength = 8;

    private readonly TimestampOptions _options;
    private readonly TimeProvider _time;
    private readonly X509Certificate2Collection? _roots;
    private readonly HttpClient _http;

    /// <summary>For the authority of the options.</summary>
    /// <exception cref="InvalidDataException">The file with its roots cannot be used.</exception>
    public TimestampAuthority(TimestampOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _roots = options.RootsFile is { } file ? ReadRoots(file) : null;
        _http = OutsideHttp.Client();
    }

    /// <summary>Has bytes stamped.</summary>
    /// <exception cref="CryptographicException">What was answered is no valid stamp of them.</exception>
    /// <exception cref="HttpRequestException">Nothing was answered.</exception>
    public async Task<Rfc3161TimestampToken> StampAsync(byte[] data, CancellationToken cancellation)
    {
        var request = Rfc3161TimestampRequest.CreateFromData(
            data, HashAlgorithmName.SHA256, nonce: Nonce(), requestSignerCertificates: true);
        using var message = new HttpRequestMessage(HttpMethod.Post, _options.Address) { Content = new ByteArrayContent(request.Encode()) };
        message.Content.Headers.ContentType = new(Query);
        using var answer = await _http.SendAsync(message, cancellation);
        if (!answer.IsSuccessStatusCode) throw new HttpRequestException($"The time-stamp authority answered with status {(int)answer.StatusCode}.");
        // Checks that the token is of this request: hash, nonce, and a signature by a certificate that is for time stamps.
        var token = request.ProcessResponse(await answer.Content.ReadAsByteArrayAsync(cancellation), out _);
        Check(token, data);
        return token;
    }

    private void Check(Rfc3161TimestampToken token, byte[] data)
    {
        var others = token.AsSignedCms().Certificates;
        if (!token.VerifySignatureForData(data, out var signer, others)) throw new CryptographicException("The signature of the time stamp is not valid.");
        var at = token.TokenInfo.Timestamp;
        if ((at - _time.GetUtcNow()).Duration() > AnchoringLimits.ClockDifferenceMax)
            throw new CryptographicException($"The time stamp says {at:yyyy-MM-dd'T'HH:mm:ss'Z'}: one of the two clocks is wrong.");
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = at.LocalDateTime;
        chain.ChainPolicy.ExtraStore.AddRange(others);
        if (_roots is not null)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(_roots);
        }

        if (!chain.Build(signer!)) // It is there when the signature is valid.
            throw new CryptographicException("The certificate of the time-stamp authority is not trusted: " +
                string.Join(", ", chain.ChainStatus.Select(status => status.Status)) + ". Name its root in ledger.timestamp.authority.");
    }

    private static byte[] Nonce()
    {
        var nonce = RandomNumberGenerator.GetBytes(NonceLength);
        // A positive number without leading zeroes: some authorities write it anew, and it must come back as it went.
        nonce[0] = (byte)((nonce[0] & 0x7f) | 0x40);
        return nonce;
    }

    private static X509Certificate2Collection ReadRoots(string file)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPemFile(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new InvalidDataException($"ledger.timestamp.authority: {file} cannot be read as certificates in PEM: {error.Message}", error);
        }

        return roots.Count > 0 ? roots : throw new InvalidDataException($"ledger.timestamp.authority: {file} holds no certificate.");
    }
}
