using System.Globalization;
using Microsoft.AspNetCore.Http;
using Stoa.Identity.Http;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Batches;

/// <summary>The answer to one part of a batch.</summary>
/// <param name="Id">The Content-ID or id of the request; null when it had none.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Headers">In the order in which they are written.</param>
/// <param name="Body">Empty when there is none.</param>
internal sealed record PartAnswer(
    string? Id, int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body)
{
    internal static PartAnswer Of(string? id, WriteAnswer answer)
    {
        var headers = new List<KeyValuePair<string, string>>(3);
        if (answer.Location is { } location) headers.Add(new("Location", location));
        if (answer.ETag is { } tag) headers.Add(new("ETag", tag));
        if (!answer.Body.IsEmpty) headers.Add(new("Content-Type", JsonAnswer.ContentType));
        return new PartAnswer(id, answer.Status, headers, answer.Body);
    }

    internal static PartAnswer Of(string? id, Problem problem)
    {
        var headers = new List<KeyValuePair<string, string>>(2) { new("Content-Type", ProblemHttp.MediaType) };
        if (problem.RetryAfterSeconds is { } seconds)
            headers.Add(new("Retry-After", seconds.ToString(CultureInfo.InvariantCulture)));
        return new PartAnswer(id, problem.Status, headers, problem.ToUtf8());
    }

    /// <summary>What a handler has written into a response of its own.</summary>
    internal static PartAnswer Of(string? id, HttpResponse response, ReadOnlyMemory<byte> body)
    {
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var (name, value) in response.Headers)
            // Caches see the batch alone, and the length of a body is that of the part.
            if (name is not ("Content-Length" or "Vary" or "Cache-Control")) headers.Add(new(name, value.ToString()));
        return new PartAnswer(id, response.StatusCode, headers, body);
    }
}
