using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Benchmarks.Servers;

/// <summary>
/// The practical ceiling: Kestrel and the engine and nothing else. It parses an observation, gives it an id, inserts it, shares a
/// commit between all that wait, and answers 201 when it is durable.
/// </summary>
/// <remarks>No routing, rights, validation, links, latest values, counts, or feed: what those cost is the ratio.</remarks>
internal static class BareServer
{
    public static async Task RunAsync(string[] args)
    {
        var (kind, place, url) = (Enum.Parse<StorageEngine>(args[0]), args[1], args[2]);
        using BareStore store = kind == StorageEngine.Sqlite ? new SqliteBareStore(place) : new PostgresBareStore(place);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(url);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.Configure<ConsoleLifetimeOptions>(options => options.SuppressStatusMessages = true);
        await using var app = builder.Build();
        app.Run(context => HandleAsync(context, store));
        await app.RunAsync();
    }

    private static async Task HandleAsync(HttpContext context, BareStore store)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = 200;
            return;
        }

        var reader = context.Request.BodyReader;
        var body = await reader.ReadAtLeastAsync((int)(context.Request.ContentLength ?? 0));
        var isArray = context.Request.Path.Value!.EndsWith("/CreateObservations", StringComparison.Ordinal);
        var rows = Parse(body.Buffer, isArray);
        reader.AdvanceTo(body.Buffer.End);
        var insert = new BareInsert(rows);
        store.Add(insert);
        await insert.Done;
        context.Response.StatusCode = 201;
        context.Response.ContentType = "application/json";
        if (isArray) WriteLinks(context.Response, insert);
        else WriteId(context.Response, insert.FirstId);
        await context.Response.BodyWriter.FlushAsync();
    }

    private static BareRow[] Parse(in ReadOnlySequence<byte> body, bool isArray)
    {
        var json = new Utf8JsonReader(body);
        return isArray ? ParseArray(ref json) : [ParseOne(ref json)];
    }

    private static BareRow ParseOne(ref Utf8JsonReader json)
    {
        long datastream = 0;
        Instant time = default;
        double result = 0;
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("phenomenonTime"u8))
            {
                json.Read();
                time = ParseTime(json.ValueSpan);
            }
            else if (json.ValueTextEquals("result"u8))
            {
                json.Read();
                result = json.GetDouble();
            }
            else if (json.ValueTextEquals("Datastream"u8))
            {
                datastream = ParseReference(ref json);
            }
            else
            {
                json.Skip();
            }
        }

        return new BareRow(datastream, time.UnixMicroseconds, result);
    }

    private static Instant ParseTime(ReadOnlySpan<byte> text) =>
        Instant.TryParse(text, out var time) ? time : throw new FormatException("Not a time.");

    private static long ParseReference(ref Utf8JsonReader json)
    {
        json.Read();
        json.Read();
        json.Read();
        var id = json.GetInt64();
        json.Read();
        return id;
    }

    // [{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result"],"dataArray":[["…",1.5],…]}]
    private static BareRow[] ParseArray(ref Utf8JsonReader json)
    {
        var rows = new List<BareRow>(128);
        long datastream = 0;
        json.Read();
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("Datastream"u8))
            {
                datastream = ParseReference(ref json);
            }
            else if (json.ValueTextEquals("dataArray"u8))
            {
                json.Read();
                while (json.Read() && json.TokenType == JsonTokenType.StartArray)
                {
                    json.Read();
                    var time = ParseTime(json.ValueSpan);
                    json.Read();
                    rows.Add(new BareRow(datastream, time.UnixMicroseconds, json.GetDouble()));
                    json.Read();
                }
            }
            else
            {
                json.Skip();
            }
        }

        return [.. rows];
    }

    private static void WriteId(HttpResponse response, long id)
    {
        Span<byte> digits = stackalloc byte[20];
        id.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture);
        response.Headers.Location = string.Create(CultureInfo.InvariantCulture, $"/sensorthings/v1.1/Observations({id})");
        response.ContentLength = 12 + length;
        response.BodyWriter.Write("{\"@iot.id\":"u8);
        response.BodyWriter.Write(digits[..length]);
        response.BodyWriter.Write("}"u8);
    }

    private static void WriteLinks(HttpResponse response, BareInsert insert)
    {
        using var json = new Utf8JsonWriter(response.BodyWriter);
        json.WriteStartArray();
        for (var row = 0; row < insert.Rows.Length; row++)
            json.WriteStringValue(string.Create(CultureInfo.InvariantCulture,
                $"http://127.0.0.1/sensorthings/v1.1/Observations({insert.FirstId + row})"));
        json.WriteEndArray();
    }
}
