using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stoa.Sensing.Http;
using Stoa.Sensing.Http.Formats;
using Stoa.Sharing.Exchanges;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Aggregation;

/// <summary>Writes the rows of an aggregation as JSON or as CSV: the same members and columns.</summary>
internal static class AggregationAnswer
{
    internal static async Task WriteAsync(
        HttpContext context, Caller caller, AggregationRequest request, AggregationPage page, string? next, bool isCsv)
    {
        using var answer = JsonAnswer.Rent();
        if (isCsv)
        {
            context.Response.ContentType = ResultFormats.Csv + "; charset=utf-8; header=present";
            context.Response.Headers.ContentDisposition = "attachment; filename=\"aggregation.csv\"";
            if (next is not null) context.Response.Headers.Link = NextLink.Header(next);
            WriteHeader(answer, request);
        }
        else
        {
            BeginJson(answer.Json, request);
        }

        foreach (var row in page.Rows)
        {
            if (isCsv) WriteCsv(answer, request, page.Buckets, row);
            else WriteJson(answer.Json, caller, request, page.Buckets, row);
            if (answer.IsFull) await answer.SendAsync(context);
        }

        if (!isCsv) EndJson(answer.Json, next);
        await answer.EndAsync(context);
    }

    private static string? EntityOf(AggregationGroup group) => group switch
    {
        AggregationGroup.Datastream => "Datastream",
        AggregationGroup.Thing => "Thing",
        AggregationGroup.ObservedProperty => "ObservedProperty",
        _ => null,
    };

    private static void BeginJson(Utf8JsonWriter json, AggregationRequest request)
    {
        json.WriteStartObject();
        json.WriteString("interval"u8, request.IntervalText);
        json.WriteString("zone"u8, request.ZoneName);
        json.WriteString("groupBy"u8, request.GroupBy == AggregationGroup.None ? "none" : request.GroupBy.ToString());
        json.WriteStartArray("value"u8);
    }

    private static void EndJson(Utf8JsonWriter json, string? next)
    {
        json.WriteEndArray();
        if (next is not null) json.WriteString("@iot.nextLink"u8, next);
        json.WriteEndObject();
    }

    private static void WriteJson(
        Utf8JsonWriter json, Caller caller, AggregationRequest request, Buckets buckets, in AggregatedBucket row)
    {
        json.WriteStartObject();
        if (EntityOf(request.GroupBy) is { } entity)
        {
            var set = entity == "ObservedProperty" ? "ObservedProperties" : entity + "s";
            json.WriteString(
                entity + "@iot.navigationLink",
                string.Create(CultureInfo.InvariantCulture, $"{caller.Root.Url}/{set}({row.Group.Key})"));
            json.WriteNumber(entity + "/id", row.Group.Key);
            json.WriteString(entity + "/name", row.Group.Name);
        }
        else if (request.GroupBy == AggregationGroup.Area)
        {
            json.WriteString("area"u8, row.Group.Name);
        }

        Span<byte> text = stackalloc byte[ClockBytesMax];
        json.WriteString("start"u8, text[..Format(text, row.Start, buckets)]);
        json.WriteString("end"u8, text[..Format(text, row.End, buckets)]);
        for (var i = 0; i < row.Values.Length; i++)
        {
            json.WritePropertyName(request.Functions[i].Encoded);
            if (row.Values[i] is { } value) json.WriteNumberValue(value);
            else json.WriteNullValue();
        }

        json.WriteNumber("others"u8, row.Others);
        json.WriteEndObject();
    }

    private static void WriteHeader(JsonAnswer answer, AggregationRequest request)
    {
        var cells = new CsvCells(answer.Bytes);
        if (EntityOf(request.GroupBy) is { } entity)
        {
            cells.Text(Encoding.UTF8.GetBytes(entity + "/id"));
            cells.Text(Encoding.UTF8.GetBytes(entity + "/name"));
        }
        else if (request.GroupBy == AggregationGroup.Area)
        {
            cells.Text("area"u8);
        }

        cells.Text("start"u8);
        cells.Text("end"u8);
        foreach (var function in request.Functions) cells.Text(function.Encoded.EncodedUtf8Bytes);
        cells.Text("others"u8);
        cells.EndRow();
    }

    private static void WriteCsv(JsonAnswer answer, AggregationRequest request, Buckets buckets, in AggregatedBucket row)
    {
        var cells = new CsvCells(answer.Bytes);
        if (EntityOf(request.GroupBy) is not null) cells.Number(row.Group.Key);
        if (request.GroupBy != AggregationGroup.None) cells.Text(Encoding.UTF8.GetBytes(row.Group.Name));
        Span<byte> text = stackalloc byte[ClockBytesMax];
        cells.Plain(text[..Format(text, row.Start, buckets)]);
        cells.Plain(text[..Format(text, row.End, buckets)]);
        foreach (var value in row.Values)
        {
            if (value is { } number) cells.Number(number);
            else cells.Empty();
        }

        cells.Number(row.Others);
        cells.EndRow();
    }

    private const int ClockBytesMax = Instant.TextBytesMax + 6;

    /// <summary>The moment as the zone's clocks show it, with their distance from UTC: 2026-03-29T03:00:00+02:00.</summary>
    private static int Format(Span<byte> text, long moment, Buckets buckets)
    {
        var clamped = Math.Min(moment, Instant.Max.UnixMicroseconds);
        var offset = buckets.OffsetAt(clamped);
        var local = clamped + offset;
        if (local < Instant.Min.UnixMicroseconds || local > Instant.Max.UnixMicroseconds) (offset, local) = (0, clamped);
        new Instant(local).TryFormat(text, out var written);
        if (offset == 0) return written;
        var minutes = Math.Abs(offset) / 60_000_000;
        text[written - 1] = (byte)(offset < 0 ? '-' : '+');
        text[written] = (byte)('0' + (minutes / 600));
        text[written + 1] = (byte)('0' + (minutes / 60 % 10));
        text[written + 2] = (byte)':';
        text[written + 3] = (byte)('0' + (minutes % 60 / 10));
        text[written + 4] = (byte)('0' + (minutes % 10));
        return written + 5;
    }
}
