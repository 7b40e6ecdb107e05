using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary><c>…/connectors/{name}/dead-letters</c>: for those alone who may write to the dataset, and deleted by who may
/// change its data.</summary>
internal static class DeadLetterEndpoints
{
    internal static void MapDeadLetters(this IEndpointRouteBuilder routes, string root)
    {
        var group = routes.MapGroup(root).WithTags("Connectors");
        group.MapGet("", ListAsync).WithName("ListDeadLetters")
            .WithSummary("List the messages that a connector could not use, oldest first (right to write)")
            .Produces<DeadLetterPage>().Refuses(400, 401, 403, 404);
        group.MapGet("{id:long}", FindAsync).WithName("GetDeadLetter")
            .WithSummary("Get one of them with its payload (right to write)")
            .Produces<DeadLetterDocument>().Refuses(401, 403, 404);
        group.MapPost("replay", ReplayAllAsync).WithName("ReplayDeadLetters")
            .WithSummary("Give all of them to the connector once more, as it is declared now (right to write)")
            .Produces<ReplaySummary>().Refuses(401, 403, 404);
        group.MapPost("{id:long}/replay", ReplayAsync).WithName("ReplayDeadLetter")
            .WithSummary("Give one of them to the connector once more (right to write)")
            .Produces<MessageReceipt>().Refuses(401, 403, 404);
        group.MapDelete("", DeleteAllAsync).WithName("DeleteDeadLetters")
            .WithSummary("Delete all of them (right to change)")
            .Produces<DeletedDeadLetters>().Refuses(401, 403, 404);
        group.MapDelete("{id:long}", DeleteAsync).WithName("DeleteDeadLetter")
            .WithSummary("Delete one of them (right to change)")
            .Produces(StatusCodes.Status204NoContent).Refuses(401, 403, 404);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, Connectors connectors, DeadLetters letters, CredentialCheck credentials, AccessPolicy policy,
        string slug, string name, string? limit, string? skip, CancellationToken cancellation)
    {
        var found = await ConnectorAsync(context, connectors, credentials, policy, slug, name, isToChange: false, cancellation);
        if (!found.TryGet(out var entry, out var refusal)) return refusal.ToHttp();
        if (!Page.Parse(limit, skip).TryGet(out var page, out refusal)) return refusal.ToHttp();
        var listed = await letters.ListAsync(entry.Id, page, cancellation);
        ConnectorEndpoints.NotForCaches(context);
        return TypedResults.Json(
            new DeadLetterPage([.. listed.Select(Show)], entry.Counts.DeadLetters,
                page.NextLink(context.Request, entry.Counts.DeadLetters)),
            ConnectorJson.Wire.DeadLetterPage);
    }

    private static async Task<IResult> FindAsync(
        HttpContext context, Connectors connectors, DeadLetters letters, CredentialCheck credentials, AccessPolicy policy,
        string slug, string name, long id, CancellationToken cancellation)
    {
        var found = await ConnectorAsync(context, connectors, credentials, policy, slug, name, isToChange: false, cancellation);
        if (!found.TryGet(out var entry, out var refusal)) return refusal.ToHttp();
        if (await letters.FindAsync(entry.Id, id, cancellation) is not { } letter) return Problem.NotFound().ToHttp();
        ConnectorEndpoints.NotForCaches(context);
        return TypedResults.Json(Show(letter), ConnectorJson.Wire.DeadLetterDocument);
    }

    private static async Task<IResult> ReplayAllAsync(
        HttpContext context, Connectors connectors, ConnectorInbox inbox, CredentialCheck credentials, AccessPolicy policy,
        string slug, string name, CancellationToken cancellation)
    {
        var found = await ConnectorAsync(context, connectors, credentials, policy, slug, name, isToChange: false, cancellation);
        if (!found.TryGet(out var entry, out var refusal)) return refusal.ToHttp();
        var outcome = await inbox.ReplayAllAsync(entry.Dataset, name, cancellation);
        return outcome.TryGet(out var summary, out refusal)
            ? TypedResults.Json(summary, ConnectorJson.Wire.ReplaySummary)
            : refusal.ToHttp();
    }

    private static async Task<IResult> ReplayAsync(
        HttpContext context, Connectors connectors, ConnectorInbox inbox, CredentialCheck credentials, AccessPolicy policy,
        string slug, string name, long id, CancellationToken cancellation)
    {
        var found = await ConnectorAsync(context, connectors, credentials, policy, slug, name, isToChange: false, cancellation);
        if (!found.TryGet(out var entry, out var refusal)) return refusal.ToHttp();
        var outcome = await inbox.ReplayAsync(entry.Dataset, name, id, cancellation);
        return outcome.TryGet(out var done, out refusal)
            ? TypedResults.Json(Webhooks.Show(done), ConnectorJson.Wire.MessageReceipt)
            : refusal.ToHttp();
    }

    private static async Task<IResult> DeleteAllAsync(
        HttpContext context, Connectors connectors, Database database, CredentialCheck credentials, AccessPolicy policy,
        string slug, string name, CancellationToken cancellation)
    {
        var found = await ConnectorAsync(context, connectors, credentials, policy, slug, name, isToChange: true, cancellation);
        if (!found.TryGet(out var entry, out var refusal)) return refusal.ToHttp();
        var deleted = await database.WriteAsync(session => DeadLetters.RemoveAll(session, entry.Id), cancellation);
        return TypedResults.Json(new DeletedDeadLetters(deleted), ConnectorJson.Wire.DeletedDeadLetters);
    }

    private static async Task<IResult> DeleteAsync(
        HttpContext context, Connectors connectors, Database database, CredentialCheck credentials, AccessPolicy policy,
        string slug, string name, long id, CancellationToken cancellation)
    {
        var found = await ConnectorAsync(context, connectors, credentials, policy, slug, name, isToChange: true, cancellation);
        if (!found.TryGet(out var entry, out var refusal)) return refusal.ToHttp();
        return await database.WriteAsync(session => DeadLetters.Remove(session, entry.Id, id), cancellation)
            ? TypedResults.NoContent()
            : Problem.NotFound().ToHttp();
    }

    private static async ValueTask<Result<ConnectorEntry>> ConnectorAsync(
        HttpContext context, Connectors connectors, CredentialCheck credentials, AccessPolicy policy, string slug,
        string name, bool isToChange, CancellationToken cancellation)
    {
        var found = isToChange
            ? await ConnectorEndpoints.DatasetToChangeAsync(context, credentials, policy, slug, cancellation)
            : await ConnectorEndpoints.DatasetAsync(context, credentials, policy, slug, cancellation);
        if (!found.TryGet(out var dataset, out var refusal)) return refusal;
        return await connectors.FindAsync(dataset, name, cancellation) is { } entry ? entry : Problem.NotFound();
    }

    private static DeadLetterDocument Show(DeadLetter letter)
    {
        var isListed = letter.Payload.IsEmpty && letter.Bytes > 0;
        var isText = Utf8.IsValid(letter.Payload.Span);
        return new(letter.Id, letter.Time, letter.Topic, letter.Reason, letter.Bytes,
            isListed || !isText ? null : Encoding.UTF8.GetString(letter.Payload.Span),
            isListed || isText ? null : Convert.ToBase64String(letter.Payload.Span));
    }
}
