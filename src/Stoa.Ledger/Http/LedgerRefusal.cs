using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Http;

/// <summary>A refusal of this capability, as a problem document (RFC 9457).</summary>
/// <remarks>Nobody is asked who he is here, so that nothing but the document is to be told.</remarks>
internal sealed class LedgerRefusal(Problem problem) : IResult
{
    private const string MediaType = "application/problem+json";

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = problem.Status;
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        using var buffer = new MemoryStream(256);
        using (var json = new Utf8JsonWriter(buffer, Readable)) problem.WriteTo(json);
        response.ContentLength = buffer.Length;
        if (!HttpMethods.IsHead(httpContext.Request.Method)) await response.Body.WriteAsync(buffer.ToArray(), httpContext.RequestAborted);
    }
}
