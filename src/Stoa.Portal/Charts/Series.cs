using Stoa.Portal.Pages;

namespace Stoa.Portal.Charts;

/// <summary>Pure work on down-sampled series.</summary>
internal static class Series
{
    // A pause of this many usual steps is a gap: three lost samples in a row are shown as lost.
    private const int GapSteps = 4;

    /// <summary>The series cut where nothing was observed for longer than usual.</summary>
    internal static IEnumerable<IReadOnlyList<ChartPoint>> Runs(IReadOnlyList<ChartPoint> points)
    {
        var limit = UsualStep(points) * GapSteps;
        var start = 0;
        for (var i = 1; i <= points.Count; i++)
        {
            if (i < points.Count && points[i].UnixMicroseconds - points[i - 1].UnixMicroseconds <= limit) continue;
            yield return points.Skip(start).Take(i - start).ToArray();
            start = i;
        }
    }

    /// <summary>The median distance between neighbours, in microseconds.</summary>
    internal static long UsualStep(IReadOnlyList<ChartPoint> points)
    {
        if (points.Count < 2) return long.MaxValue / GapSteps;
        var steps = new long[points.Count - 1];
        for (var i = 1; i < points.Count; i++) steps[i - 1] = points[i].UnixMicroseconds - points[i - 1].UnixMicroseconds;
        Array.Sort(steps);
        return Math.Max(1, steps[steps.Length / 2]);
    }

    /// <summary>The series with neighbours put together until at most <paramref name="most"/> stretches are left.</summary>
    internal static IReadOnlyList<ChartPoint> Coarser(IReadOnlyList<ChartPoint> points, int most)
    {
        if (points.Count <= most) return points;
        var merged = new List<ChartPoint>(most);
        for (var i = 0; i < most; i++)
        {
            var from = (int)((long)i * points.Count / most);
            var to = (int)((long)(i + 1) * points.Count / most);
            merged.Add(Merge(points, from, to));
        }

        return merged;
    }

    private static ChartPoint Merge(IReadOnlyList<ChartPoint> points, int from, int to)
    {
        double sum = 0, low = double.PositiveInfinity, high = double.NegativeInfinity;
        long count = 0;
        for (var i = from; i < to; i++)
        {
            sum += points[i].Mean * points[i].Count;
            count += points[i].Count;
            low = Math.Min(low, points[i].Low);
            high = Math.Max(high, points[i].High);
        }

        return new(points[from].UnixMicroseconds, sum / count, low, high, count);
    }
}
