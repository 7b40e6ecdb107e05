using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sensing.Connectors.Rules;
using Stoa.Sensing.Http;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary><c>/api/v1/datasets/{slug}/connectors</c>: for those alone who may write to the dataset.</summary>
/// <remarks>Who may only add declares new ones and tests them; what is there is changed, switched and removed by who may
/// change the data.</remarks>
public static class ConnectorEndpoints
{
    private const string Root = "/api/v1/datasets/{slug}/connectors";

    /// <summary>Maps the addresses.</summary>
    public static IEndpointRouteBuilder MapConnectors(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Connectors");
        group.MapGet("", ListAsync).WithName("ListConnectors")
            .WithSummary("List the connectors of a dataset with what they did (right to write)")
            .Produces<ConnectorPage>().Refuses(401, 403, 404);
        group.MapGet("{name}", FindAsync).WithName("GetConnector")
            .WithSummary("Get a connector, its declaration and what it did (right to write)")
            .Produces<ConnectorDocument>().Refuses(401, 403, 404);
        group.MapPut("{name}", PutAsync).WithName("DeclareConnector")
            .WithSummary("Declare a connector (right to write), or declare it anew (right to change)")
            .WithDescription(
                "The body is YAML or JSON as docs/connectors.md describes. A declaration with a sample is tested by it. " +
                "enable=true switches the connector on when it has been tested, force=true without a test. A connector " +
                "whose declaration changes is switched off until it is switched on again.")
            .Takes<string>("application/yaml", "application/json")
            .Produces<ConnectorDocument>().Produces<ConnectorDocument>(StatusCodes.Status201Created)
            .Refuses(400, 401, 403, 404, 409, 413);
        group.MapDelete("{name}", DeleteAsync).WithName("DeleteConnector")
            .WithSummary("Delete a connector with its dead letters; what it stored stays (right to change)")
            .Produces(StatusCodes.Status204NoContent).Refuses(401, 403, 404, 409);
        group.MapPost("{name}/test", TestAsync).WithName("TestConnector")
            .WithSummary("Say what a connector would make of a payload, storing nothing (right to write)")
            .WithDescription("topic names the MQTT topic. A payload that gives observations marks the declaration as tested.")
            .Takes<string>("application/json", "text/plain", "application/octet-stream")
            .Produces<ConnectorTrial>().Refuses(400, 401, 403, 404, 413);
        group.MapPost("{name}/enable", EnableAsync).WithName("EnableConnector")
            .WithSummary("Switch a connector on; it must have been tested, or force=true (right to change)")
            .Produces<ConnectorDocument>().Refuses(400, 401, 403, 404, 409);
        group.MapPost("{name}/disable", DisableAsync).WithName("DisableConnector")
            .WithSummary("Switch a connector off (right to change)")
            .Produces<ConnectorDocument>().Refuses(401, 403, 404);
        routes.MapDeadLetters(Root + "/{name}/dead-letters");
        return routes;
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, Connectors connectors, CredentialCheck credentials, AccessPolicy policy, SensingOptions options,
        string slug, CancellationToken cancellation)
    {
        var found = await DatasetAsync(context, credentials, policy, slug, cancellation);
        if (!found.TryGet(out var dataset, out var refusal)) return refusal.ToHttp();
        var entries = await connectors.ListAsync(dataset, cancellation);
        NotForCaches(context);
        return TypedResults.Json(
            new ConnectorPage([.. entries.Select(entry => Show(entry, slug, options, isWhole: false))], entries.Count),
            ConnectorJson.Wire.ConnectorPage);
    }

    private static async Task<IResult> FindAsync(
        HttpContext context, Connectors connectors, CredentialCheck credentials, AccessPolicy policy, SensingOptions options,
        string slug, string name, CancellationToken cancellation)
    {
        var found = await DatasetAsync(context, credentials, policy, slug, cancellation);
        if (!found.TryGet(out var dataset, out var refusal)) return refusal.ToHttp();
        return await connectors.FindAsync(dataset, name, cancellation) is { } entry
            ? Answer(context, entry, slug, options, StatusCodes.Status200OK)
            : Problem.NotFound().ToHttp();
    }

