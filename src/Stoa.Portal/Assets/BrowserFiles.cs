using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Stoa.Portal.Assets;

/// <summary>The portal's style sheets, scripts and vendored packages, served out of the assembly.</summary>
/// <remarks>
/// The address holds a hash over all files (<c>/assets/{hash}/js/map.js</c>), so that answers never go stale and may be
/// kept for ever, and so that modules find each other by relative addresses. Compressed once, on first use.
/// </remarks>
internal sealed class BrowserFiles
{
    private const string Prefix = "wwwroot/";
    private const string KeepForEver = "public, max-age=31536000, immutable";

    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>
    {
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".mjs"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".png"] = "image/png",
        [".txt"] = "text/plain; charset=utf-8",
        [".webmanifest"] = "application/manifest+json",
    }.ToFrozenDictionary();

    private readonly FrozenDictionary<string, BrowserFile> _files;

    private BrowserFiles(FrozenDictionary<string, BrowserFile> files, string version)
    {
        _files = files;
        Version = version;
    }

    /// <summary>Hash over names and content of all files: the changing part of every address.</summary>
    public string Version { get; }

    /// <summary>The address of a file, for example <c>css/stoa.css</c>.</summary>
    public string Address(string path) => $"/assets/{Version}/{path}";

    /// <summary>Reads every file that the assembly carries.</summary>
    public static BrowserFiles Load()
    {
        var assembly = typeof(BrowserFiles).Assembly;
        var files = new Dictionary<string, BrowserFile>(StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            var path = name.Replace('\\', '/');
            if (!path.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            var type = Types.GetValueOrDefault(Path.GetExtension(path), "application/octet-stream");
            var content = Read(assembly, name);
            hash.AppendData(Encoding.UTF8.GetBytes(path));
            hash.AppendData(content);
            files[path[Prefix.Length..]] = new BrowserFile(content, type);
        }

        var version = Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
        return new(files.ToFrozenDictionary(StringComparer.Ordinal), version);
    }

    private static byte[] Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"Resource {name} is listed but cannot be read.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    /// <summary>Answers <c>GET /assets/{version}/{path}</c>.</summary>
    /// <remarks>An address of another build is sent on to this one: during a change of version both are asked.</remarks>
    public async Task ServeAsync(HttpContext http, string version, string path)
    {
        if (!_files.TryGetValue(path, out var file))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (version != Version)
        {
            http.Response.Headers.CacheControl = "no-store";
            http.Response.Redirect(Address(path));
            return;
        }

        await file.WriteAsync(http, $"\"{Version}\"", KeepForEver);
    }

    /// <summary>Answers a well-known address that cannot hold a hash, such as <c>/favicon.ico</c>.</summary>
    public Task ServeFixedAsync(HttpContext http, string path) =>
        _files[path].WriteAsync(http, $"\"{Version}\"", "public, max-age=86400");
}

/// <summary>One file with its compressed forms, made on first use and kept.</summary>
internal sealed class BrowserFile(byte[] content, string type)
{
    private readonly Lazy<byte[]> _brotli = new(() => Answer.Compress(content, "br", CompressionLevel.Optimal));
    private readonly Lazy<byte[]> _gzip = new(() => Answer.Compress(content, "gzip", CompressionLevel.Optimal));

    private bool IsCompressible => !type.StartsWith("image/png", StringComparison.Ordinal) && content.Length > 512;

    public async Task WriteAsync(HttpContext http, string tag, string cacheControl)
    {
        var headers = http.Response.Headers;
        headers.ETag = tag;
        headers.CacheControl = cacheControl;
        headers.Vary = "Accept-Encoding";
        headers.XContentTypeOptions = "nosniff";
        if (http.Request.Headers.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var body = Choose(http.Request.Headers.AcceptEncoding.ToString(), out var encoding);
        if (encoding is not null) headers[HeaderNames.ContentEncoding] = encoding;
        http.Response.ContentType = type;
        http.Response.ContentLength = body.Length;
        if (HttpMethods.IsHead(http.Request.Method)) return;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    private byte[] Choose(string accepted, out string? encoding)
    {
        encoding = IsCompressible ? Answer.Encoding(accepted) : null;
        return encoding switch
        {
            "br" => _brotli.Value,
            "gzip" => _gzip.Value,
            _ => content,
        };
    }
}
