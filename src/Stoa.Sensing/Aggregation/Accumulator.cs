namespace Stoa.Sensing.Aggregation;

/// <summary>What is gathered of the results in one bucket.</summary>
internal sealed class Accumulator(bool keepsValues)
{
    private readonly List<double>? _values = keepsValues ? [] : null;
    private double _sum;
    private double _lost;
    private long _firstTime = long.MaxValue;
    private long _lastTime = long.MinValue;
    private bool _isSorted;

    /// <summary>Results that are numbers.</summary>
    internal long Count { get; private set; }

    /// <summary>Results that are no numbers: text, truth values, null, JSON, and numbers beyond double precision's range.</summary>
    internal long Others { get; private set; }

    internal double Min { get; private set; } = double.PositiveInfinity;

    internal double Max { get; private set; } = double.NegativeInfinity;

    internal double First { get; private set; }

    internal double Last { get; private set; }

    /// <summary>Exact to the last digits: what additions lose is kept beside the sum (Neumaier).</summary>
    internal double Sum => double.IsFinite(_sum + _lost) ? _sum + _lost : _sum;

    internal void AddOther() => Others++;

    /// <summary>Adds a finite number; of equal times the one added first is the first and the one added last the last.</summary>
    internal void Add(long time, double value)
    {
        Count++;
        var sum = _sum + value;
        _lost += Math.Abs(_sum) >= Math.Abs(value) ? (_sum - sum) + value : (value - sum) + _sum;
        _sum = sum;
        if (value < Min) Min = value;
        if (value > Max) Max = value;
        if (time < _firstTime) (_firstTime, First) = (time, value);
        if (time >= _lastTime) (_lastTime, Last) = (time, value);
        _values?.Add(value);
    }

    /// <summary>The value below which this share of the values lies, from 0 to 1; between two values in proportion.</summary>
    /// <remarks>Exact: PERCENTILE_CONT of ISO/IEC 9075-2, 10.9.</remarks>
    internal double Percentile(double share)
    {
        var values = _values ?? throw new InvalidOperationException("The values were not kept.");
        if (!_isSorted) values.Sort();
        _isSorted = true;
        var place = share * (values.Count - 1);
        var below = (int)Math.Floor(place);
        if (below == values.Count - 1) return values[below];
        var rest = place - below;
        return rest == 0 ? values[below] : (values[below] * (1 - rest)) + (values[below + 1] * rest);
    }
}
