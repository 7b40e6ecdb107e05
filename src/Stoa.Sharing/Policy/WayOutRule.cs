using Microsoft.AspNetCore.Http;
using Stoa.Identity.Credentials;

namespace Stoa.Sharing.Policy;

/// <summary>Stands among the metadata of an address and says by which way data leave with a request for it; without one it is an interface.</summary>
/// <param name="Of">The way of a request.</param>
public sealed record WayOutRule(Func<HttpRequest, WayOut> Of)
{
    internal static WayOut OfRequest(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<WayOutRule>()?.Of(context.Request) ?? WayOut.Api;
}
