using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Identity.Http;

/// <summary>What a caller may know of a storage that cannot do its work now, and what to do about it.</summary>
public static class StorageRefusals
{
    /// <summary>503: try again in a few seconds.</summary>
    public static Problem Unavailable { get; } = new(
        503, "unavailable", "The server cannot answer now", "Try again in a few seconds.") { RetryAfterSeconds = 5 };

    private static readonly Problem TooManyWrites = new(429, "write-queue-full", "More is written than the disk takes",
        "Nothing of this request was stored. Send it again after the time in Retry-After, and send many observations in " +
        "one request rather than one in each.") { RetryAfterSeconds = 1 };

    private static readonly Problem TooSlow = new(503, "query-too-slow", "The query took too long",
        "Narrow the filter, for example to one datastream or a shorter span of time, or ask for fewer entities with $top.");

    private static readonly Problem DiskFull = new(507, "disk-full", "The disk of the server is full",
        "Nothing of this request was stored. Reading goes on; the operator has to make room.")
        { RetryAfterSeconds = 60 };

    private static readonly Problem NotDistributable = new(400, "query-not-possible", "The query asks for something that cannot be done here",
        "The observations are spread over several machines, and a condition compares them with something that is not there. Filter " +
        "Observations by themselves or by one Datastream, or compare with a constant.");

    /// <summary>The refusal for a limit that was reached or a disk that fails; null for what is a defect of the program.</summary>
    public static Problem? For(StorageException error, bool isReading) => error.Failure switch
    {
        StorageFailure.Busy => isReading ? Unavailable : TooManyWrites,
        StorageFailure.Timeout => TooSlow,
        StorageFailure.Full => DiskFull,
        StorageFailure.NotDistributable => isReading ? NotDistributable : null,
        StorageFailure.Constraint or StorageFailure.Engine => null,
        _ => Unavailable,
    };
}
