using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Portal.Layout;
using Stoa.Sensing.Http;
using Stoa.Sharing.Policy;

namespace Stoa.Portal.Charts;

/// <summary><c>GET /datasets/{slug}/datastreams/{id}/observations.csv</c>: all values of a series as a file, for who looks at its page.</summary>
/// <remarks>
/// The interfaces for programs take tokens alone; here a session counts. Read and decided as SensorThings reads under the dataset's address,
/// as an export: who may look and not take a file away is refused with the reason.
/// </remarks>
internal sealed class SeriesDownloads(Visitors visitors, GovernedRequests governed)
{
    internal void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/datasets/{slug}/datastreams/{id:long}/observations.csv", CsvAsync).ExcludeFromDescription();

    /// <summary>The address for a Datastream of a dataset.</summary>
    internal static string AddressOf(string slug, long id) =>
        string.Create(CultureInfo.InvariantCulture, $"/datasets/{slug}/datastreams/{id}/observations.csv");

    private async Task CsvAsync(HttpContext http, string slug, long id)
    {
        if (!(await visitors.AuthenticateAsync(http)).TryGet(out var who, out var problem))
        {
            await problem.WriteAsync(http);
            return;
        }

        var requester = who.By(WayOut.Export);
        if (await governed.RefusalAsync(http, requester, slug) is { } refusal)
        {
            await refusal.WriteAsync(http);
            return;
        }

        http.Response.OnStarting(() =>
        {
            // A refusal is read, not kept.
            if (http.Response.StatusCode == StatusCodes.Status200OK)
                http.Response.Headers.ContentDisposition = string.Create(
                    CultureInfo.InvariantCulture, $"attachment; filename=\"{slug}-datastream-{id}.csv\"");
            return Task.CompletedTask;
        });
        await SensorThingsEndpoints.ReadAsync(
            http, requester, slug, string.Create(CultureInfo.InvariantCulture, $"Datastreams({id})/Observations"), "?$resultFormat=CSV");
    }
}
