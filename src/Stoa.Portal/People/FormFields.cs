using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Stoa.Identity.SignIn;
using Stoa.Vocabulary;

namespace Stoa.Portal.People;

/// <summary>The fields of a form, all of it bounded.</summary>
internal sealed class FormFields
{
    /// <summary>Most fields: a level with a page of parties by name.</summary>
    internal const int FieldsMax = 64;

    private readonly IFormCollection _fields;

    private FormFields(IFormCollection fields) => _fields = fields;

    /// <summary>The first value of a field; empty when it is not there.</summary>
    internal string this[string name] => _fields[name].Count == 0 ? "" : _fields[name][0] ?? "";

    /// <summary>Every value of a field.</summary>
    internal IReadOnlyList<string> All(string name) => [.. _fields[name].OfType<string>()];

    /// <summary>A field as a whole number; null when it is not one.</summary>
    internal long? Number(string name) =>
        long.TryParse(this[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The end of a last day: the day itself is included, so that it is the beginning of the next; null when it is no day.</summary>
    internal Instant? EndOf(string name) =>
        DateOnly.TryParseExact(this[name], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var last) && last < DateOnly.MaxValue
            ? Instant.From(new DateTimeOffset(last.AddDays(1).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero))
            : null;

    /// <summary>Reads the form of a request; 413 when it is too large, 415 when it is none.</summary>
    /// <param name="http">The request.</param>
    /// <param name="bytesMax">Longest form, in bytes.</param>
    /// <param name="cancellation">Ends the reading.</param>
    internal static async Task<Result<FormFields>> ReadAsync(HttpContext http, int bytesMax, CancellationToken cancellation)
    {
        var options = new FormOptions
        {
            ValueCountLimit = FieldsMax, KeyLengthLimit = 64, ValueLengthLimit = bytesMax, BufferBodyLengthLimit = bytesMax,
        };
        var isForm = MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) &&
            type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);
        if (!isForm) return NoForm;
        if (http.Request.ContentLength > bytesMax) return TooLarge(bytesMax);
        // A body that does not say its length is cut where it gets too long.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = bytesMax;
        try
        {
            return new FormFields(await new FormFeature(http.Request, options).ReadFormAsync(cancellation));
        }
        catch (Exception error) when (error is InvalidDataException or BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge })
        {
            return TooLarge(bytesMax);
        }
    }

    private static Problem NoForm { get; } = new(
        415, "unsupported-media-type", "The body has another media type than is taken here",
        "Pages send forms as application/x-www-form-urlencoded. Programs use /api/v1 with a token.");

    private static Problem TooLarge(int bytesMax) => new Problem(
        413, "body-too-large", "The body is too large", $"At most {bytesMax} bytes in {FieldsMax} fields are taken here.")
        .With("limit", bytesMax);
}
