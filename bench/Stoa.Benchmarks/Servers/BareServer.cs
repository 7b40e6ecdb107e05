using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Storage;
using Stoa.Storage.Sqlite;
using Stoa.Vocabulary;

namespace Stoa.Benchmarks.Servers;

/// <summary>
/// The practical ceiling: Kestrel and SQLite and nothing else. It parses an observation, gives it an id, inserts four
/// columns with one index (datastream, time), shares a commit between all that wait, and answers 201 when it is durable.
/// </summary>
/// <remarks>No routing, rights, validation, links, latest values, counts, or feed: what those cost is the ratio.</remarks>
internal static class BareServer
{
    public static async Task RunAsync(string[] args)
    {
        var (file, url) = (args[0], args[1]);
        using var store = new BareStore(file);
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

internal readonly record struct BareRow(long Datastream, long Time, double Result);

internal sealed class BareInsert(BareRow[] rows)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public BareRow[] Rows => rows;

    public long FirstId { get; set; }

    public Task Done => _done.Task;

    public void Complete() => _done.SetResult();
}

/// <summary>One writer thread; whatever waits shares its commit. Write-ahead log, synchronous=FULL.</summary>
internal sealed class BareStore : IDisposable
{
    private readonly Channel<BareInsert> _waiting =
        Channel.CreateUnbounded<BareInsert>(new UnboundedChannelOptions { SingleReader = true });

    private readonly SqliteConnection _writer;
    private readonly Checkpointer _checkpointer;
    private readonly Thread _thread;
    private long _nextId = 1;

    public BareStore(string file)
    {
        _writer = Open(file);
        _writer.Execute(
            """
            CREATE TABLE observation (id INTEGER PRIMARY KEY, datastream INTEGER, time INTEGER, result REAL);
            CREATE INDEX observation_datastream ON observation (datastream, time);
            """);
        _checkpointer = new Checkpointer(Open(file), _writer);
        _thread = new Thread(Loop) { IsBackground = true };
        _thread.Start();
    }

    public void Add(BareInsert insert) => _waiting.Writer.TryWrite(insert);

    private static SqliteConnection Open(string file)
    {
        var connection = SqliteConnection.Open(file, SqliteConnection.OpenReadWrite | SqliteConnection.OpenCreate);
        connection.SetBudget(TimeSpan.Zero, CancellationToken.None);
        connection.Execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA cache_size = -65536;
            PRAGMA wal_autocheckpoint = 0;
            """);
        return connection;
    }

    private void Loop()
    {
        var group = new List<BareInsert>();
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            _writer.Execute("BEGIN IMMEDIATE");
            using (var row = _writer.Prepare("INSERT INTO observation VALUES (?1, ?2, ?3, ?4)"))
                while (_waiting.Reader.TryRead(out var insert))
                {
                    insert.FirstId = _nextId;
                    foreach (var value in insert.Rows)
                        row.Bind(1, _nextId++).Bind(2, value.Datastream).Bind(3, value.Time).Bind(4, value.Result).Execute();
                    group.Add(insert);
                }

            _writer.Execute("COMMIT");
            foreach (var insert in group) insert.Complete();
            group.Clear();
            _checkpointer.AfterCommit();
        }
    }

    public void Dispose()
    {
        _waiting.Writer.Complete();
        _thread.Join();
        _checkpointer.Dispose();
        _writer.Dispose();
    }
}
