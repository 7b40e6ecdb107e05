using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Stoa.Sensing.Http;

/// <summary>A JSON answer on its way out: collected in a buffer of its own and sent whenever that is full.</summary>
/// <remarks>
/// Nothing reaches the connection before the first full buffer, so a failure until then is still answered by a problem
/// document; a short answer leaves in one piece with its length. Rented, because each request needs one.
/// </remarks>
internal sealed class JsonAnswer : IDisposable
{
    internal const string ContentType = "application/json; charset=utf-8";

    // One TLS record per flush; larger only delays the first row.
    private const int FlushBytes = 16 * 1024;

    // After that fewer, larger pieces: each one wakes the client, who is asleep when the next takes longer than it takes to read.
    private const int LaterFlushBytes = 3 * FlushBytes;

    // As many as requests are answered at once on a small machine; beyond that they are made and dropped.
    private const int KeptMax = 64;

    private static readonly ConcurrentBag<JsonAnswer> Kept = [];
    private readonly ArrayBufferWriter<byte> _buffer = new(2 * FlushBytes);
    private bool _isSending;

    private JsonAnswer() => Json = new Utf8JsonWriter(_buffer, new JsonWriterOptions
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    });

    /// <summary>Writes into the buffer.</summary>
    internal Utf8JsonWriter Json { get; }

    /// <summary>The buffer itself, for what is not JSON; nothing may wait in <see cref="Json"/> then.</summary>
    internal IBufferWriter<byte> Bytes => _buffer;

    /// <summary>Whether <see cref="SendAsync"/> is due.</summary>
    internal bool IsFull => _buffer.WrittenCount + Json.BytesPending >= (_isSending ? LaterFlushBytes : FlushBytes);

    /// <summary>What was written so far and not sent.</summary>
    internal ReadOnlyMemory<byte> Written
    {
        get
        {
            Json.Flush();
            return _buffer.WrittenMemory;
        }
    }

    /// <summary>An empty one.</summary>
    internal static JsonAnswer Rent() => Kept.TryTake(out var kept) ? kept : new JsonAnswer();

    /// <summary>Sends what is there, and waits when the client is slower than the database.</summary>
    internal async ValueTask SendAsync(HttpContext context)
    {
        Json.Flush();
        Begin(context);
        await context.Response.Body.WriteAsync(_buffer.WrittenMemory, context.RequestAborted);
        _buffer.ResetWrittenCount();
    }

    /// <summary>Sends the rest. An answer that was never full goes out with its length.</summary>
    internal ValueTask EndAsync(HttpContext context)
    {
        Json.Flush();
        if (!_isSending && context.Response.StatusCode != StatusCodes.Status204NoContent)
            context.Response.ContentLength = _buffer.WrittenCount;
        Begin(context);
        return HttpMethods.IsHead(context.Request.Method)
            ? ValueTask.CompletedTask
            : context.Response.Body.WriteAsync(_buffer.WrittenMemory, context.RequestAborted);
    }

    /// <summary>Answers 304: the client has exactly this answer already (RFC 9110, 15.4.5).</summary>
    internal static void EndUnchanged(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status304NotModified;
        BeginHeaders(context);
    }

    /// <summary>Sets the headers; nothing may change them afterwards.</summary>
    internal void Begin(HttpContext context)
    {
        if (_isSending) return;
        _isSending = true;
        context.Response.ContentType ??= ContentType;
        BeginHeaders(context);
    }

    private static void BeginHeaders(HttpContext context)
    {
        // What may be seen depends on who asks.
        context.Response.Headers.Vary = "Authorization, Accept";
        context.Response.Headers.CacheControl = "no-cache";
    }

    public void Dispose()
    {
        _buffer.ResetWrittenCount();
        Json.Reset();
        _isSending = false;
        if (Kept.Count < KeptMax && _buffer.Capacity <= 8 * FlushBytes) Kept.Add(this);
        else Json.Dispose();
    }
}
