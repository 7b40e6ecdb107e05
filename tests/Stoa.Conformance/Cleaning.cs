using System.Text.Json;

namespace Stoa.Conformance;

/// <summary>Removes what a run made, and nothing else.</summary>
/// <remarks>What was created is known by its address. Entities inside deep inserts and those that the server made for
/// them are found from there, and by the marker in their name; a name without the marker is never reason enough.</remarks>
internal sealed class Cleaning(ConformanceRun run)
{
    private const int RoundsMax = 50;

    // What depends on others first; a server that takes dependents along answers 404 for them later.
    private static readonly string[] Sets =
    [
        "MultiDatastreams", "Datastreams", "Things", "Sensors", "ObservedProperties", "Locations", "FeaturesOfInterest",
    ];

    private static readonly Dictionary<string, string> NoHeaders = [];

    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellation)
    {
        var found = new HashSet<Entity>(run.Made);
        foreach (var thing in found.Where(entity => entity.Set == "Things").ToList())
            foreach (var relation in new[] { "Datastreams", "MultiDatastreams", "Locations" })
                await AddAsync(found, $"{thing.Path}/{relation}", cancellation);
        foreach (var stream in found.Where(entity => entity.Set is "Datastreams" or "MultiDatastreams").ToList())
            await AddFeaturesAsync(found, stream, cancellation);
        foreach (var set in Sets) await AddByNameAsync(found, set, cancellation);
        var left = new List<string>();
        foreach (var entity in found.OrderBy(entity => (uint)Array.IndexOf(Sets, entity.Set)))
            if (await SendAsync(HttpMethod.Delete, entity.Path, cancellation) is not (200 or 202 or 204 or 404 or 410))
                left.Add(entity.Path);
        return left;
    }

    private async Task AddAsync(HashSet<Entity> found, string path, CancellationToken cancellation)
    {
        foreach (var entity in await ValuesAsync(path, cancellation)) TryAdd(found, entity);
    }

    // Features are made by the server from the Location of the Thing, under a name of its choice.
    private async Task AddFeaturesAsync(HashSet<Entity> found, Entity stream, CancellationToken cancellation)
    {
        foreach (var observation in await ValuesAsync(
            $"{stream.Path}/Observations?$expand=FeatureOfInterest&$select=id&$top=1000", cancellation))
            if (observation.Known("FeatureOfInterest") is { } feature) TryAdd(found, feature);
    }

    private async Task AddByNameAsync(HashSet<Entity> found, string set, CancellationToken cancellation)
    {
        var next = $"{set}?$filter=startswith(name,'{run.Marker}')&$top=100";
        for (var round = 0; next.Length > 0 && round < RoundsMax; round++)
        {
            var page = await PageAsync(next, cancellation);
            if (page is null) return;
            foreach (var entity in page.Value.Items("value"))
                if (entity.Known("name") is { ValueKind: JsonValueKind.String } name &&
                    name.GetString()!.StartsWith(run.Marker, StringComparison.Ordinal))
                    TryAdd(found, entity);
            next = page.Value.Known("@iot.nextLink")?.GetString() ?? "";
        }
    }

    private async Task<IReadOnlyList<JsonElement>> ValuesAsync(string address, CancellationToken cancellation) =>
        await PageAsync(address, cancellation) is { } page ? page.Items("value") : [];

    private async Task<JsonElement?> PageAsync(string address, CancellationToken cancellation)
    {
        try
        {
            var reply = await run.Service.SendAsync(HttpMethod.Get, address, null, "", NoHeaders, cancellation);
            return reply.Status == 200 && reply.Json.Has("value") ? reply.Json : null;
        }
        catch (Exception error) when (error is HttpRequestException or CheckFailure)
        {
            return null;
        }
    }

    private static void TryAdd(HashSet<Entity> found, JsonElement entity)
    {
        try
        {
            found.Add(Entity.Of(entity));
        }
        catch (CheckFailure)
        {
            // A server without self links is told so by a check; here the name leads to the entity, or nothing does.
        }
    }

    private async Task<int> SendAsync(HttpMethod method, string address, CancellationToken cancellation)
    {
        try
        {
            return (await run.Service.SendAsync(method, address, null, "", NoHeaders, cancellation)).Status;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }
}
