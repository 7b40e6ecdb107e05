using System.Diagnostics;
using System.Globalization;
using Stoa.Storage.Moving;

namespace Stoa.Host.Commands;

/// <summary>How far a move has come, with rate and time left: one line that changes on a terminal, a plain line every few seconds
/// elsewhere.</summary>
internal sealed class MoveProgressLine : IProgress<MoveProgress>
{
    private static readonly TimeSpan OnTerminal = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Elsewhere = TimeSpan.FromSeconds(5);

    private readonly bool _isTerminal = !Console.IsErrorRedirected;
    private readonly Lock _lock = new();
    private string _what = "";
    private long _began;
    private long _rowsBefore;
    private long _last;
    private bool _wrote;

    public void Report(MoveProgress value)
    {
        // Both sides of a comparison tell how far they are.
        lock (_lock)
        {
            if (value.What != _what) (_what, _began, _rowsBefore, _last) = (value.What, Stopwatch.GetTimestamp(), value.Rows, 0);
            if (_last != 0 && Stopwatch.GetElapsedTime(_last) < (_isTerminal ? OnTerminal : Elsewhere)) return;
            _last = Stopwatch.GetTimestamp();
            _wrote = true;
            var line = Line(value, value.Rows - _rowsBefore, Stopwatch.GetElapsedTime(_began));
            if (_isTerminal) Console.Error.Write($"\r{line,-100}");
            else Console.Error.WriteLine(line);
        }
    }

    /// <summary>Leaves the line behind.</summary>
    public void End()
    {
        if (_isTerminal && _wrote) Console.Error.WriteLine();
        _wrote = false;
    }

    /// <summary>For example <c>Copying observation: 42 %, 1,200,000 rows, 300,000 a second, 6 s left</c>.</summary>
    public static string Line(MoveProgress value, long rowsNow, TimeSpan elapsed)
    {
        if (value.RowsTotal <= 0) return value.What;
        var rate = rowsNow / Math.Max(elapsed.TotalSeconds, 0.001);
        var share = Math.Min(1.0, (double)value.Rows / value.RowsTotal);
        var left = rate < 1 ? "" : string.Create(
            CultureInfo.InvariantCulture, $", {rate:N0} a second, {Math.Max(0, value.RowsTotal - value.Rows) / rate:0} s left");
        return string.Create(CultureInfo.InvariantCulture, $"{value.What} {value.Table}: {Math.Floor(100 * share):0} %, {value.Rows:N0} rows{left}");
    }
}
