using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn.OpenId;

/// <summary>What a provider says of itself (OpenID Connect Discovery 1.0, section 3), as far as it is needed.</summary>
/// <param name="Authorization">Where people go.</param>
/// <param name="Token">Where a code is redeemed.</param>
/// <param name="Keys">Where its keys are.</param>
/// <param name="TakesBasic">Whether it takes the client's secret in a header, else it takes it in the form.</param>
/// <param name="NamesItself">Whether its answers carry who made them (RFC 9207, section 3).</param>
internal sealed record ProviderMetadata(Uri Authorization, Uri Token, Uri Keys, bool TakesBasic, bool NamesItself);

/// <summary>Asks the provider: what it says of itself, its keys, and what a code is worth.</summary>
/// <remarks>
/// Every answer has a time, a size and the host that it was asked of: redirects are not followed. What was read is kept for
/// <see cref="OpenIdLimits.KnownTime"/>, and longer while the provider does not answer.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Lives as long as the program.")]
internal sealed partial class OpenIdProvider
{
    private readonly OpenIdOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<OpenIdProvider> _log;
    private readonly HttpClient _http;
    private readonly SemaphoreSlim _reading = new(1);
    private readonly SemaphoreSlim _redeeming = new(OpenIdLimits.RedeemedAtOnceMax);
    private volatile Known? _known;
    private DateTimeOffset? _failed;

