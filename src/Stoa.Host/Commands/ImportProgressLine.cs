using System.Diagnostics;
using System.Globalization;
using Stoa.Sensing.Import;

namespace Stoa.Host.Commands;

/// <summary>How far an import has come, with rate and time left.</summary>
internal sealed class ImportProgressLine : IProgress<ImportProgress>
{
    private readonly ProgressLine _line = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private bool _saidResumed;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    public void Report(ImportProgress value)
    {
        if (value.ResumedRows > 0 && !_saidResumed)
        {
            _saidResumed = true;
            Console.Error.WriteLine(
                $"{value.File}: an earlier run was interrupted; what it stored is found again and not added twice.");
        }

        if (_line.IsDue) _line.Write(Text(value, Elapsed));
    }

    /// <summary>Leaves the line behind.</summary>
    public void End() => _line.End();

    /// <summary>For example <c>2025-04.csv (4 of 12): 42 %, 120,000 observations, 60,000 a second, 3 s
    /// left</c>.</summary>
    private static string Text(ImportProgress value, TimeSpan elapsed)
    {
        var seconds = Math.Max(elapsed.TotalSeconds, 0.001);
        var file = value.FileCount == 1 ? value.File
            : string.Create(CultureInfo.InvariantCulture, $"{value.File} ({value.FileNumber} of {value.FileCount})");
        var count = value.Observations > 0
            ? string.Create(CultureInfo.InvariantCulture,
                $"{value.Observations:N0} observations, {value.Observations / seconds:N0} a second")
            : string.Create(CultureInfo.InvariantCulture, $"{value.Rows:N0} rows, {value.Rows / seconds:N0} a second");
        if (value.BytesTotal is not > 0 || value.BytesDone <= 0) return $"{file}: {count}";
        var share = Math.Min(1.0, (double)value.BytesDone / value.BytesTotal.Value);
        return string.Create(CultureInfo.InvariantCulture,
            $"{file}: {100 * share:0} %, {count}, {seconds / share - seconds:0} s left");
    }
}
