using Microsoft.AspNetCore.Http;
using Stoa.Identity.Http;
using Stoa.Identity.SignIn;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>The step of every request that measures what leaves under a credential.</summary>
/// <remarks>Open data need no credential, and what is read without one is open: such requests pass untouched.</remarks>
internal sealed class ExchangeRecording(ExchangeLog log, Browsers browsers, TimeProvider time)
{
    private static readonly Problem Behind = new(503, "records-behind", "Records cannot be kept at the moment",
        "Access to data that are not open is recorded, and the records of before are not stored yet. Ask again in a moment.")
    {
        RetryAfterSeconds = 2,
    };

    public async Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        var mayRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || IsBatch(request.Path.Value);
        if (!mayRead || context.WebSockets.IsWebSocketRequest ||
            (request.Headers.Authorization.Count == 0 && !browsers.SeemsSignedIn(context)))
        {
            await next(context);
            return;
        }

        if (!log.HasRoom)
        {
            await Behind.WriteAsync(context);
            return;
        }

        using var meter = new ExchangeMeter();
        context.Features.Set(meter);
        var body = context.Response.Body;
        var begun = time.GetTimestamp();
        context.Response.Body = new MeteredStream(body, meter, context.Response, RecordLong);
        try
        {
            await next(context);
        }
        finally
        {
            context.Response.Body = body;
            // Refusals hold no data. What was cut off in the middle counts for what had left.
            if (meter.IsGoverned && context.Response.StatusCode < 400) Record();
        }

        // As routing reads an address: whatever the letters' case, and with a slash at the end.
        static bool IsBatch(string? path) => path is not null && path.AsSpan().TrimEnd('/').EndsWith("/$batch", StringComparison.OrdinalIgnoreCase);

        // A stream that stays open is recorded by the minute, so that what left is known while it flows.
        void RecordLong()
        {
            if (!meter.IsGoverned || time.GetElapsedTime(begun) < Deliveries.Period) return;
            begun = time.GetTimestamp();
            Record();
        }

        void Record()
        {
            var record = meter.Record(context, log.NextId(Instant.From(time.GetUtcNow())));
            log.Add(record);
        }
    }
}

/// <summary>Lets everything through and tells the meter.</summary>
internal sealed class MeteredStream(Stream inner, ExchangeMeter meter, HttpResponse response, Action counted) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        meter.Count(buffer, response.ContentLength);
        counted();
        inner.Write(buffer);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        meter.Count(buffer.Span, response.ContentLength);
        counted();
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
