using Stoa.Portal.Pages;

namespace Stoa.Portal.Charts;

/// <summary>Takes a series in order of time and keeps what a chart of some width can show.</summary>
/// <remarks>
/// Few observations are kept as they are. Of many, each stretch keeps mean, least and greatest: a spike of one minute in
/// a year stays visible, which picking single points (LTTB) does not promise. Memory depends on the width alone.
/// </remarks>
internal sealed class SeriesSampler
{
    // Up to two observations a pixel are drawn as they are.
    private const int RawPerStretch = 2;

    private readonly long _step;
    private readonly List<ChartPoint> _raw;
    private readonly int _rawMax;
    private readonly Stretch[] _stretches;

    internal SeriesSampler(long from, long to, int stretches)
    {
        From = from;
        To = Math.Max(from, to);
        _step = Math.Max(1, (To - From) / stretches + 1);
        _stretches = new Stretch[stretches];
        _rawMax = stretches * RawPerStretch;
        _raw = new List<ChartPoint>(Math.Min(_rawMax, 1024));
    }

    /// <summary>Start of the span in microseconds, included.</summary>
    internal long From { get; }

    /// <summary>End of the span in microseconds, included.</summary>
    internal long To { get; }

    /// <summary>Observations taken.</summary>
    internal long Count { get; private set; }

    /// <summary>Whether <see cref="Points"/> are stretches, and not single observations.</summary>
    internal bool IsSampled => Count > _rawMax;

    /// <summary>Length of a stretch in microseconds.</summary>
    internal long Step => _step;

    internal void Add(long time, double value)
    {
        if (_raw.Count < _rawMax) _raw.Add(new(time, value, value, value, 1));
        Count++;
        ref var stretch = ref _stretches[(time - From) / _step];
        if (stretch.Count == 0)
        {
            stretch.Low = stretch.High = value;
        }
        else
        {
            if (value < stretch.Low) stretch.Low = value;
            if (value > stretch.High) stretch.High = value;
        }

        stretch.Count++;
        stretch.Sum += value;
        stretch.Times += (time - From) % _step;
    }

    /// <summary>The observations, or the stretches that hold any, ascending.</summary>
    internal IReadOnlyList<ChartPoint> Points()
    {
        if (!IsSampled) return _raw;
        var points = new List<ChartPoint>(_stretches.Length);
        for (var i = 0; i < _stretches.Length; i++)
        {
            ref var stretch = ref _stretches[i];
            if (stretch.Count == 0) continue;
            points.Add(new(From + i * _step + (long)(stretch.Times / stretch.Count), stretch.Sum / stretch.Count, stretch.Low,
                stretch.High, stretch.Count));
        }

        return points;
    }

    private struct Stretch
    {
        internal long Count;
        internal double Sum;
        internal double Low;
        internal double High;

        // Sum of offsets within the stretch: its mean is where the point stands. A double, because the sum of many long
        // offsets does not fit 64 bits, and no chart shows the difference.
        internal double Times;
    }
}
