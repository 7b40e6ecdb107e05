using System.Diagnostics;

namespace Stoa.Host.Commands;

/// <summary>How far a long command has come: one line that changes on a terminal, a plain line every few seconds
/// elsewhere.</summary>
/// <remarks>Written to standard error, so that standard output holds the result alone.</remarks>
internal sealed class ProgressLine
{
    private static readonly TimeSpan OnTerminal = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Elsewhere = TimeSpan.FromSeconds(5);

    private readonly bool _isTerminal = !Console.IsErrorRedirected;
    private long _last = Stopwatch.GetTimestamp();
    private bool _wrote;

    /// <summary>Whether it is time for another one.</summary>
    public bool IsDue => Stopwatch.GetElapsedTime(_last) >= (_isTerminal ? OnTerminal : Elsewhere);

    public void Write(string line)
    {
        _last = Stopwatch.GetTimestamp();
        _wrote = true;
        if (_isTerminal) Console.Error.Write($"\r{line,-100}");
        else Console.Error.WriteLine(line);
    }

    /// <summary>Leaves the line behind.</summary>
    public void End()
    {
        if (_isTerminal && _wrote) Console.Error.WriteLine();
        _wrote = false;
    }
}
