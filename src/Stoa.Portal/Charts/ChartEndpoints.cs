using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stoa.Identity.Http;
using Stoa.Portal.Assets;
using Stoa.Portal.Layout;
using Stoa.Portal.Pages;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Portal.Charts;

/// <summary><c>GET /charts/datastreams/{id}?from=&amp;to=&amp;width=</c>: a series as columns, as wide as the chart.</summary>
internal sealed class ChartEndpoints(Database database, Visitors visitors)
{
    /// <summary>Least number of stretches of a series.</summary>
    internal const int WidthMin = 50;

    /// <summary>Greatest number of stretches: the pixels of a large screen.</summary>
    internal const int WidthMax = 4000;

    private const int WidthDefault = 800;

    internal void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/charts/datastreams/{id:long}", SeriesAsync).ExcludeFromDescription();

    private async Task SeriesAsync(HttpContext http, long id)
    {
        var outcome = await visitors.AuthenticateAsync(http);
        if (!outcome.TryGet(out var requester, out var problem))
        {
            await problem.WriteAsync(http);
            return;
        }

        if (!Request.Parse(http.Request.Query).TryGet(out var request, out problem))
        {
            await problem.WriteAsync(http);
            return;
        }

        using var buffer = new MemoryStream();
        using (var read = await database.ReadAsync(http.RequestAborted))
        {
            var scope = visitors.Read(http, requester);
            if (SeriesReader.Find(read, scope, id) is not { } head)
            {
                await Problem.NotFound().WriteAsync(http);
                return;
            }

            var sampler = new SeriesSampler(request.From ?? head.First, request.To ?? head.Last, request.Width);
            SeriesReader.Read(read, scope, head.Dataset, id, sampler);
            using var json = new Utf8JsonWriter(buffer);
            var points = Write(json, head, sampler);
            Visitors.Count(http, points);
        }

        http.Response.Headers.CacheControl = "private, no-cache";
        await Answer.WriteAsync(http, 200, "application/json", buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
    }

    // Columns and not objects: a tenth of the bytes, and what the chart wants. Times are seconds, to the millisecond.
    private static int Write(Utf8JsonWriter json, SeriesReader.Head head, SeriesSampler sampler)
    {
        var points = sampler.Points();
        json.WriteStartObject();
        json.WriteString("name"u8, head.Name);
        json.WriteString("unit"u8, head.Unit);
        json.WriteNumber("count"u8, sampler.Count);
        if (sampler.IsSampled) json.WriteNumber("stretch"u8, sampler.Step / 1e6);
        WriteColumn(json, "t", points, point => Math.Round(point.UnixMicroseconds / 1e6, 3));
        WriteColumn(json, "mean", points, point => Short(point.Mean));
        if (sampler.IsSampled)
        {
            WriteColumn(json, "low", points, point => point.Low);
            WriteColumn(json, "high", points, point => point.High);
        }

        json.WriteEndObject();
        return points.Count;
    }

    // Means carry noise in their last digits, which doubles the answer.
    private static double Short(double mean) =>
        mean == 0 || !double.IsFinite(mean) ? mean : double.Parse(mean.ToString("G7", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static void WriteColumn(
        Utf8JsonWriter json, string name, IReadOnlyList<ChartPoint> points, Func<ChartPoint, double> value)
    {
        json.WriteStartArray(name);
        foreach (var point in points) json.WriteNumberValue(value(point));
        json.WriteEndArray();
    }

    private readonly record struct Request(long? From, long? To, int Width)
    {
        internal static Result<Request> Parse(IQueryCollection query)
        {
            if (!TryTime(query["from"], out var from)) return Invalid("from", "takes a time such as 2026-01-31T12:00:00Z.");
            if (!TryTime(query["to"], out var to)) return Invalid("to", "takes a time such as 2026-01-31T12:00:00Z.");
            if (from > to) return Invalid("to", "must not lie before 'from'.");
            var width = WidthDefault;
            if (query["width"].ToString() is { Length: > 0 } text &&
                (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out width) || width is < WidthMin or > WidthMax))
                return Invalid("width", $"takes a whole number from {WidthMin} to {WidthMax}.");
            return new Request(from, to, width);
        }

        private static bool TryTime(string? text, out long? time)
        {
            time = null;
            if (string.IsNullOrEmpty(text)) return true;
            if (!Instant.TryParse(text, out var instant)) return false;
            time = instant.UnixMicroseconds;
            return true;
        }

        private static Problem Invalid(string parameter, string detail) =>
            Problem.BadRequest("invalid-parameter", "A query parameter is not acceptable", $"'{parameter}' {detail}")
                .With("parameter", parameter);
    }
}