    private static async Task<IResult> PutAsync(
        HttpContext context, Connectors connectors, CredentialCheck credentials, AccessPolicy policy, SensingOptions options,
        string slug, string name, CancellationToken cancellation)
    {
        if (!(await credentials.AuthenticateAsync(context, cancellation)).TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        if (!policy.DatasetForWrite(requester, slug).TryGet(out var dataset, out refusal)) return refusal.ToHttp();
        var ifThere = policy.DatasetForChange(requester, slug).TryGet(out _, out var notToChange) ? null : notToChange;
        if (!TryFlag(context, "enable", out var enable, out refusal)) return refusal!.ToHttp();
        if (!TryFlag(context, "force", out var force, out refusal)) return refusal!.ToHttp();
        var read = await RequestBody.ReadAsync(context, ConnectorReader.BytesMax);
        if (!read.TryGet(out var body, out refusal)) return refusal.ToHttp();
        using (body)
        {
            var outcome = await connectors.DeclareAsync(dataset, name, body.Utf8, null, enable, force, ifThere, cancellation);
            if (!outcome.TryGet(out var declared, out refusal)) return refusal.ToHttp();
            if (declared.IsNew) context.Response.Headers.Location = $"{context.Request.PathBase}{context.Request.Path}";
            return Answer(context, declared.Entry, slug, options,
                declared.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
        }
    }

    private static async Task<IResult> DeleteAsync(
        HttpContext context, Connectors connectors, CredentialCheck credentials, AccessPolicy policy, string slug,
        string name, CancellationToken cancellation)
    {
        var found = await DatasetToChangeAsync(context, credentials, policy, slug, cancellation);
        if (!found.TryGet(out var dataset, out var refusal)) return refusal.ToHttp();
        var outcome = await connectors.DeleteAsync(dataset, name, cancellation);
        return outcome.TryGet(out _, out refusal) ? TypedResults.NoContent() : refusal.ToHttp();
    }

    private static async Task<IResult> TestAsync(
        HttpContext context, Connectors connectors, CredentialCheck credentials, AccessPolicy policy, TimeProvider time,
        string slug, string name, CancellationToken cancellation)
    {
        var found = await DatasetAsync(context, credentials, policy, slug, cancellation);
        if (!found.TryGet(out var dataset, out var refusal)) return refusal.ToHttp();
        var payload = await Payloads.ReadAsync(context, ConnectorInbox.PayloadBytesMax, cancellation);
        if (!payload.TryGet(out var bytes, out refusal)) return refusal.ToHttp();
        if (await connectors.FindAsync(dataset, name, cancellation) is not { } entry) return Problem.NotFound().ToHttp();
        if (!Payloads.TopicOf(context).TryGet(out var topic, out refusal)) return refusal.ToHttp();
        var outcome = ConnectorTrial.Run(
            Encoding.UTF8.GetBytes(entry.Declaration), topic, bytes, Instant.From(time.GetUtcNow()), entry.Name);
        if (!outcome.TryGet(out var trial, out refusal)) return refusal.ToHttp();
        if (trial.Outcome == ConnectorTrial.Stored) await connectors.NoteTestAsync(entry, CancellationToken.None);
        trial = await connectors.LookAsync(trial, dataset, cancellation);
        NotForCaches(context);
        return TypedResults.Json(trial, ConnectorJson.Wire.ConnectorTrial);
    }

    private static Task<IResult> EnableAsync(
        HttpContext context, Connectors connectors, CredentialCheck credentials, AccessPolicy policy, SensingOptions options,
        string slug, string name, CancellationToken cancellation) =>
        SwitchAsync(new(context, connectors, credentials, policy, options), slug, name, isOn: true, cancellation);

    private static Task<IResult> DisableAsync(
        HttpContext context, Connectors connectors, CredentialCheck credentials, AccessPolicy policy, SensingOptions options,
        string slug, string name, CancellationToken cancellation) =>
        SwitchAsync(new(context, connectors, credentials, policy, options), slug, name, isOn: false, cancellation);

    private static async Task<IResult> SwitchAsync(
        Call call, string slug, string name, bool isOn, CancellationToken cancellation)
    {
        var found = await DatasetToChangeAsync(call.Context, call.Credentials, call.Policy, slug, cancellation);
        if (!found.TryGet(out var dataset, out var refusal)) return refusal.ToHttp();
        if (!TryFlag(call.Context, "force", out var force, out refusal)) return refusal!.ToHttp();
        var outcome = await call.Connectors.SwitchAsync(dataset, name, isOn, force, cancellation);
        return outcome.TryGet(out var entry, out refusal)
            ? Answer(call.Context, entry, slug, call.Options, StatusCodes.Status200OK)
            : refusal.ToHttp();
    }

    /// <summary>The dataset, if the caller may write to it: 401, 403 or the one 404 otherwise.</summary>
    internal static async ValueTask<Result<DatasetId>> DatasetAsync(
        HttpContext context, CredentialCheck credentials, AccessPolicy policy, string slug, CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        return who.TryGet(out var requester, out var refusal) ? policy.DatasetForWrite(requester, slug) : refusal;
    }

    /// <summary>The same, if the caller may change and remove what is there.</summary>
    internal static async ValueTask<Result<DatasetId>> DatasetToChangeAsync(
        HttpContext context, CredentialCheck credentials, AccessPolicy policy, string slug, CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        return who.TryGet(out var requester, out var refusal) ? policy.DatasetForChange(requester, slug) : refusal;
    }

    internal static void NotForCaches(HttpContext context) => context.Response.Headers.CacheControl = "no-store";

    private static bool TryFlag(HttpContext context, string name, out bool value, out Problem? problem)
    {
        var text = context.Request.Query[name].ToString();
        value = text == "true" || (text.Length == 0 && context.Request.Query.ContainsKey(name));
        problem = value || text is "" or "false"
            ? null
            : Problem.BadRequest("invalid-parameter", "A query parameter is not acceptable",
                $"'{name}' takes true or false.").With("parameter", name);
        return problem is null;
    }

    private static JsonHttpResult<ConnectorDocument> Answer(
        HttpContext context, ConnectorEntry entry, string slug, SensingOptions options, int status)
    {
        NotForCaches(context);
        return TypedResults.Json(Show(entry, slug, options, isWhole: true), ConnectorJson.Wire.ConnectorDocument,
            statusCode: status);
    }

    private static ConnectorDocument Show(ConnectorEntry entry, string slug, SensingOptions options, bool isWhole)
    {
        var topics = ConnectorReader.Read(Encoding.UTF8.GetBytes(entry.Declaration), entry.Name).TryGet(out var rules, out _)
            ? rules.Topics.Select(topic => topic.Text).ToArray()
            : [];
        var counts = entry.Counts;
        return new(
            entry.Name, entry.Id, entry.IsEnabled, entry.Tested, entry.File,
            new Uri(options.BaseAddress, $"datasets/{slug}/connectors/{entry.Name}").AbsoluteUri, topics,
            entry.Created, entry.Modified, counts.Received, counts.Observations, counts.Duplicates, counts.Skipped,
            counts.Rejected, counts.DatastreamsCreated, counts.DeadLetters, counts.DeadLetterBytes, counts.DeadLettersDropped,
            counts.LastReceived, counts.LastError, counts.LastErrorTime, isWhole ? entry.Declaration : null);
    }

    private sealed record Call(
        HttpContext Context, Connectors Connectors, CredentialCheck Credentials, AccessPolicy Policy, SensingOptions Options);
}
