using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Stoa.Identity.Credentials;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Import;

/// <summary><c>/api/v1/datasets/{slug}/imports</c>: the same as <c>stoa import</c>, as an upload.</summary>
/// <remarks>
/// The body is first written to a folder of its own, so that a slow sender holds no place in the writer's queue, and
/// bounded by the server's <c>limits.bodyBytes</c>. The answer comes when everything is stored.
/// </remarks>
public static class ImportEndpoints
{
    /// <summary>Imports that run at the same time; each takes a core and up to a hundred megabytes.</summary>
    public const int AtOnceMax = 2;

    /// <summary>Parts of one upload.</summary>
    public const int PartsMax = 1_000;

    /// <summary>Characters of a file's name.</summary>
    public const int NameLengthMax = 1_000;

    private const int BoundaryLengthMax = 200;
    private const int FieldBytesMax = 4096;

    private static readonly SemaphoreSlim Places = new(AtOnceMax);

    /// <summary>Maps the address.</summary>
    public static IEndpointRouteBuilder MapImports(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/v1/datasets/{slug}/imports", ImportAsync).WithTags("Imports").WithName("ImportFiles")
            .WithSummary("Import CSV or GeoJSON files into a dataset")
            .WithDescription(
                "multipart/form-data with the parts mapping (YAML, needed for CSV), stations (a file, when the " +
                    "mapping joins " +
                "one) and file (one or more); or a GeoJSON document as the body itself. Query: dryRun, maxRejects, " +
                    "and for " +
                "GeoJSON crs, key, name. Needs the right to write to the dataset. Sent again, it adds nothing twice. " +
                "Mappings are described in docs/import.md.")
            .Takes<ImportUpload>("multipart/form-data", "application/geo+json")
            .Produces<ImportSummary>().Refuses(400, 401, 403, 404, 413, 415, 429);
        return routes;
    }

    private static async Task<IResult> ImportAsync(
        HttpContext context, Imports imports, CredentialCheck credentials, AccessPolicy policy, string slug,
            CancellationToken cancellation)
    {
        var who = await credentials.AuthenticateAsync(context, cancellation);
        if (!who.TryGet(out var requester, out var refusal)) return refusal.ToHttp();
        if (!policy.DatasetForWrite(requester, slug).TryGet(out var dataset, out refusal)) return refusal.ToHttp();
        if (!TryReadOptions(context.Request.Query, out var options, out refusal)) return refusal!.ToHttp();
        if (!await Places.WaitAsync(TimeSpan.Zero, cancellation)) return Busy.ToHttp();
        var folder = Directory.CreateTempSubdirectory("stoa-import-");
        try
        {
            var upload = new Upload(folder.FullName);
            if (await ReceiveAsync(context.Request, upload, cancellation) is { } problem) return problem.ToHttp();
            var outcome = await RunAsync(imports, dataset, upload, options, cancellation);
            return outcome.TryGet(out var summary, out problem)
                ? Results.Json(summary, ImportWire.Default.ImportSummary) : problem.ToHttp();
        }
        finally
        {
            folder.Delete(recursive: true);
            Places.Release();
        }
    }

    private static Task<Result<ImportSummary>> RunAsync(
        Imports imports, DatasetId dataset, Upload upload, Options options, CancellationToken cancellation)
    {
        var features = upload.Files.Where(IsGeoJson).ToList();
        if (features.Count > 0 && features.Count < upload.Files.Count)
            return Task.FromResult<Result<ImportSummary>>(
                Refuse("mixed-import", "Tables and GeoJSON in one upload", "Send them one after the other."));
        if (features.Count > 0)
            return imports.ImportFeaturesAsync(
                dataset,
                new()
                {
                    Mapping = upload.Mapping, Files = features, Crs = options.Crs, Key = options.Key,
                        Name = options.Name,
                    RejectsMax = options.RejectsMax, IsDryRun = options.IsDryRun,
                },
                null,
                cancellation);
        if (upload.Mapping is not { } mapping)
            return Task.FromResult<Result<ImportSummary>>(Refuse("missing-mapping", "The mapping is missing",
                "A table needs a mapping: send multipart/form-data with a part 'mapping' (YAML, see docs/import.md) " +
                    "beside 'file'."));
        return imports.ImportTablesAsync(
            dataset,
            new()
            {
                Mapping = mapping, Files = upload.Files, Stations = _ => upload.Stations,
                RejectsMax = options.RejectsMax, IsDryRun = options.IsDryRun,
            },
            null,
            cancellation);
    }

