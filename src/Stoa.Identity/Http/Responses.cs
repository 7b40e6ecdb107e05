using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace Stoa.Identity.Http;

/// <summary>Small pieces that the endpoints of Stoa's own API share.</summary>
public static class Responses
{
    /// <summary>Says in the API document which refusals an endpoint has, all as problem documents.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder builder, params ReadOnlySpan<int> statusCodes)
        where TBuilder : IEndpointConventionBuilder
    {
        foreach (var status in statusCodes)
        {
            var metadata = new ProducesResponseTypeMetadata(
                status, typeof(ProblemDocument), [ProblemHttp.MediaType]);
            builder.WithMetadata(metadata);
        }

        return builder;
    }

    /// <summary>Says in the API document what body an endpoint takes.</summary>
    /// <remarks>
    /// With any media type, or else routing itself would answer 415 without a document, and before anyone has asked who
    /// is calling. <see cref="StrictJson"/> refuses what is not JSON.
    /// </remarks>
    public static RouteHandlerBuilder Takes<TBody>(this RouteHandlerBuilder builder, params string[] mediaTypes) =>
        builder.WithMetadata(new AcceptsMetadata([.. mediaTypes, "*/*"], typeof(TBody)));

    /// <summary>Whether If-Match allows the change: absent, <c>*</c>, or one of the tags (RFC 9110, 13.1.1).</summary>
    public static bool IfMatchAllows(HttpRequest request, string entityTag)
    {
        var tags = request.GetTypedHeaders().IfMatch;
        if (tags.Count == 0) return request.Headers.IfMatch.Count == 0;
        var current = new EntityTagHeaderValue(entityTag);
        return tags.Any(tag => tag == EntityTagHeaderValue.Any || tag.Compare(current, useStrongComparison: true));
    }

    /// <summary>Whether If-None-Match already names the tag: the answer is then 304 (RFC 9110, 13.1.2).</summary>
    public static bool IfNoneMatchHas(HttpRequest request, string entityTag)
    {
        var current = new EntityTagHeaderValue(entityTag);
        return request.GetTypedHeaders().IfNoneMatch
            .Any(tag => tag == EntityTagHeaderValue.Any || tag.Compare(current, useStrongComparison: false));
    }
}

/// <summary>The shape of a problem document, for the API document alone (RFC 9457).</summary>
/// <param name="Type">Stable address of the kind of problem.</param>
/// <param name="Title">What went wrong, the same words each time.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Detail">What went wrong here and what to do next.</param>
public sealed record ProblemDocument(string Type, string Title, int Status, string Detail);
