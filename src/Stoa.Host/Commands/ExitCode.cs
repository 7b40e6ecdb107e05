namespace Stoa.Host.Commands;

/// <summary>What the program tells the shell. The numbers are documented in docs/operating/commands.md and never
/// change.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>It failed while running; the message says why.</summary>
    public const int Failed = 1;

    /// <summary>The command line or a setting is wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>The data folder cannot be used: in use by another server, not writable, of a newer version, or
    /// damaged.</summary>
    public const int DataFolder = 3;

    /// <summary>A check found something: a backup that is not whole, rows that were rejected.</summary>
    public const int Finding = 4;

    /// <summary>Stopped by a signal before the work was done.</summary>
    public const int Stopped = 130;
}
