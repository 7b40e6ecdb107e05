using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stoa.Query;
using Stoa.Sensing.Schema;
using Stoa.Sharing.Exchanges;
using Stoa.Storage;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>Answers for one property of one entity, as JSON or raw (OGC 18-088, 9.2.5 and 9.2.6).</summary>
internal static class PropertyReads
{
    private static readonly JsonWriterOptions Writing = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes <c>{"name": value}</c> or the bare value; 204 for null, 404 for what is not there.</summary>
    internal static async Task<Problem?> WriteAsync(
        HttpContext context, QueryTranslator translator, Session session, Caller caller, ResourcePath path)
    {
        if (!path.IsSingle) return Problem.NotFound();
        if (Read(translator, session, caller, path) is not { } value) return Problem.NotFound();
        var leaving = new LeavingRows(context);
        if (!leaving.MayLeave(1)) return leaving.Refusal;
        var response = context.Response;
        if (value.ValueKind == JsonValueKind.Null)
        {
            response.StatusCode = StatusCodes.Status204NoContent;
            return null;
        }

        response.StatusCode = StatusCodes.Status200OK;
        if (path.End == PathEnd.RawValue)
        {
            var isText = value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array);
            response.ContentType = isText ? "text/plain; charset=utf-8" : "application/json; charset=utf-8";
            var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
            response.Headers.Vary = "Authorization";
            response.Headers.CacheControl = "no-cache";
            var bytes = Encoding.UTF8.GetBytes(text);
            response.ContentLength = bytes.Length;
            if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(bytes, context.RequestAborted);
            return null;
        }

        using var answer = JsonAnswer.Rent();
        WriteMember(answer.Json, path, value);
        await answer.EndAsync(context);
        return null;
    }

    /// <summary>Writes <c>{"name": value}</c>.</summary>
    internal static void WriteMember(Utf8JsonWriter json, ResourcePath path, JsonElement value)
    {
        json.WriteStartObject();
        json.WritePropertyName(path.Inside.Count > 0 ? path.Inside[^1] : path.Property == path.Entity.Id ? "@iot.id" : path.Property!.Name);
        value.WriteTo(json);
        json.WriteEndObject();
    }

    /// <summary>The value; null when the entity or the member is not there.</summary>
    internal static JsonElement? Read(QueryTranslator translator, Session session, Caller caller, ResourcePath path)
    {
        var property = path.Property!;
        var mapping = SensorThingsMapping.Mapping[path.Entity].Properties[property.Ordinal];
        var columns = new List<Column>();
        RowLayout.AddColumns(columns, mapping);
        var sql = translator.Rows(
            new ReadRequest { Path = path.Steps, Scope = caller.Read, Columns = columns, Limit = 1 });
        using var row = ReadPlan.Prepare(session, sql);
        if (!row.Step()) return null;
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Writing)) PropertyValue.Write(json, row, property, mapping, 0);
        var value = JsonElement.Parse(buffer.WrittenSpan);
        foreach (var name in path.Inside)
        {
            if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member)) value = member;
            else if (value.ValueKind == JsonValueKind.Array &&
                int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) &&
                index < value.GetArrayLength()) value = value[index];
            else return null;
        }

        return value;
    }
}
