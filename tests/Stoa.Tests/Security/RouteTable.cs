using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Stoa.Tests.Security;

/// <summary>The addresses that the running program really has, so that a new one is tested without anybody thinking of it.</summary>
internal static class RouteTable
{
    // An address without a method takes all of them.
    private static readonly string[] AllMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    /// <summary>Every method with every address, the places of parameters filled by name.</summary>
    internal static IEnumerable<(string Method, string Path)> Of(Exchange stoa, Func<string, string> valueOf) =>
        from endpoint in stoa.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? AllMethods
        select (method, PathOf(endpoint.RoutePattern, valueOf));

    private static string PathOf(RoutePattern pattern, Func<string, string> valueOf)
    {
        var path = new StringBuilder();
        foreach (var segment in pattern.PathSegments)
        {
            path.Append('/');
            foreach (var part in segment.Parts)
                path.Append(part switch
                {
                    RoutePatternLiteralPart literal => literal.Content,
                    RoutePatternSeparatorPart separator => separator.Content,
                    RoutePatternParameterPart parameter => valueOf(parameter.Name),
                    _ => throw new InvalidOperationException("An unknown part of a route."),
                });
        }

        return path.Length == 0 ? "/" : path.ToString();
    }
}
