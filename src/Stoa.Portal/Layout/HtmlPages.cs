using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Stoa.Portal.Assets;

namespace Stoa.Portal.Layout;

/// <summary>Renders a component as the whole answer.</summary>
/// <remarks>
/// Pages are pure functions of what they are given: data is read before, in one snapshot, so that a page never fails
/// half-way and its status is known first. The plain renderer is enough for that; nothing of it stays after the answer.
/// </remarks>
internal sealed class HtmlPages(IServiceProvider services, ILoggerFactory loggers)
{
    // Everything comes from this server. The map's icons in its style sheet are data: images, its worker is a file.
    // Styles set through the object model are not restricted by this policy.
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
        "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    internal Task WriteAsync<TPage>(HttpContext http, int status, Dictionary<string, object?> parameters)
        where TPage : IComponent => WriteAsync<TPage>(http, status, parameters, "private, no-cache", "strict-origin-when-cross-origin");

    /// <summary>The same for what is one person's: nobody keeps it, and where it stands is not told to others.</summary>
    internal Task WritePrivateAsync<TPage>(HttpContext http, int status, Dictionary<string, object?> parameters)
        where TPage : IComponent => WriteAsync<TPage>(http, status, parameters, "no-store", "same-origin");

    private async Task WriteAsync<TPage>(
        HttpContext http, int status, Dictionary<string, object?> parameters, string cacheControl, string referrerPolicy)
        where TPage : IComponent
    {
        await using var renderer = new HtmlRenderer(services, loggers);
        var html = await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var page = await renderer.RenderComponentAsync<TPage>(ParameterView.FromDictionary(parameters));
            return page.ToHtmlString();
        });
        var body = Encoding.UTF8.GetBytes(html);
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.CacheControl = cacheControl;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = referrerPolicy;
        await Answer.WriteAsync(http, status, "text/html; charset=utf-8", body);
    }
}
