using System.Diagnostics;
using System.Globalization;

namespace Stoa.Host.Commands;

/// <summary>How far a long command has come: one line that changes on a terminal, a plain line now and then
/// elsewhere.</summary>
/// <remarks>Written to standard error, so that standard output holds the result alone.</remarks>
internal sealed class ConsoleProgress(string what) : IProgress<(long Done, long Total)>, IProgress<double>
{
    private static readonly TimeSpan OnTerminal = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Elsewhere = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _period = Console.IsErrorRedirected ? Elsewhere : OnTerminal;
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _last;

    public void Report(double value) => Report(((long)(Math.Clamp(value, 0, 1) * 1000), 1000));

    public void Report((long Done, long Total) value)
    {
        var isLast = value.Done >= value.Total;
        if (_last != 0 && !isLast && Stopwatch.GetElapsedTime(_last) < _period) return;
        _last = Stopwatch.GetTimestamp();
        var line = Line(what, value.Done, value.Total, Stopwatch.GetElapsedTime(_started));
        if (Console.IsErrorRedirected) Console.Error.WriteLine(line.TrimEnd());
        else Console.Error.Write(isLast ? $"\r{line}\n" : $"\r{line}");
    }

    /// <summary>For example <c>Copying: 42 %, 3 s left</c>.</summary>
    public static string Line(string what, long done, long total, TimeSpan elapsed)
    {
        if (total <= 0 || done >= total)
            return string.Create(CultureInfo.InvariantCulture, $"{what}: 100 %, {elapsed.TotalSeconds:0.0} s      ");
        var left = done == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture, $", {elapsed.TotalSeconds / done * (total - done):0} s left");
        return string.Create(CultureInfo.InvariantCulture, $"{what}: {100 * done / total} %{left}      ");
    }
}
