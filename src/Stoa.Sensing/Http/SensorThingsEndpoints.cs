using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sensing.Aggregation;
using Stoa.Sensing.Entities;
using Stoa.Sensing.Feed;
using Stoa.Sensing.Http.Batches;
using Stoa.Sensing.Http.Formats;
using Stoa.Sensing.Mqtt;
using Stoa.Sensing.Schema;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>The SensorThings 1.1 interface at /sensorthings/v1.1 and, one dataset each, at /datasets/{slug}/sensorthings/v1.1.</summary>
public static class SensorThingsEndpoints
{
    /// <summary>Maps both addresses.</summary>
    public static void MapSensorThings(this IEndpointRouteBuilder routes)
    {
        var handler = routes.ServiceProvider.GetRequiredService<SensorThingsHandler>();
        var batches = ActivatorUtilities.CreateInstance<BatchHandler>(routes.ServiceProvider, handler);
        string[] methods = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"];
        foreach (var prefix in new[] { "/sensorthings/v1.1", "/datasets/{slug}/sensorthings/v1.1" })
        {
            routes.MapPost(prefix + "/$batch", batches.HandleAsync).ExcludeFromDescription();
            routes.MapMethods(prefix + "/{**path}", methods, handler.HandleAsync).ExcludeFromDescription()
                .WithMetadata(new WayOutRule(request => ResultFormats.WayOutOf(request, isAlone: true)));
        }
    }

    /// <summary>Answers with data of one dataset to somebody who is known already: for pages, whose visitors hold a session and no token.</summary>
    /// <param name="context">The request; its path and query are those of SensorThings from here on.</param>
    /// <param name="requester">Who asks, and for what.</param>
    /// <param name="slug">The dataset.</param>
    /// <param name="path">The path below the service root.</param>
    /// <param name="query">The query options, with their question mark.</param>
    public static Task ReadAsync(HttpContext context, Requester requester, string slug, string path, string query)
    {
        context.Request.RouteValues["slug"] = slug;
        context.Request.RouteValues["path"] = path;
        context.Request.QueryString = new(query);
        return context.RequestServices.GetRequiredService<SensorThingsHandler>().ReadAsync(
            context, requester, slug, isAlone: false, ExchangeMeter.Of(context));
    }

    /// <summary>The path below the service root, as it was asked for.</summary>
    internal static string PathOf(HttpContext context) => (context.Request.RouteValues["path"] as string ?? "").TrimEnd('/');
}

