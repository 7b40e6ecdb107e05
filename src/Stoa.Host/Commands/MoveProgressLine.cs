using System.Diagnostics;
using System.Globalization;
using Stoa.Storage.Moving;

namespace Stoa.Host.Commands;

/// <summary>How far a move has come, with rate and time left.</summary>
internal sealed class MoveProgressLine : IProgress<MoveProgress>
{
    private readonly ProgressLine _line = new();
    private readonly Lock _lock = new();
    private string _what = "";
    private long _began;
    private long _rowsBefore;

    public void Report(MoveProgress value)
    {
        // Both sides of a comparison tell how far they are.
        lock (_lock)
        {
            var isOther = value.What != _what;
            if (isOther) (_what, _began, _rowsBefore) = (value.What, Stopwatch.GetTimestamp(), value.Rows);
            if (isOther || _line.IsDue) _line.Write(Text(value, value.Rows - _rowsBefore, Stopwatch.GetElapsedTime(_began)));
        }
    }

    /// <summary>Leaves the line behind.</summary>
    public void End() => _line.End();

    /// <summary>For example <c>Copying observation: 42 %, 1,200,000 rows, 300,000 a second, 6 s left</c>.</summary>
    private static string Text(MoveProgress value, long rowsNow, TimeSpan elapsed)
    {
        if (value.RowsTotal <= 0) return value.What;
        var rate = rowsNow / Math.Max(elapsed.TotalSeconds, 0.001);
        var share = Math.Min(1.0, (double)value.Rows / value.RowsTotal);
        var left = rate < 1 ? "" : string.Create(
            CultureInfo.InvariantCulture, $", {rate:N0} a second, {Math.Max(0, value.RowsTotal - value.Rows) / rate:0} s left");
        return string.Create(CultureInfo.InvariantCulture, $"{value.What} {value.Table}: {Math.Floor(100 * share):0} %, {value.Rows:N0} rows{left}");
    }
}
