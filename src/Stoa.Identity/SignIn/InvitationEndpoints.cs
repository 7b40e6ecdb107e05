using System.ComponentModel;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Identity.SignIn;

/// <summary>Whom a caller invites.</summary>
public sealed record InvitationDraft
{
    /// <summary>The organization's id.</summary>
    [Description("Id of the organization to join.")]
    public long? Organization { get; init; }

    /// <summary>The e-mail address.</summary>
    [Description("E-mail address by which the invited will sign in. No mail is sent.")]
    public string? Login { get; init; }

    /// <summary>As what.</summary>
    [Description("member, data-officer, administrator: one or several.")]
    public IReadOnlyList<string>? Roles { get; init; }

    /// <summary>Whom it is for is left out, so that it cannot slip into a log.</summary>
    public override string ToString() => nameof(InvitationDraft);
}

/// <summary>An invitation just made. This is the only time that its link is known.</summary>
/// <param name="Link">To hand over; it works once.</param>
/// <param name="Expires">Until when it works.</param>
public sealed record CreatedInvitation(string Link, [property: JsonConverter(typeof(InstantJson))] Instant Expires)
{
    /// <summary>The link is left out, so that it cannot slip into a log.</summary>
    public override string ToString() => nameof(CreatedInvitation);
}

/// <summary><c>/api/v1/invitations</c>, for administrators alone.</summary>
public static class InvitationEndpoints
{
    /// <summary>Maps the address.</summary>
    public static IEndpointRouteBuilder MapInvitations(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/v1/invitations", CreateAsync).WithName("CreateInvitation").WithTags("Parties")
            .WithSummary("Invite somebody into an organization; the link is in this answer and never again (administrators)")
            .Takes<InvitationDraft>("application/json")
            .Produces<CreatedInvitation>(StatusCodes.Status201Created).Refuses(400, 401, 403, 409, 413, 415);
        return routes;
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, OneTimeLinks links, SignInOptions options, CredentialCheck credentials, CancellationToken cancellation)
    {
        var who = await credentials.RequireAdministratorAsync(context, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        var body = await StrictJson.ReadAsync(context, IdentityJson.Wire.InvitationDraft, cancellation);
        if (!body.TryGet(out var draft, out var unreadable)) return unreadable.ToHttp();
        if (draft.Organization is not { } organization) return TextRules.Missing("organization").ToHttp();
        var outcome = await links.InviteAsync(new(organization), draft.Login, draft.Roles, requester.Party, cancellation);
        if (!outcome.TryGet(out var link, out var problem)) return problem.ToHttp();
        context.Response.Headers.CacheControl = "no-store";
        var created = new CreatedInvitation(new Uri(options.BaseAddress, link.Path).AbsoluteUri, link.Expires);
        return TypedResults.Json(created, IdentityJson.Wire.CreatedInvitation, statusCode: StatusCodes.Status201Created);
    }
}