    private static bool IsGeoJson(ImportSource source) =>
        source.Name.EndsWith(".geojson", StringComparison.OrdinalIgnoreCase) ||
            source.Name.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    private static async Task<Problem?> ReceiveAsync(HttpRequest request, Upload upload, CancellationToken cancellation)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)) return UnsupportedMediaType;
        if (type.MediaType.Equals("application/geo+json", StringComparison.OrdinalIgnoreCase))
        {
            upload.Files.Add(await upload.SaveAsync("body.geojson", request.Body, cancellation));
            return null;
        }

        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        if (!type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase) ||
            string.IsNullOrEmpty(boundary) ||
            boundary.Length > BoundaryLengthMax) return UnsupportedMediaType;
        try
        {
            return await ReceivePartsAsync(new MultipartReader(boundary, request.Body), upload, cancellation);
        }
        catch (Exception exception) when (
            exception is InvalidDataException or IOException and not BadHttpRequestException)
        {
            return Refuse("malformed-upload", "The upload cannot be read",
                "The body is not multipart/form-data as RFC 7578 has it, or it ends early.");
        }
    }

    private static async Task<Problem?> ReceivePartsAsync(MultipartReader reader, Upload upload,
        CancellationToken cancellation)
    {
        var parts = 0;
        while (await reader.ReadNextSectionAsync(cancellation) is { } section)
        {
            if (++parts > PartsMax) return Refuse("malformed-upload", "The upload cannot be read",
                $"It has more than {PartsMax} parts.");
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)) continue;
            var part = HeaderUtilities.RemoveQuotes(disposition.Name).Value;
            var name = disposition.FileNameStar.Value ?? HeaderUtilities.RemoveQuotes(disposition.FileName).Value
                ?? "upload";
            if (name.Length > NameLengthMax) name = name[..NameLengthMax];
            if (await ReceivePartAsync(part, name, section, upload, cancellation) is { } problem) return problem;
        }

        return upload.Files.Count > 0
            ? null
            : Refuse("missing-file", "There is nothing to import", "Send at least one part 'file'.");
    }

    private static async Task<Problem?> ReceivePartAsync(
        string? part, string name, MultipartSection section, Upload upload, CancellationToken cancellation)
    {
        switch (part)
        {
            case "mapping":
                upload.Mapping = await ReadSmallAsync(section.Body, Mapping.MappingReader.BytesMax + 1, cancellation);
                return null;
            case "stations":
                upload.Stations = await upload.SaveAsync(name, section.Body, cancellation);
                return null;
            case "file":
                // A name that says nothing is helped by the stated type.
                if (section.ContentType?.StartsWith("application/geo+json",
                    StringComparison.OrdinalIgnoreCase) == true &&
                    !name.EndsWith("json", StringComparison.OrdinalIgnoreCase)) name += ".geojson";
                upload.Files.Add(await upload.SaveAsync(name, section.Body, cancellation));
                return null;
            default:
                await ReadSmallAsync(section.Body, FieldBytesMax, cancellation);
                return Refuse("malformed-upload", "The upload cannot be read",
                    "The parts are named mapping, stations and file; another one was sent.");
        }
    }

    private static async Task<byte[]> ReadSmallAsync(Stream body, int bytesMax, CancellationToken cancellation)
    {
        var bytes = new byte[bytesMax];
        return bytes[..await body.ReadAtLeastAsync(bytes, bytesMax, throwOnEndOfStream: false, cancellation)];
    }

    private static bool TryReadOptions(IQueryCollection query, out Options options, out Problem? problem)
    {
        options = new(null, null, null, null, false);
        problem = null;
        long? rejectsMax = null;
        if (query["maxRejects"].FirstOrDefault() is { } text)
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                problem = Problem.BadRequest("invalid-parameter", "A query parameter is not acceptable",
                    "'maxRejects' takes a whole number.").With("parameter", "maxRejects");
                return false;
            }

            rejectsMax = count;
        }

        var dryRun = query["dryRun"].FirstOrDefault();
        if (dryRun is not (null or "" or "true" or "false"))
        {
            problem = Problem.BadRequest("invalid-parameter", "A query parameter is not acceptable",
                "'dryRun' takes true or false.").With("parameter", "dryRun");
            return false;
        }

        options = new(query["crs"].FirstOrDefault(), query["key"].FirstOrDefault(), query["name"].FirstOrDefault(),
            rejectsMax, dryRun is "" or "true");
        return true;
    }

    private static Problem Refuse(string type, string title, string detail) => Problem.BadRequest(type, title, detail);

    private static Problem UnsupportedMediaType { get; } = new(
        415, "unsupported-media-type", "The body has a media type that is not taken here",
        "Send multipart/form-data with the parts mapping, stations and file, or a document of application/geo+json.");

    private static Problem Busy { get; } = new(
        429, "imports-busy", "As many imports as may run at the same time are running",
        "Nothing was taken. Send it again after the time in Retry-After, or import on the server with stoa import.")
    {
        RetryAfterSeconds = 5,
    };

    private sealed record Options(string? Crs, string? Key, string? Name, long? RejectsMax, bool IsDryRun);

    /// <summary>What was received, in a folder that is removed at the end.</summary>
    private sealed class Upload(string folder)
    {
        private int _saved;

        public byte[]? Mapping { get; set; }

        public ImportSource? Stations { get; set; }

        public List<ImportSource> Files { get; } = [];

        // The sender's name is never a path here: files are numbered.
        public async Task<ImportSource> SaveAsync(string name, Stream body, CancellationToken cancellation)
        {
            var path = Path.Combine(folder, (_saved++).ToString(CultureInfo.InvariantCulture));
            await using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None))
                await body.CopyToAsync(file, cancellation);
            return new(name, new FileInfo(path).Length, () => ImportSource.OpenFile(path), RejectFile: null,
                IsLasting: false);
        }
    }
}

/// <summary>The parts of an upload, for the API document alone.</summary>
/// <param name="Mapping">The mapping, YAML; needed for CSV.</param>
/// <param name="Stations">The stations file, when the mapping joins one.</param>
/// <param name="File">One file or more.</param>
internal sealed record ImportUpload(string? Mapping, string? Stations, string File);
