using Stoa.Vocabulary;

namespace Stoa.Sharing.Recording;

/// <summary>How many at a time may have decisions of the past made again: each makes up to twenty thousand, on cores that answer others.</summary>
internal sealed class WhatIfPlaces : IDisposable
{
    /// <summary>Comparisons of a changed policy at a time, for officers.</summary>
    public const int ComparisonsMax = 1;

    /// <summary>Previews of a rule at a time, for officers and members.</summary>
    public const int PreviewsMax = 1;

    /// <summary>After how long to try again, in seconds: how long one takes.</summary>
    public const int RetryAfterSeconds = 3;

    /// <summary>Places for <c>/api/v1/decisions/what-if</c>.</summary>
    public SemaphoreSlim Comparisons { get; } = new(ComparisonsMax, ComparisonsMax);

    /// <summary>Places for <c>/api/v1/policy/rules/what-if</c> and the pages of rules.</summary>
    public SemaphoreSlim Previews { get; } = new(PreviewsMax, PreviewsMax);

    /// <summary>429: every place is taken.</summary>
    public static Problem Busy { get; } = new(
        429, "too-many-requests", "Too many requests at once", "Another preview is being worked out. Try again in a few seconds.")
        { RetryAfterSeconds = RetryAfterSeconds };

    public void Dispose()
    {
        Comparisons.Dispose();
        Previews.Dispose();
    }
}
