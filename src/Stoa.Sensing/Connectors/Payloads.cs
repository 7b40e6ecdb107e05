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
    /// <remarks>U+0000 is in no topic (MQTT 5, 4.7.3).</remarks>
    internal static Result<string?> TopicOf(HttpContext context)
    {
        var topic = context.Request.Query["topic"].ToString();
        if (topic.Contains('\0', StringComparison.Ordinal))
            return Problem.BadRequest("invalid-parameter", "A query parameter is not acceptable",
                "'topic' must be an MQTT topic, without the character U+0000.").With("parameter", "topic");
        return Result<string?>.Of(topic.Length > 0 ? topic : null);
    }
}
