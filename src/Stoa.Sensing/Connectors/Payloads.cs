using System.Buffers;
using Microsoft.AspNetCore.Http;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary>Payloads in the bodies of requests: any bytes, bounded.</summary>
internal static class Payloads
{
    /// <summary>The whole body.</summary>
    internal static async ValueTask<Result<byte[]>> ReadAsync(HttpContext context, int bytesMax, CancellationToken cancellation)
    {
        if (context.Request.ContentLength > bytesMax) return ConnectorProblems.PayloadTooLarge(bytesMax);
        var reader = context.Request.BodyReader;
        while (true)
        {
            System.IO.Pipelines.ReadResult result;
            try
            {
                result = await reader.ReadAsync(cancellation);
            }
            catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
            {
                return ConnectorProblems.PayloadTooLarge(bytesMax);
            }

            if (result.Buffer.Length > bytesMax) return ConnectorProblems.PayloadTooLarge(bytesMax);
            if (!result.IsCompleted)
            {
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                continue;
            }

            var bytes = result.Buffer.ToArray();
            reader.AdvanceTo(result.Buffer.End);
            return bytes;
        }
    }

    /// <summary>The topic that a request states; null for none.</summary>
    internal static string? TopicOf(HttpContext context) =>
        context.Request.Query["topic"].ToString() is { Length: > 0 } topic ? topic : null;
}
