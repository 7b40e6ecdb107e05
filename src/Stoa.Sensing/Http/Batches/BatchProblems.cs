using Stoa.Vocabulary;

namespace Stoa.Sensing.Http.Batches;

/// <summary>The refusals of batches.</summary>
internal static class BatchProblems
{
    /// <summary>The batch as a whole cannot be read; nothing of it was done.</summary>
    internal static Problem Malformed(string detail) =>
        new(400, "invalid-batch", "The batch cannot be read", detail + " Nothing of the batch was done.");

    internal static Problem Nested() =>
        new(400, "invalid-batch", "The batch cannot be read", "A batch cannot hold another batch. Send its requests beside the others.");

    internal static Problem TooMany(string what, long limit) =>
        new Problem(413, "too-large", "The request is larger than allowed", $"{what} may be at most {limit}. Send it in parts.")
            .With("limit", limit);

    internal static Problem UnknownReference(string reference) =>
        new Problem(400, "unknown-reference", "A reference leads nowhere",
            "There is no earlier request of this batch with that id, or its result has no such place. A reference is $ and the " +
            "Content-ID or id of a request further up.").With("reference", Problems.Shorten(reference));

    internal static Problem DependencyFailed(string id) =>
        new Problem(424, "dependency-failed", "What this request builds upon has failed",
            "It was not done. Mend the request that failed, and send both again.").With("request", Problems.Shorten(id));

    internal static Problem ConditionFails() =>
        new(424, "dependency-failed", "What this request builds upon has failed",
            "The condition in if does not hold, so the request was not done.");

    internal static Problem ForeignAddress(string url) =>
        new Problem(400, "foreign-address", "The address of a part leads elsewhere",
            "Parts of a batch address the SensorThings interface of this server: relative to the service root (Things(1)), from the root " +
            "of the server (/sensorthings/v1.1/Things(1)), or with the base address that stands in links.").With("url", Problems.Shorten(url));

    internal static Problem AnswerTooLarge() =>
        new Problem(413, "too-large", "The request is larger than allowed",
            $"The answer to one part may have at most {BatchLimits.AnswerBytesMax} bytes. Ask for it by itself, or for less with $top.")
            .With("limit", BatchLimits.AnswerBytesMax);
}
