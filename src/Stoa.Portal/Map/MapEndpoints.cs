using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Portal.Assets;
using Stoa.Portal.Layout;
using Stoa.Sharing.Policy;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Map;

/// <summary>The map's data: <c>/map/things.geojson</c>, narrowed by dataset or thing, and <c>/map/things/{id}</c>.</summary>
internal sealed class MapEndpoints(Database database, Visitors visitors)
{
    internal void Map(IEndpointRouteBuilder routes)
    {
        // Asked by a program it is a file with everything.
        routes.MapGet("/map/things.geojson", ThingsAsync).ExcludeFromDescription().WithMetadata(new WayOutRule(_ => WayOut.Export));
        routes.MapGet("/map/things/{id:long}", ThingAsync).ExcludeFromDescription();
    }

    private async Task ThingsAsync(HttpContext http)
    {
        var outcome = await visitors.AuthenticateAsync(http);
        if (!outcome.TryGet(out var requester, out var problem))
        {
            await problem.WriteAsync(http);
            return;
        }

        var query = http.Request.Query;
        long? thing = null;
        if (query["thing"].ToString() is { Length: > 0 } text)
        {
            if (!long.TryParse(text, out var id))
            {
                await Problem.NotFound().WriteAsync(http);
                return;
            }

            thing = id;
        }

        var slug = query["dataset"].ToString();
        var scope = slug.Length > 0 ? visitors.ReadWithin(http, requester, slug) : visitors.Read(http, requester);
        await WriteAsync(http, "application/geo+json", (json, read) =>
            MapFeatures.WriteCollection(json, read, scope, thing, slug.Length > 0));
    }

    private async Task ThingAsync(HttpContext http, long id)
    {
        var outcome = await visitors.AuthenticateAsync(http);
        if (!outcome.TryGet(out var requester, out var problem))
        {
            await problem.WriteAsync(http);
            return;
        }

        await WriteAsync(http, "application/json",
            (json, read) => MapFeatures.TryWriteThing(json, read, visitors.Read(http, requester), id));
    }

    // In one piece: the snapshot is given back before a slow client takes the answer.
    private async Task WriteAsync(HttpContext http, string type, Func<Utf8JsonWriter, ReadSession, long?> write)
    {
        using var buffer = new MemoryStream();
        long? rows;
        using (var read = await database.ReadAsync(http.RequestAborted))
        using (var json = new Utf8JsonWriter(buffer))
            rows = write(json, read);
        if (rows is null)
        {
            await Problem.NotFound().WriteAsync(http);
            return;
        }

        // Nothing of which only so much may be used is seen here.
        Visitors.Count(http, rows.Value);
        http.Response.Headers.CacheControl = "private, no-cache";
        await Answer.WriteAsync(http, 200, type, buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
    }
}
