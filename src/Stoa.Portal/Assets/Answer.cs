using System.IO.Compression;
using Microsoft.AspNetCore.Http;

namespace Stoa.Portal.Assets;

/// <summary>Writes an answer that is complete in memory: length known, compressed for clients that ask for it.</summary>
internal static class Answer
{
    // Below this, the frame of the compressed form eats what it saves.
    private const int CompressedFromBytes = 1024;

    internal static async Task WriteAsync(HttpContext http, int status, string type, ReadOnlyMemory<byte> body)
    {
        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = type;
        response.Headers.Vary = "Accept-Encoding, Authorization, Cookie";
        if (body.Length >= CompressedFromBytes && Encoding(http.Request.Headers.AcceptEncoding.ToString()) is { } encoding)
        {
            response.Headers.ContentEncoding = encoding;
            body = Compress(body.Span, encoding);
        }

        response.ContentLength = body.Length;
        if (HttpMethods.IsHead(http.Request.Method)) return;
        await response.Body.WriteAsync(body, http.RequestAborted);
    }

    /// <summary>The best form that the client takes; null for none.</summary>
    internal static string? Encoding(string accepted) =>
        accepted.Contains("br", StringComparison.Ordinal) ? "br" :
        accepted.Contains("gzip", StringComparison.Ordinal) ? "gzip" : null;

    internal static byte[] Compress(ReadOnlySpan<byte> body, string encoding, CompressionLevel level = CompressionLevel.Fastest)
    {
        using var target = new MemoryStream();
        using (Stream stream = encoding == "br" ? new BrotliStream(target, level) : new GZipStream(target, level))
            stream.Write(body);
        return target.ToArray();
    }
}
