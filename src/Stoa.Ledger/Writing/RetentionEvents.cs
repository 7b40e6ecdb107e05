using Stoa.Ledger.Events;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Writing;

/// <summary>What goes because a setting says how long it is kept, in the log: how many, of all datasets together.</summary>
public static class RetentionEvents
{
    private const string KeepDays = "keep-days";

    /// <summary>Enters what went at one look; nothing when nothing did. After the last piece of it: a crash between leaves the pieces without an entry.</summary>
    /// <param name="database">Where.</param>
    /// <param name="set">Of what, in letters and hyphens.</param>
    /// <param name="count">How many.</param>
    /// <param name="now">When.</param>
    public static async Task EnterAsync(Database database, string set, long count, Instant now)
    {
        if (count == 0) return;
        var entry = new LogEvent(EventTypes.DataDeleted, now, ("by", KeepDays), ("set", set), ("count", count)).ToBytes();
        // What is gone is told, whether or not somebody still waits.
        await database.WriteAsync(session => LogEntries.Append(session, LogName.Audit, entry, new(EventTypes.DataDeleted.Name)), CancellationToken.None);
    }
}
