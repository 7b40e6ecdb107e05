using Microsoft.AspNetCore.Http;
using Stoa.Query;
using Stoa.Sensing.Entities;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Http;

/// <summary>One writing request, whether it came by itself or as a part of a batch.</summary>
internal sealed record WriteRequest
{
    /// <summary>POST, PATCH, PUT or DELETE.</summary>
    internal required string Method { get; init; }

    /// <summary>The body; must stay as it is until the request is prepared.</summary>
    internal ReadOnlyMemory<byte> Body { get; init; }

    internal string? ContentType { get; init; }

    internal Preconditions Conditions { get; init; } = Preconditions.None;

    /// <summary>Prefer: return=representation (RFC 7240); without it the answer is the Location alone.</summary>
    internal bool WantsRepresentation { get; init; }

    /// <summary>Under which it is done only once; null when it has no Idempotency-Key.</summary>
    internal IdempotencyKey? Key { get; init; }

    /// <summary>Whether the body is a JSON Patch (RFC 6902) and no entity.</summary>
    internal bool IsJsonPatch => MediaType.Is(ContentType, "application/json-patch+json");

    /// <summary>Takes what matters out of the headers; a problem when one of them cannot be read.</summary>
    internal static Result<WriteRequest> From(string method, IHeaderDictionary headers, ReadOnlyMemory<byte> body)
    {
        if (!Preconditions.Parse(headers).TryGet(out var conditions, out var problem)) return problem;
        return new WriteRequest
        {
            Method = method,
            Body = body,
            ContentType = headers.ContentType,
            Conditions = conditions,
            WantsRepresentation = headers["Prefer"].ToString()
                .Contains("return=representation", StringComparison.OrdinalIgnoreCase),
        };
    }
}

/// <summary>Comparison of media types.</summary>
internal static class MediaType
{
    /// <summary>Whether a Content-Type names this media type, whatever its parameters.</summary>
    internal static bool Is(string? contentType, string mediaType)
    {
        if (contentType is null || !contentType.StartsWith(mediaType, StringComparison.OrdinalIgnoreCase)) return false;
        return contentType.Length == mediaType.Length || contentType[mediaType.Length] is ';' or ' ' or '\t';
    }
}

/// <summary>Where a writing request goes, and what it may do there: what the policy decided.</summary>
/// <param name="Caller">The root under which it came, and what may be read.</param>
/// <param name="Rights">What may be written.</param>
/// <param name="Path">The set or entity; null for CreateObservations.</param>
internal sealed record WriteTarget(Caller Caller, WriteRights Rights, ResourcePath? Path);

/// <summary>A writing request that was read and checked, and waits for the writer.</summary>
/// <param name="Target">Where it goes.</param>
/// <param name="Request">What came; its body is not needed any more.</param>
/// <param name="Run">Does it, inside the writer's transaction; may run twice.</param>
/// <param name="IsWrapped">False when it refuses only before its first change.</param>
internal sealed record PreparedWrite(
    WriteTarget Target, WriteRequest Request, Func<WriteSession, Result<WriteOutcome>> Run, bool IsWrapped = true);

/// <summary>What a write has done.</summary>
/// <param name="Status">HTTP status of the answer.</param>
internal sealed record WriteOutcome(int Status)
{
    /// <summary>What was created or changed; null for rows of a data array.</summary>
    internal EntityType? Entity { get; init; }

    internal long Id { get; init; }

    /// <summary>The tag of what is stored now (<see cref="EntityTag"/>); null where none is given.</summary>
    internal string? Tag { get; init; }

    /// <summary>Ids of a data array in the order of its rows; null for single entities.</summary>
    internal IReadOnlyList<long>? Rows { get; init; }
}

/// <summary>The answer to a writing request.</summary>
internal sealed record WriteAnswer(int Status)
{
    internal string? Location { get; init; }

    internal string? ETag { get; init; }

    /// <summary>JSON, or nothing.</summary>
    internal ReadOnlyMemory<byte> Body { get; init; }

    internal async ValueTask WriteAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = Status;
        if (Location is not null) response.Headers.Location = Location;
        if (ETag is not null) response.Headers.ETag = ETag;
        response.ContentLength = Body.Length;
        if (Body.IsEmpty) return;
        response.ContentType = JsonAnswer.ContentType;
        // What may be seen depends on who asks.
        response.Headers.Vary = "Authorization";
        response.Headers.CacheControl = "no-cache";
        await response.Body.WriteAsync(Body, context.RequestAborted);
    }
}

/// <summary>A prepared write on its way to the writer.</summary>
internal sealed class PreparedWork(PreparedWrite write) : WriteWork
{
    private readonly TaskCompletionSource<Result<WriteOutcome>> _done =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Result<WriteOutcome> _outcome;

    /// <summary>Ends after the commit is durable.</summary>
    internal Task<Result<WriteOutcome>> Task => _done.Task;

    protected override bool IsWrapped => write.IsWrapped;

    protected override bool Run(WriteSession session)
    {
        _outcome = write.Run(session);
        return _outcome.IsValue || !IsWrapped;
    }

    protected override void Complete() => _done.TrySetResult(_outcome);

    protected override void Fail(Exception error) => _done.TrySetException(error);
}
