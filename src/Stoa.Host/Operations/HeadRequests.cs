using Stoa.Sharing.Exchanges;

namespace Stoa.Host.Operations;

/// <summary>Answers HEAD wherever GET is answered, with the same headers and no body (RFC 9110, 9.3.2).</summary>
internal static class HeadRequests
{
    /// <summary>Capabilities then know GET alone.</summary>
    public static void UseHeadAsGet(this IApplicationBuilder app) => app.Use((context, next) =>
        HttpMethods.IsHead(context.Request.Method) ? AnswerAsync(context, next) : next(context));

    // The web server remembers that the request was HEAD and sends nothing of the body.
    private static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        context.Request.Method = HttpMethods.Get;
        WithoutBody.Mark(context);
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Method = HttpMethods.Head;
        }
    }
}
