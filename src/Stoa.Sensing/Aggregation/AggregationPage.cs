using Stoa.Query;

namespace Stoa.Sensing.Aggregation;

/// <summary>One row of an aggregation: a bucket of a group.</summary>
/// <param name="Group">Of which group.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where the next begins.</param>
/// <param name="Values">One for each function.</param>
/// <param name="Others">Results that are no numbers.</param>
internal readonly record struct AggregatedBucket(SeriesGroup Group, long Start, long End, double?[] Values, long Others);

/// <summary>The rows of one answer, and where the next begins.</summary>
internal sealed class AggregationPage(Buckets buckets, int top)
{
    internal Buckets Buckets => buckets;

    internal List<AggregatedBucket> Rows { get; } = [];

    /// <summary>Group and bucket with which the next page begins; null: this is the last.</summary>
    internal PageCursor? Next { get; private set; }

    /// <summary>Rows that still fit.</summary>
    internal int Room => top - Rows.Count;

    /// <summary>Adds the buckets of a group, in order, until the page is full.</summary>
    /// <param name="group">The group.</param>
    /// <param name="gathered">What was gathered of it.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="span">The span of time asked for: gaps are shown to its ends.</param>
    /// <param name="resume">Where the page before broke off inside this group; null: it begins.</param>
    internal void Add(
        SeriesGroup group, GroupAggregation gathered, AggregationRequest request, (long? Least, long? Most) span, long? resume)
    {
        if (gathered.ByStart.Count == 0 && resume is null) return;
        if (!request.FillsGaps)
        {
            foreach (var (start, bucket) in gathered.ByStart)
                if (!TryAdd(group, start, bucket, request)) return;
            return;
        }

        var first = resume ?? (span.Least is { } least ? buckets.Start(least) : gathered.ByStart.Keys[0]);
        var last = span.Most is { } most ? buckets.Start(most) : gathered.ByStart.Count > 0 ? gathered.ByStart.Keys[^1] : long.MinValue;
        for (var start = first; start <= last && start < Buckets.EndOfTime; start = buckets.Next(start))
            if (!TryAdd(group, start, gathered.ByStart.GetValueOrDefault(start), request)) return;
    }

    private bool TryAdd(SeriesGroup group, long start, Accumulator? bucket, AggregationRequest request)
    {
        if (Rows.Count == top)
        {
            Next = new PageCursor(false, [group.Key, start]);
            return false;
        }

        var values = new double?[request.Functions.Count];
        for (var i = 0; i < values.Length; i++) values[i] = request.Functions[i].Of(bucket);
        Rows.Add(new(group, start, buckets.Next(start), values, bucket?.Others ?? 0));
        return true;
    }
}
