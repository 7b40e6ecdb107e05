using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Stoa.Identity.Http;
using Stoa.Sensing.Observations;

namespace Stoa.Sensing.Http.Batches;

/// <summary>The answer to a batch, written part by part in the order of the requests and sent while it grows.</summary>
/// <param name="context">The request that brought the batch.</param>
internal abstract class BatchAnswer(HttpContext context)
{
    // Few and large pieces: most answers leave in one.
    private const int FlushBytes = 64 * 1024;

    private bool _isBegun;

    protected ArrayBufferWriter<byte> Buffer { get; } = new(16 * 1024);

    protected abstract string ContentType { get; }

    internal abstract void Write(PartAnswer part);

    internal abstract void BeginChangeSet();

    internal abstract void EndChangeSet();

    protected abstract void End();

    /// <summary>Sends what is there when it is much.</summary>
    internal ValueTask SendAsync() => Buffer.WrittenCount >= FlushBytes ? FlushAsync() : ValueTask.CompletedTask;

    internal async ValueTask EndAsync()
    {
        End();
        if (!_isBegun) context.Response.ContentLength = Buffer.WrittenCount;
        await FlushAsync();
    }

    private async ValueTask FlushAsync()
    {
        if (!_isBegun)
        {
            context.Response.StatusCode = StatusCodes.Status200OK;
            context.Response.ContentType = ContentType;
            context.Response.Headers.CacheControl = "no-store";
        }

        _isBegun = true;
        await context.Response.Body.WriteAsync(Buffer.WrittenMemory, context.RequestAborted);
        Buffer.ResetWrittenCount();
    }
}

/// <summary>The answer in the form of the request: multipart/mixed (OGC 18-088, 11.2.2).</summary>
internal sealed class MultipartAnswer(HttpContext context) : BatchAnswer(context)
{
    private readonly string _boundary = "batch_" + Guid.NewGuid().ToString("N");
    private string? _changeSet;

    protected override string ContentType => "multipart/mixed; boundary=" + _boundary;

    internal override void Write(PartAnswer part)
    {
        Text("--");
        Text(_changeSet ?? _boundary);
        Text("\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n");
        if (part.Id is { } id) Header("Content-ID", id);
        Text("\r\nHTTP/1.1 ");
        Text(part.Status.ToString(CultureInfo.InvariantCulture));
        Text(" ");
        Text(ReasonPhrases.GetReasonPhrase(part.Status));
        Text("\r\n");
        foreach (var (name, value) in part.Headers) Header(name, value);
        Header("Content-Length", part.Body.Length.ToString(CultureInfo.InvariantCulture));
        Text("\r\n");
        Buffer.Write(part.Body.Span);
        Text("\r\n");
    }

    internal override void BeginChangeSet()
    {
        _changeSet = "changeset_" + Guid.NewGuid().ToString("N");
        Text($"--{_boundary}\r\nContent-Type: multipart/mixed; boundary={_changeSet}\r\n\r\n");
    }

    internal override void EndChangeSet()
    {
        Text($"--{_changeSet}--\r\n");
        _changeSet = null;
    }

    protected override void End() => Text($"--{_boundary}--\r\n");

    private void Header(string name, string value)
    {
        Text(name);
        Text(": ");
        Text(value);
        Text("\r\n");
    }

    private void Text(string text) => Encoding.UTF8.GetBytes(text, Buffer);
}

/// <summary>The answer to a batch in JSON: <c>{"responses": [{"id", "status", "headers", "body"}]}</c>.</summary>
/// <remarks>Beside the headers of OData stands <c>location</c>, as FROST has it.</remarks>
internal sealed class JsonBatchAnswer : BatchAnswer, IDisposable
{
    private readonly Utf8JsonWriter _json;

    internal JsonBatchAnswer(HttpContext context)
        : base(context)
    {
        _json = new Utf8JsonWriter(Buffer, JsonText.Plain);
        _json.WriteStartObject();
        _json.WriteStartArray("responses"u8);
    }

    protected override string ContentType => JsonAnswer.ContentType;

    internal override void Write(PartAnswer part)
    {
        _json.WriteStartObject();
        if (part.Id is { } id) _json.WriteString("id"u8, id);
        _json.WriteNumber("status"u8, part.Status);
        string? type = null;
        if (part.Headers.Count > 0)
        {
            _json.WriteStartObject("headers"u8);
            foreach (var (name, value) in part.Headers)
            {
                if (name == "Content-Type") type = value;
                _json.WriteString(name.ToLowerInvariant(), value);
            }

            _json.WriteEndObject();
            var location = part.Headers.FirstOrDefault(header => header.Key == "Location").Value;
            if (location is not null) _json.WriteString("location"u8, location);
        }

        if (!part.Body.IsEmpty)
        {
            _json.WritePropertyName("body"u8);
            if (MediaType.Is(type, "application/json") || MediaType.Is(type, ProblemHttp.MediaType) ||
                MediaType.Is(type, "application/geo+json"))
                _json.WriteRawValue(part.Body.Span, skipInputValidation: true);
            else if (type?.StartsWith("text/", StringComparison.OrdinalIgnoreCase) == true) _json.WriteStringValue(part.Body.Span);
            else _json.WriteStringValue(System.Buffers.Text.Base64Url.EncodeToString(part.Body.Span));
        }

        _json.WriteEndObject();
        _json.Flush();
    }

    // The requests of a group stand among the others; what belongs together says the request.
    internal override void BeginChangeSet()
    {
    }

    internal override void EndChangeSet()
    {
    }

    protected override void End()
    {
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
    }

    public void Dispose() => _json.Dispose();
}
