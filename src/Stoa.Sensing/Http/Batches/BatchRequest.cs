using Microsoft.AspNetCore.Http;

namespace Stoa.Sensing.Http.Batches;

/// <summary>How large one batch may be.</summary>
internal static class BatchLimits
{
    /// <summary>Requests in one batch, those in change sets included.</summary>
    internal const int PartsMax = 1000;

    /// <summary>Bytes of the headers of one part, and as many again of the request in it.</summary>
    internal const int HeaderBytesMax = 16 * 1024;

    /// <summary>Headers of one part, and as many again of the request in it.</summary>
    internal const int HeadersMax = 50;

    /// <summary>Characters of a Content-ID or id.</summary>
    internal const int IdCharsMax = 128;

    /// <summary>Characters of the condition of a request.</summary>
    internal const int ConditionCharsMax = 1024;

    /// <summary>Characters of the address of a part: as long as a line of HTTP may be by default.</summary>
    internal const int AddressCharsMax = 8 * 1024;

    /// <summary>Bytes of the answer to one part: a page of large entities. Whoever reads more asks for it by itself.</summary>
    internal const int AnswerBytesMax = 8 << 20;

    /// <summary>Bytes of an answer that later parts may refer into; longer ones are sent and not kept.</summary>
    internal const int KeptBytesMax = 256 * 1024;

    /// <summary>Parts that wait for the writer together; far fewer than it takes into one transaction.</summary>
    internal const int PendingMax = 256;
}

/// <summary>A batch as it came: requests and change sets in order.</summary>
internal sealed record BatchRequest(IReadOnlyList<BatchItem> Items);

/// <summary>A request by itself, or a change set.</summary>
/// <param name="Parts">One, or those of the change set.</param>
/// <param name="IsChangeSet">Whether they are done all or none.</param>
/// <param name="Group">The name of the change set in a JSON batch; null elsewhere.</param>
internal sealed record BatchItem(IReadOnlyList<BatchPart> Parts, bool IsChangeSet, string? Group = null)
{
    /// <summary>Whether it cannot begin before everything in front of it has ended: it reads, or looks at results.</summary>
    internal bool Waits => Parts.Any(part => part.IsRead || part.MayRefer || part.DependsOn.Count > 0 || part.Condition is not null);
}

/// <summary>One request of a batch.</summary>
/// <param name="Method">In capitals.</param>
/// <param name="Url">As it was written: relative to the service root, from the root of the server, or absolute.</param>
/// <param name="Headers">Of the request.</param>
/// <param name="Body">Its bytes; empty when it has none.</param>
internal sealed record BatchPart(string Method, string Url, IHeaderDictionary Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>Its place in the batch, from 1, change sets counted through.</summary>
    internal required int Number { get; init; }

    /// <summary>Content-ID or id; null when it has none.</summary>
    internal string? Id { get; init; }

    /// <summary>Ids of requests and change sets that must have succeeded before.</summary>
    internal IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>What must hold for it to be done; null: nothing.</summary>
    internal BatchCondition? Condition { get; init; }

    internal bool IsRead => Method is "GET" or "HEAD";

    /// <summary>Whether something in it may refer to the result of another part; a false alarm only makes it wait.</summary>
    internal bool MayRefer { get; } = HasReference(Url) || Body.Span.IndexOf("\"$"u8) >= 0;

    // A reference stands at the beginning of a segment of the path.
    private static bool HasReference(ReadOnlySpan<char> url)
    {
        var question = url.IndexOf('?');
        var path = question < 0 ? url : url[..question];
        return path.StartsWith('$') || path.IndexOf("/$") >= 0;
    }
}