    internal OpenIdProvider(OpenIdOptions options, TimeProvider time, ILogger<OpenIdProvider> log)
    {
        _options = options;
        _time = time;
        _log = log;
        _http = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = options.Timeout, PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            Timeout = options.Timeout, MaxResponseContentBufferSize = OpenIdLimits.AnswerBytesMax,
        };
        _http.DefaultRequestHeaders.Accept.Add(new("application/json"));
    }

    /// <summary>What the provider says of itself and its keys; 503 when it does not say it.</summary>
    internal async Task<Result<Known>> DescribeAsync(CancellationToken cancellation)
    {
        if (_known is { } known && _time.GetUtcNow() - known.Read < OpenIdLimits.KnownTime) return known;
        return await ReadAsync(before => _time.GetUtcNow() - before.Read < OpenIdLimits.KnownTime, ReadAllAsync, cancellation);
    }

    /// <summary>The keys anew, for a token that names one that is not known; the same ones when they were read lately.</summary>
    internal async Task<Result<Known>> RefreshKeysAsync(CancellationToken cancellation) =>
        await ReadAsync(before => _time.GetUtcNow() - before.KeysRead < OpenIdLimits.KeysPeriod, ReadKeysAsync, cancellation);

    /// <summary>Redeems a code (RFC 6749, 4.1.3).</summary>
    /// <returns>The ID token; 400 when the provider does not take the code, 429 when too many are redeemed, 503 when it does not answer.</returns>
    internal async Task<Result<string>> RedeemAsync(string code, string verifier, string redirect, CancellationToken cancellation)
    {
        var described = await DescribeAsync(cancellation);
        if (!described.TryGet(out var known, out var problem)) return problem;
        if (!await _redeeming.WaitAsync(0, CancellationToken.None)) return Busy;
        try
        {
            using var request = RequestOf(known.Metadata, code, verifier, redirect);
            using var response = await _http.SendAsync(request, cancellation);
            var answer = OpenIdJson.Parse(await response.Content.ReadAsByteArrayAsync(cancellation));
            if (response.IsSuccessStatusCode && answer is { } json && OpenIdJson.Text(json, "id_token") is { } token) return token;
            // One of the words of RFC 6749, 5.2, or nothing: what it says beside is not ours to write down.
            LogCodeRefused((int)response.StatusCode, KnownError(answer));
            return (int)response.StatusCode >= 500 ? Unavailable : OpenIdClient.Refused;
        }
        catch (Exception error) when (error is InvalidDataException || IsNoAnswer(error, cancellation))
        {
            // The first: the file with the secret cannot be read any more.
            LogNoAnswer(known.Metadata.Token.Host, error.Message);
            return Unavailable;
        }
        finally
        {
            _redeeming.Release();
        }
    }

    private HttpRequestMessage RequestOf(ProviderMetadata metadata, string code, string verifier, string redirect)
    {
        var form = new List<KeyValuePair<string, string>>
        {
            new("grant_type", "authorization_code"), new("code", code), new("redirect_uri", redirect), new("code_verifier", verifier),
        };
        var request = new HttpRequestMessage(HttpMethod.Post, metadata.Token);
        var secret = _options.ReadSecret();
        if (secret is not null && metadata.TakesBasic)
        {
            // Both are form-encoded first (RFC 6749, 2.3.1).
            var pair = $"{FormEncoded(_options.ClientId)}:{FormEncoded(secret)}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(pair)));
        }
        else
        {
            form.Add(new("client_id", _options.ClientId));
            if (secret is not null) form.Add(new("client_secret", secret));
        }

        request.Content = new FormUrlEncodedContent(form);
        return request;
    }

    private async Task<Result<Known>> ReadAsync(
        Func<Known, bool> isFresh, Func<Known?, CancellationToken, Task<Known>> read, CancellationToken cancellation)
    {
        await _reading.WaitAsync(cancellation);
        try
        {
            var before = _known;
            if (before is not null && isFresh(before)) return before;
            if (_failed is { } failed && _time.GetUtcNow() - failed < OpenIdLimits.FailurePause) return before is null ? Unavailable : before;
            try
            {
                var known = await read(before, cancellation);
                (_known, _failed) = (known, null);
                return known;
            }
            catch (Exception error) when (error is InvalidDataException || IsNoAnswer(error, cancellation))
            {
                _failed = _time.GetUtcNow();
                LogNoAnswer(_options.Issuer, error.Message);
                return before is null ? Unavailable : before;
            }
        }
        finally
        {
            _reading.Release();
        }
    }

    private async Task<Known> ReadAllAsync(Known? before, CancellationToken cancellation)
    {
        // The issuer may have a path, after which the well-known part stands (OpenID Connect Discovery 1.0, 4.1).
        var metadata = MetadataOf(await GetAsync(new(_options.Issuer.TrimEnd('/') + "/.well-known/openid-configuration"), cancellation));
        return await ReadKeysAsync(new(metadata, null!, _time.GetUtcNow(), default), cancellation);
    }

    private async Task<Known> ReadKeysAsync(Known? before, CancellationToken cancellation)
    {
        if (before is null) return await ReadAllAsync(null, cancellation);
        var keys = JsonWebKeys.Parse(await GetAsync(before.Metadata.Keys, cancellation));
        return keys is { Count: > 0 }
            ? before with { Keys = keys, KeysRead = _time.GetUtcNow() }
            : throw new InvalidDataException("Its key set holds no key for RS256 or ES256.");
    }

    private ProviderMetadata MetadataOf(byte[] json)
    {
        if (OpenIdJson.Parse(json) is not { } root) throw new InvalidDataException("What it says of itself is not a JSON object.");
        // Else the answers of one provider could be taken for those of another (OpenID Connect Discovery 1.0, 4.3).
        if (OpenIdJson.Text(root, "issuer") != _options.Issuer)
            throw new InvalidDataException("It calls itself by another issuer than the setting openId.issuer names, letter by letter.");
        Uri Address(string name) => OpenIdJson.Text(root, name) is { } text && OpenIdOptions.IsAllowed(text)
            ? new Uri(text)
            : throw new InvalidDataException($"Its {name} is no https address.");
        // Without a list it is client_secret_basic (section 3).
        var takesBasic = !root.TryGetProperty("token_endpoint_auth_methods_supported", out var methods) ||
            methods.ValueKind != JsonValueKind.Array || methods.EnumerateArray().Any(OpenIdJson.Is("client_secret_basic"));
        var namesItself = root.TryGetProperty("authorization_response_iss_parameter_supported", out var names) && names.ValueKind == JsonValueKind.True;
        return new(Address("authorization_endpoint"), Address("token_endpoint"), Address("jwks_uri"), takesBasic, namesItself);
    }

    private async Task<byte[]> GetAsync(Uri address, CancellationToken cancellation)
    {
        using var response = await _http.GetAsync(address, cancellation);
        return response.IsSuccessStatusCode
            ? await response.Content.ReadAsByteArrayAsync(cancellation)
            : throw new InvalidDataException($"{address.AbsolutePath} was answered with status {(int)response.StatusCode}.");
    }

    // Too slow, too large, away: all of it is the world's. Who asked and went is not.
    private static bool IsNoAnswer(Exception error, CancellationToken cancellation) =>
        error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellation.IsCancellationRequested);

    private static string KnownError(JsonElement? answer) => answer is { } json
        ? OpenIdJson.Text(json, "error") switch
        {
            "invalid_request" => "invalid_request",
            "invalid_client" => "invalid_client",
            "invalid_grant" => "invalid_grant",
            "unauthorized_client" => "unauthorized_client",
            "unsupported_grant_type" => "unsupported_grant_type",
            "invalid_scope" => "invalid_scope",
            _ => "no known error",
        }
        : "no JSON";

    private static string FormEncoded(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);

    private static Problem Unavailable { get; } = new(
        503, "provider-unavailable", "Single sign-on cannot be reached now",
        "The provider gave no usable answer. Try again in a minute, or sign in by password. The log of the exchange says what was wrong.")
        { RetryAfterSeconds = 60 };

    private static Problem Busy { get; } = new(
        429, "too-many-requests", "Too many requests at once", "Try again in a few seconds.") { RetryAfterSeconds = 5 };

    [LoggerMessage(2061, LogLevel.Warning, "The sign-in provider {Provider} gave no usable answer: {Why}")]
    private partial void LogNoAnswer(string provider, string why);

    [LoggerMessage(2062, LogLevel.Warning, "The sign-in provider did not take a code: status {Status}, {Error}.")]
    private partial void LogCodeRefused(int status, string error);

    /// <summary>What was read of the provider.</summary>
    /// <param name="Metadata">What it says of itself.</param>
    /// <param name="Keys">Its keys.</param>
    /// <param name="Read">When both were read.</param>
    /// <param name="KeysRead">When the keys were read.</param>
    internal sealed record Known(ProviderMetadata Metadata, JsonWebKeys Keys, DateTimeOffset Read, DateTimeOffset KeysRead);
}