/// <summary>Finds out who asks for what, asks the policy, and hands over.</summary>
internal sealed class SensorThingsHandler(
    CredentialCheck credentials, AccessPolicy policy, GovernedRequests governed, EntityReads reads, AggregationReads aggregations, EntityWrites writes,
    ChangeReads changes, ChangeStreams streams, FilteredDelete deletes, SensingOptions options, MqttOptions mqtt)
{
    // Roots are few; this bounds what made-up slugs could leave behind.
    private const int RootsMax = 10_000;

    private readonly ServiceRoot _unscoped = ServiceRoot.Unscoped(options.BaseAddress);
    private readonly ConcurrentDictionary<string, ServiceRoot> _roots = new(StringComparer.Ordinal);

    internal async Task HandleAsync(HttpContext context)
    {
        var slug = context.Request.RouteValues["slug"] as string;
        var authenticated = await credentials.AuthenticateAsync(context, context.RequestAborted);
        if (!authenticated.TryGet(out var requester, out var problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        var isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        if (isRead)
            await ReadAsync(context, requester, slug, isAlone: true,
                ChangeStreams.IsMeant(context.Request) ? null : ExchangeMeter.Of(context));
        else await WriteAsync(context, requester, slug);
    }

    /// <summary>Whether a dataset in the address is there for the requester: to be read or to be written.</summary>
    internal Result<bool> MayEnter(Requester requester, string? slug)
    {
        if (slug is null || policy.DatasetForRead(requester, slug).TryGet(out _, out var problem)) return true;
        return !requester.IsAnonymous && policy.DatasetForWrite(requester, slug).TryGet(out _, out _) ? true : problem;
    }

    /// <summary>Answers a GET, also one inside a batch, which cannot be a stream.</summary>
    /// <param name="context">The request.</param>
    /// <param name="requester">Who asks.</param>
    /// <param name="slug">The dataset in the address.</param>
    /// <param name="isAlone">Whether it is a request of its own at an address of SensorThings, and may be a stream.</param>
    /// <param name="meter">Says whether this use was counted; null inside a batch and for a stream.</param>
    internal async Task ReadAsync(
        HttpContext context, Requester requester, string? slug, bool isAlone = false, ExchangeMeter? meter = null)
    {
        // Pages say themselves by which way theirs leave.
        if (requester.WayOut == WayOut.Api) requester = requester.By(ResultFormats.WayOutOf(context.Request, isAlone));
        if (!SightOf(requester, slug, meter).TryGet(out var scope, out var problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        ExchangeMeter.Of(context)?.Reach(requester, scope, policy);
        var caller = new Caller(RootOf(slug), scope);
        var text = SensorThingsEndpoints.PathOf(context);
        if (text.Length == 0)
        {
            await LandingPage.WriteAsync(context, caller.Root, mqtt.Addresses);
            return;
        }

        const string Aggregate = "/" + AggregationReads.Segment;
        if (text.EndsWith(Aggregate, StringComparison.Ordinal))
        {
            await aggregations.AnswerAsync(context, caller, text.AsMemory(0, text.Length - Aggregate.Length));
            return;
        }

        if (!ResourcePath.Parse(text).TryGet(out var path, out problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        if (path.ExternalKey is not null)
        {
            if (await reads.LocateAsync(path, scope, KeysOf(requester, slug), context.RequestAborted) is not { } located)
            {
                await Problem.NotFound().WriteAsync(context);
                return;
            }

            path = located;
        }

        // Changes tell when something changed: they are followed where everything may be seen.
        var whole = caller with { Read = scope.Whole };
        var isStream = isAlone && ChangeStreams.IsMeant(context.Request);
        if ((isStream || ChangeReads.IsMeant(context.Request)) && scope.IsNarrowed && scope.Whole.IsNothing)
            await ChangeProblems.NotFollowed("datasets of which everything may be seen").WriteAsync(context);
        else if (isStream) await streams.AnswerAsync(context, whole, path, SightNowAsync);
        else if (ChangeReads.IsMeant(context.Request)) await changes.AnswerAsync(context, whole, path);
        else await reads.AnswerAsync(context, caller, path);

        async ValueTask<AccessScope?> SightNowAsync(bool again)
        {
            if (again)
            {
                if (!(await credentials.AuthenticateAsync(context, context.RequestAborted)).TryGet(out var now, out _)) return null;
                requester = now.By(requester.WayOut);
            }

            return SightOf(requester, slug, null).TryGet(out var sight, out _) ? sight.Whole : null;
        }
    }

    /// <summary>Where external keys are known: the dataset in the address, else the one that the credential writes.</summary>
    private DatasetId? KeysOf(Requester requester, string? slug)
    {
        if (slug is not null) return policy.TryFindDataset(slug, out var dataset) ? dataset.Id : null;
        return policy.DatasetForWrite(requester, null).TryGet(out var own, out _) ? own : null;
    }

    /// <summary>What may be seen at an address: everything that the requester may read, or of it one dataset.</summary>
    /// <param name="requester">Who asks.</param>
    /// <param name="slug">The dataset in the address.</param>
    /// <param name="meter">Says whether this use was counted; null inside a batch and while a stream flows.</param>
    private Result<AccessScope> SightOf(Requester requester, string? slug, ExchangeMeter? meter)
    {
        if (slug is null) return policy.Read(requester);
        if (!policy.DatasetForRead(requester, slug).TryGet(out var dataset, out var hidden)) return hidden;
        return meter?.Counts(dataset.Id) == true ? policy.ReadWithin(requester, dataset.Id) : policy.Read(requester).Within(dataset.Id);
    }

    private async Task WriteAsync(HttpContext context, Requester requester, string? slug)
    {
        var method = context.Request.Method;
        var isFiltered = HttpMethods.IsDelete(method) && FilteredDelete.IsMeant(context.Request.QueryString.Value);
        if (!Admit(requester, slug, method, SensorThingsEndpoints.PathOf(context), isFiltered).TryGet(out var target, out var problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        if (isFiltered)
        {
            await deletes.AnswerAsync(context, requester, target);
            return;
        }

        var read = await RequestBody.ReadAsync(context, options.BodyBytesMax);
        if (!read.TryGet(out var body, out problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        Result<PreparedWrite> prepared;
        using (body)
            prepared = IdempotencyKey.Parse(context, requester, body.Utf8.Span).TryGet(out var key, out problem) &&
                WriteRequest.From(method, context.Request.Headers, body.Utf8).TryGet(out var request, out problem)
                ? writes.Prepare(target, request with { Key = key })
                : problem;
        if (prepared.TryGet(out var write, out problem) && (await writes.StoreAsync(write)).TryGet(out var outcome, out problem))
            await (await writes.AnswerAsync(write, outcome, context.RequestAborted)).WriteAsync(context);
        else
            await problem.WriteAsync(context);
    }

    /// <summary>Asks the policy what a writing request may do, and reads where it goes.</summary>
    /// <param name="requester">Who writes.</param>
    /// <param name="slug">The dataset in the address; null for the whole.</param>
    /// <param name="method">POST, PATCH, PUT or DELETE.</param>
    /// <param name="text">The path below the service root.</param>
    /// <param name="isFiltered">Whether it is a DELETE of many.</param>
    internal Result<WriteTarget> Admit(Requester requester, string? slug, string method, string text, bool isFiltered = false)
    {
        var isPost = HttpMethods.IsPost(method);
        if (!RightsFor(requester, slug).TryGet(out var rights, out var problem)) return problem;
        var caller = new Caller(RootOf(slug), rights.Read);
        if (text == "CreateObservations" && isPost) return new WriteTarget(caller, rights, null);
        if (!ResourcePath.Parse(text).TryGet(out var path, out problem)) return problem;
        if (isPost && (path.End != PathEnd.Entities || path.IsSingle))
            return Problems.NotAllowed("GET, PATCH, PUT or DELETE; POST belongs to a set such as Things");
        if (isFiltered)
            return path.End != PathEnd.Entities || path.IsSingle ? FilteredDelete.NotDry() : new WriteTarget(caller, rights, path);
        if (!isPost && (path.End != PathEnd.Entities || !path.IsSingle))
            return Problems.NotAllowed(HttpMethods.IsDelete(method)
                ? "GET or POST; DELETE belongs to one entity such as Things(1), or needs a $filter"
                : "GET, or POST on a set; PATCH and PUT belong to one entity such as Things(1)");
        return new WriteTarget(caller, rights, path);
    }

    private Result<WriteRights> RightsFor(Requester requester, string? slug)
    {
        if (requester.IsAnonymous) return Refusals.CredentialRequired;
        Problem? ProposalOnly(DatasetId dataset) => governed.ProposalOnly(requester, dataset);
        var (read, write, change) = (policy.Read(requester), policy.Write(requester), policy.Change(requester));
        if (slug is not null)
        {
            if (!policy.DatasetForWrite(requester, slug).TryGet(out var scoped, out var refusal)) return refusal;
            return new WriteRights(read, write, change, scoped, IsScoped: true, AccessScope.Of([scoped])) { ProposalOnly = ProposalOnly };
        }

        // A token for several datasets has no dataset of its own: it can still write below existing entities.
        var target = policy.DatasetForWrite(requester, null).TryGet(out var own, out _) ? own : DatasetId.Inbox;
        return new WriteRights(read, write, change, target, IsScoped: false, AccessScope.Everything) { ProposalOnly = ProposalOnly };
    }

    internal ServiceRoot RootOf(string? slug)
    {
        if (slug is null) return _unscoped;
        if (_roots.TryGetValue(slug, out var known)) return known;
        if (_roots.Count >= RootsMax) _roots.Clear();
        return _roots.GetOrAdd(slug, ServiceRoot.Of(options.BaseAddress, slug));
    }
}

/// <summary>The landing page: the sets, and which requirements of the standard are fulfilled.</summary>
/// <remarks>OGC 18-088, 9.2.1. It lists what is true and nothing else; tests carry the same URIs.</remarks>
internal static class LandingPage
{
    private const string Base = "http://www.opengis.net/spec/iot_sensing/1.1/req/";

    private const string MqttCreation = Base + "create-observations-via-mqtt/observations-creation";
    private const string MqttUpdates = Base + "receive-updates-via-mqtt/receive-updates";

    internal static readonly string[] Conformance =
    [
        Base + "datamodel/entity-control-information", Base + "datamodel/thing", Base + "datamodel/location",
        Base + "datamodel/historical-location", Base + "datamodel/datastream", Base + "datamodel/sensor",
        Base + "datamodel/observed-property", Base + "datamodel/observation", Base + "datamodel/feature-of-interest",
        Base + "resource-path/resource-path-to-entities",
        Base + "request-data",
        Base + "create-update-delete",
        Base + "multi-datastream",
        Base + "batch-request",
        "https://fraunhoferiosb.github.io/FROST-Server/extensions/JsonBatchRequest.html",
        "urn:stoa:sensorthings:entity-tags", "urn:stoa:sensorthings:idempotency-keys",
        "urn:stoa:sensorthings:filtered-delete", "urn:stoa:sensorthings:external-keys",
        Base + "data-array/data-array",
        MqttCreation, MqttUpdates,
        "https://fraunhoferiosb.github.io/FROST-Server/extensions/MqttExpand.html",
        "https://fraunhoferiosb.github.io/FROST-Server/extensions/MqttFilter.html", "urn:stoa:sensorthings:mqtt-data-array",
        "urn:stoa:sensorthings:change-feed", "urn:stoa:sensorthings:event-stream",
        "https://github.com/INSIDE-information-systems/SensorThingsAPI/blob/master/CSV-ResultFormat/CSV-ResultFormat.md",
        "https://fraunhoferiosb.github.io/FROST-Server/extensions/GeoJSON-ResultFormat.html",
        "urn:stoa:sensorthings:result-metadata",
        "urn:stoa:sensorthings:temporal-functions", "urn:stoa:sensorthings:filter-words",
        "urn:stoa:sensorthings:aggregation",
    ];

    internal static async Task WriteAsync(HttpContext context, ServiceRoot root, IReadOnlyList<Uri> mqtt)
    {
        using var answer = JsonAnswer.Rent();
        var json = answer.Json;
        json.WriteStartObject();
        json.WriteStartArray("value"u8);
        foreach (var type in SensorThingsSchema.Schema.Types)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, type.SetName);
            json.WriteString("url"u8, $"{root.Url}/{type.SetName}");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("serverSettings"u8);
        json.WriteStartArray("conformance"u8);
        foreach (var uri in Conformance) json.WriteStringValue(uri);
        json.WriteEndArray();
        // OGC 18-088, 14.1 and 14.2: where the MQTT server is.
        foreach (var requirement in new[] { MqttCreation, MqttUpdates })
        {
            json.WriteStartObject(requirement);
            json.WriteStartArray("endpoints"u8);
            foreach (var address in mqtt) json.WriteStringValue(address.AbsoluteUri.TrimEnd('/'));
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
        await answer.EndAsync(context);
    }
}
