using Microsoft.Extensions.Primitives;

namespace Stoa.Host.Operations;

/// <summary>Headers that every answer carries, and those that let pages of other origins read the open
/// interfaces.</summary>
internal static class SecurityHeaders
{
    // Everything comes from this server. The map builds its worker from a blob; styles are set through the object
    // model, which the policy does not restrict.
    private static readonly StringValues ContentPolicy = new(
        "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; " +
        "form-action 'self'; frame-ancestors 'none'");

    private static readonly StringValues NoSniff = new("nosniff");
    private static readonly StringValues Referrer = new("strict-origin-when-cross-origin");
    private static readonly StringValues Opener = new("same-origin");
    private static readonly StringValues Permissions = new("camera=(), microphone=(), payment=(), usb=()");
    private static readonly StringValues AnyOrigin = new("*");
    private static readonly StringValues Methods = new("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    private static readonly StringValues RequestHeaders =
        new("Authorization, Content-Type, If-Match, If-None-Match, Prefer, Idempotency-Key, Purpose, Agreement");
    private static readonly StringValues Exposed = new("Location, ETag, Retry-After, Link, Content-Disposition, Agreement, Purpose, Decision-Id");

    /// <summary>Sets the headers at the start, so that refusals by later steps carry them too.</summary>
    public static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        Set(context.Response.Headers);
        return next(context);
    });

    public static void Set(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = NoSniff;
        headers["Referrer-Policy"] = Referrer;
        headers["Cross-Origin-Opener-Policy"] = Opener;
        headers["Permissions-Policy"] = Permissions;
        // Programs come with tokens. The cookies of people count for pages alone, and with the star no browser lets another origin read an
        // answer to a request that carried cookies (Fetch standard, 3.2.5): a page elsewhere gains nothing that its user lacks.
        headers.AccessControlAllowOrigin = AnyOrigin;
        headers.AccessControlExposeHeaders = Exposed;
    }

    /// <summary>Answers the question that a browser asks before a request to another origin (Fetch standard,
    /// 3.2.2).</summary>
    public static void UsePreflight(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var request = context.Request;
        if (!HttpMethods.IsOptions(request.Method) || request.Headers.AccessControlRequestMethod.Count == 0)
            return next(context);
        var headers = context.Response.Headers;
        headers.AccessControlAllowMethods = Methods;
        headers.AccessControlAllowHeaders = RequestHeaders;
        headers.AccessControlMaxAge = "86400";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    });
}
