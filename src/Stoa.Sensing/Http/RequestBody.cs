using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>The body of a request, whole, in a rented buffer; dispose it when it has been read.</summary>
internal readonly struct RequestBody : IDisposable
{
    private readonly byte[]? _rented;

    private RequestBody(ReadOnlyMemory<byte> utf8, byte[]? rented)
    {
        Utf8 = utf8;
        _rented = rented;
    }

    /// <summary>The bytes.</summary>
    internal ReadOnlyMemory<byte> Utf8 { get; }

    /// <summary>Reads the body to its end; 413 when it is larger than allowed.</summary>
    internal static async ValueTask<Result<RequestBody>> ReadAsync(HttpContext context, long bytesMax)
    {
        if (context.Request.ContentLength > bytesMax) return Problems.TooBig("The body in bytes", bytesMax);
        var reader = context.Request.BodyReader;
        while (true)
        {
            ReadResult result;
            try
            {
                result = await reader.ReadAsync(context.RequestAborted);
            }
            catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
            {
                return Problems.TooBig("The body in bytes", bytesMax);
            }

            var buffer = result.Buffer;
            if (buffer.Length > bytesMax) return Problems.TooBig("The body in bytes", bytesMax);
            if (!result.IsCompleted)
            {
                reader.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }

            var rented = ArrayPool<byte>.Shared.Rent((int)buffer.Length);
            buffer.CopyTo(rented);
            var length = (int)buffer.Length;
            reader.AdvanceTo(buffer.End);
            // The reader of JSON looks at texts only when they are asked for; broken ones would be stored mended.
            if (!System.Text.Unicode.Utf8.IsValid(rented.AsSpan(0, length)))
            {
                ArrayPool<byte>.Shared.Return(rented);
                return Problems.NoUnicode();
            }

            return new RequestBody(rented.AsMemory(0, length), rented);
        }
    }

    public void Dispose()
    {
        if (_rented is not null) ArrayPool<byte>.Shared.Return(_rented);
    }
}
