using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stoa.Vocabulary;

namespace Stoa.Identity.Http;

/// <summary>How a <see cref="Problem"/> becomes an HTTP response: RFC 9457 problem documents.</summary>
/// <remarks>
/// The same problem always gives the same bytes: nothing of the request, no trace id and no time is added, so that what
/// is absent and what is hidden cannot be told apart.
/// </remarks>
public static class ProblemHttp
{
    /// <summary>The media type of every refusal.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>The type of a 401 for a credential that was given and is not accepted.</summary>
    public const string InvalidCredential = "invalid-credential";

    // The media type is never read as HTML, so quotes and letters beyond ASCII stay readable.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>For handlers that return a result.</summary>
    public static IResult ToHttp(this Problem problem) => new ProblemResult(problem);

    /// <summary>Writes status, headers and document; the response must not have started.</summary>
    public static async Task WriteAsync(this Problem problem, HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        if (problem.RetryAfterSeconds is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (problem.Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = Challenge(problem);
        if (problem.Status < StatusCodes.Status500InternalServerError && context.Features.Get<IProblemPage>() is { } page)
        {
            await page.WriteAsync(problem, context);
            return;
        }

        var body = ToUtf8(problem);
        response.ContentLength = body.Length;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        await response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>The problem document as bytes; for protocols that carry it inside another message (batch parts).</summary>
    public static byte[] ToUtf8(this Problem problem)
    {
        using var buffer = new MemoryStream(256);
        using (var json = new Utf8JsonWriter(buffer, WriterOptions)) problem.WriteTo(json);
        return buffer.ToArray();
    }

    // RFC 6750, section 3: an error code only when a credential was given.
    private static string Challenge(Problem problem) => problem.Type == InvalidCredential
        ? "Bearer realm=\"stoa\", error=\"invalid_token\""
        : "Bearer realm=\"stoa\"";

    private sealed class ProblemResult(Problem problem) : IResult, IStatusCodeHttpResult, IContentTypeHttpResult
    {
        public int? StatusCode => problem.Status;

        public string ContentType => MediaType;

        public Task ExecuteAsync(HttpContext httpContext) => problem.WriteAsync(httpContext);
    }
}
