using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Stoa.Host.Operations.Pages;

/// <summary>The drawing under the map: the file city.geojson of the data folder, if the operator put one
/// there.</summary>
/// <remarks>
/// It is shown to everyone. RFC 7946; layers that are drawn: water, green, building, road, rail, district, boundary, by
/// the property <c>layer</c>.
/// </remarks>
internal sealed class CityOutlines(string folder)
{
    /// <summary>Name of the file in the data folder.</summary>
    public const string FileName = "city.geojson";

    // Kept in memory as long as the server runs; a map for browsers is far smaller.
    private const long BytesMax = 32 << 20;

    private Drawing? _drawing;

    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/map/city.geojson", (Delegate)AnswerAsync).ExcludeFromDescription();

    private async Task<IResult> AnswerAsync(HttpContext context)
    {
        var file = new FileInfo(Path.Combine(folder, FileName));
        if (!file.Exists || file.Length > BytesMax) return Results.NoContent();
        var drawing = _drawing;
        if (drawing is null || drawing.Written != file.LastWriteTimeUtc)
            _drawing = drawing = await ReadAsync(file, context.RequestAborted);
        var headers = context.Response.Headers;
        headers.CacheControl = "public, max-age=300";
        headers.Vary = HeaderNames.AcceptEncoding;
        var isZipped = context.Request.Headers.AcceptEncoding.ToString().Contains("gzip",
            StringComparison.OrdinalIgnoreCase);
        if (isZipped) headers.ContentEncoding = "gzip";
        return Results.Bytes(isZipped ? drawing.Zipped : drawing.Plain, "application/geo+json",
            entityTag: new EntityTagHeaderValue(isZipped ? $"\"{drawing.Hash}-gzip\"" : $"\"{drawing.Hash}\""));
    }

    private static async Task<Drawing> ReadAsync(FileInfo file, CancellationToken cancellation)
    {
        var written = file.LastWriteTimeUtc;
        var plain = await File.ReadAllBytesAsync(file.FullName, cancellation);
        using var zipped = new MemoryStream();
        await using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal, leaveOpen: true))
            await gzip.WriteAsync(plain, cancellation);
        return new Drawing(written, plain, zipped.ToArray(),
            Convert.ToHexStringLower(SHA256.HashData(plain).AsSpan(0, 8)));
    }

    private sealed record Drawing(DateTime Written, byte[] Plain, byte[] Zipped, string Hash);
}
