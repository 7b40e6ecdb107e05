namespace Stoa.Ledger.Writing;

/// <summary>A log cannot go on without somebody deciding something; the message says what happened and what to do.</summary>
public sealed class LogHaltedException(LogName log, string message, bool endsStart = false) : Exception(message)
{
    /// <summary>Which.</summary>
    public LogName Log => log;

    /// <summary>Whether the program must not start: what it would write could not be proven.</summary>
    public bool EndsStart => endsStart;
}
