using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Host.Operations;

/// <summary>Gives a problem document to every refusal that reached the client's side with nothing but a status
/// code.</summary>
/// <remarks>Routing refuses unknown paths, methods and media types that way, and so does binding of
/// parameters.</remarks>
internal static class UnansweredRefusals
{
    public static void UseProblemsForBareRefusals(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        await next(context);
        var response = context.Response;
        if (response.StatusCode < 400 || response.HasStarted || response.ContentLength > 0
            || response.ContentType is not null)
            return;
        await For(response.StatusCode, response.Headers.Allow.ToString()).WriteAsync(context);
    });

    /// <summary>The problem that a bare status code stands for.</summary>
    public static Problem For(int status, string allow = "") => status switch
    {
        400 => new(400, "bad-request", "The request cannot be understood",
            "A parameter, a header or the body is missing or malformed. Compare the request with /docs."),
        401 => Refusals.CredentialRequired,
        403 => new(403, "forbidden", "These credentials do not allow this",
            "Ask an administrator of the dataset for a token that does."),
        404 => Problem.NotFound(),
        405 => new Problem(405, "method-not-allowed", "This method is not allowed here",
            allow.Length == 0 ? "Compare the request with /docs." : $"Allowed are: {allow}.").With("allow", allow),
        406 => new(406, "not-acceptable", "No form that you accept",
            "The resource has none of the media types in the Accept header. Leave the header out, or compare it with /docs."),
        408 => new(408, "request-timeout", "The request took too long to arrive",
            "Send the body faster or in smaller parts."),
        411 => new(411, "length-required", "The length of the body is missing", "Send a Content-Length header."),
        413 => new(413, "body-too-large", "The body is too large",
            "Send the content in smaller parts; the limit is the setting limits.bodyBytes."),
        414 => new(414, "address-too-long", "The address is too long", "Shorten the query."),
        415 => new(415, "unsupported-media-type", "This media type is not taken here",
            "Send the body as application/json, with that Content-Type, unless /docs says otherwise."),
        429 => new(429, "too-many-requests", "Too many requests at once", "Try again later.") { RetryAfterSeconds = 1 },
        431 => new(431, "headers-too-large", "The headers are too large", "Send fewer or shorter headers."),
        501 => new(501, "not-implemented", "The server does not offer this", "Compare the request with /docs."),
        503 => StorageRefusals.Unavailable,
        < 500 => new(status, "refused", "The request was refused", "Compare the request with /docs."),
        _ => UnexpectedErrors.Internal,
    };
}
