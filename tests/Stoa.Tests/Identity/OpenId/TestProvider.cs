using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Stoa.Tests.Identity.OpenId;

/// <summary>A small OpenID provider on 127.0.0.1: code flow, PKCE and client authentication checked; and everything of it can be made wrong.</summary>
public sealed class TestProvider : IAsyncDisposable
{
    public const string ClientId = "stoa at the city";
    public const string ClientSecret = "grey:heron&secret%";
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Authorization> _codes = new();
    private readonly List<string> _requests = [];

    private TestProvider(WebApplication app) => _app = app;

    /// <summary>Who sits at the browser; the claims beside those that belong to the protocol.</summary>
    public JsonObject Person { get; set; } = new() { ["sub"] = "subject-1", ["name"] = "Tom Town", ["email"] = "tom@city.example", ["email_verified"] = true };

    public RSA Rsa { get; private set; } = RSA.Create(2048);

    public ECDsa Elliptic { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string KeyId { get; set; } = "key-1";

    public string Algorithm { get; set; } = "RS256";

    /// <summary>Whether the keys that it shows are the ones it signs with.</summary>
    public bool ShowsKeys { get; set; } = true;

    public bool NamesItself { get; set; } = true;

    public bool TakesBasic { get; set; } = true;

    /// <summary>Whether clients must show the secret; else they show their name alone.</summary>
    public bool KnowsSecret { get; set; } = true;

    /// <summary>Whether a code is taken once alone.</summary>
    public bool TakesCodesOnce { get; set; } = true;

    /// <summary>Whether people click there; else they are sent back at once.</summary>
    public bool HasPage { get; set; }

    /// <summary>Which acr_values were asked for last.</summary>
    public string? Asked { get; private set; }

    /// <summary>Changes the claims of the next tokens.</summary>
    public Action<JsonObject> Claims { get; set; } = _ => { };

    /// <summary>Changes the parameters with which the browser is sent back.</summary>
    public Action<Dictionary<string, string>> Answer { get; set; } = _ => { };

    /// <summary>Changes what it says of itself.</summary>
    public Action<JsonObject> Metadata { get; set; } = _ => { };

    /// <summary>Answers in place of the provider at a path; false: it goes on.</summary>
    public Func<HttpContext, Task<bool>> Instead { get; set; } = _ => Task.FromResult(false);

    /// <summary>Makes the token that is sent, out of the claims.</summary>
    public Func<JsonObject, string>? Token { get; set; }

    public string Issuer => _app.Urls.Single() + "/realms/city";

    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_requests) return [.. _requests];
        }
    }

    public static async Task<TestProvider> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddRouting();
        var app = builder.Build();
        var provider = new TestProvider(app);
        app.Run(provider.ServeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return provider;
    }

    /// <summary>A new key under a new name, as providers change theirs.</summary>
    public void Rotate()
    {
        Rsa.Dispose();
        Rsa = RSA.Create(2048);
        KeyId += "+";
    }

    /// <summary>Where the browser is sent to from the provider's page.</summary>
    public static async Task<string> SignInAsync(string address)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler);
        using var response = await http.GetAsync(new Uri(address), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        return response.Headers.Location!.PathAndQuery;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Rsa.Dispose();
        Elliptic.Dispose();
    }

    /// <summary>A compact token with any header, over any signer.</summary>
    public static string Sign(JsonObject header, JsonObject claims, Func<byte[], byte[]> sign)
    {
        var text = Base64(header.ToJsonString()) + "." + Base64(claims.ToJsonString());
        return text + "." + Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(text)));
    }

    public JsonObject Header(string algorithm) => new() { ["alg"] = algorithm, ["kid"] = KeyId, ["typ"] = "JWT" };

    private static string Base64(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private async Task ServeAsync(HttpContext http)
    {
        lock (_requests) _requests.Add(http.Request.Path);
        if (await Instead(http)) return;
        await (http.Request.Path.Value switch
        {
            "/realms/city/.well-known/openid-configuration" => WriteAsync(http, 200, Describe()),
            "/keys" => WriteAsync(http, 200, Keys()),
            "/authorize" => AuthorizeAsync(http),
            "/token" => RedeemAsync(http),
            _ => WriteAsync(http, 404, new()),
        });
    }

    private JsonObject Describe()
    {
        var home = _app.Urls.Single();
        var metadata = new JsonObject
        {
            ["issuer"] = Issuer, ["authorization_endpoint"] = home + "/authorize?ui=city", ["token_endpoint"] = home + "/token", ["jwks_uri"] = home + "/keys",
            ["token_endpoint_auth_methods_supported"] = new JsonArray(TakesBasic ? "client_secret_basic" : "client_secret_post"),
            ["authorization_response_iss_parameter_supported"] = NamesItself,
        };
        Metadata(metadata);
        return metadata;
    }

    private JsonObject Keys()
    {
        var rsa = Rsa.ExportParameters(false);
        var point = Elliptic.ExportParameters(false).Q;
        return new()
        {
            ["keys"] = new JsonArray(
                new JsonObject { ["kty"] = "oct", ["kid"] = KeyId, ["k"] = "AAAA" },
                new JsonObject
                {
                    ["kty"] = "RSA", ["use"] = "sig", ["alg"] = "RS256", ["kid"] = ShowsKeys ? KeyId : "another",
                    ["n"] = Base64Url.EncodeToString(rsa.Modulus), ["e"] = Base64Url.EncodeToString(rsa.Exponent),
                },
                new JsonObject
                {
                    ["kty"] = "EC", ["crv"] = "P-256", ["kid"] = KeyId, ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y),
                }),
        };
    }

    private Task AuthorizeAsync(HttpContext http)
    {
        var asked = http.Request.Query;
        Assert.Equal("city", asked["ui"]);
        Assert.Equal(("code", ClientId, "S256"), ((string?)asked["response_type"], (string?)asked["client_id"], (string?)asked["code_challenge_method"]));
        Assert.Contains("openid", asked["scope"].ToString().Split(' '));
        var code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        _codes[code] = new(asked["redirect_uri"]!, asked["code_challenge"]!, asked["nonce"]!);
        var answer = new Dictionary<string, string> { ["code"] = code, ["state"] = asked["state"]!, ["session_state"] = "x" };
        if (NamesItself) answer["iss"] = Issuer;
        Answer(answer);
        Asked = asked["acr_values"];
        var back = asked["redirect_uri"] + "?" + string.Join('&', answer.Select(one => $"{one.Key}={HttpUtility.UrlEncode(one.Value)}"));
        if (HasPage)
        {
            http.Response.ContentType = "text/html";
            return http.Response.WriteAsync($"<!doctype html><html lang=en><title>City Login</title><h1>City Login</h1><a href=\"{HttpUtility.HtmlEncode(back)}\">It is me</a>");
        }

        http.Response.Redirect(back);
        return Task.CompletedTask;
    }

    private async Task RedeemAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        if (!IsClient(http, form))
        {
            await WriteAsync(http, 401, new() { ["error"] = "invalid_client" });
            return;
        }

        var verifier = form["code_verifier"].ToString();
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        if (form["grant_type"] != "authorization_code" || verifier.Length < 43 || !_codes.TryGetValue(form["code"]!, out var authorization) ||
            authorization.Redirect != form["redirect_uri"] || authorization.Challenge != challenge)
        {
            await WriteAsync(http, 400, new() { ["error"] = "invalid_grant", ["error_description"] = "<b>reflected</b>" });
            return;
        }

        if (TakesCodesOnce) _codes.TryRemove(form["code"]!, out _);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = (JsonObject)Person.DeepClone();
        (claims["iss"], claims["aud"], claims["nonce"]) = (Issuer, ClientId, authorization.Nonce);
        (claims["iat"], claims["exp"]) = (now, now + 300);
        Claims(claims);
        await WriteAsync(http, 200, new()
        {
            ["access_token"] = "unused", ["token_type"] = "Bearer", ["id_token"] = Token?.Invoke(claims) ?? Sign(claims),
        });
    }

    private bool IsClient(HttpContext http, IFormCollection form)
    {
        if (!KnowsSecret) return form["client_id"] == ClientId && http.Request.Headers.Authorization.Count == 0 && form["client_secret"].Count == 0;
        if (!TakesBasic) return form["client_id"] == ClientId && form["client_secret"] == ClientSecret;
        var header = http.Request.Headers.Authorization.ToString();
        var pair = HttpUtility.UrlEncode(ClientId) + ":" + HttpUtility.UrlEncode(ClientSecret);
        var shown = header.StartsWith("Basic ", StringComparison.Ordinal) ? Encoding.ASCII.GetString(Convert.FromBase64String(header[6..])) : "";
        return HttpUtility.UrlDecode(shown) == HttpUtility.UrlDecode(pair);
    }

    public string Sign(JsonObject claims) => Algorithm switch
    {
        "RS256" => Sign(Header("RS256"), claims, text => Rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
        _ => Sign(Header("ES256"), claims, text => Elliptic.SignData(text, HashAlgorithmName.SHA256)),
    };

    private static Task WriteAsync(HttpContext http, int status, JsonObject json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(json.ToJsonString());
    }

    private sealed record Authorization(string Redirect, string Challenge, string Nonce);
}
