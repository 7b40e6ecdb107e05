using Stoa.Ledger.Events;
using Stoa.Ledger.Writing;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Entities;

/// <summary>What is done to data as a whole, in the log: imports and removals. Single observations that come and go do not enter.</summary>
internal static class DataEvents
{
    /// <summary>Enters that entities are removed.</summary>
    /// <param name="session">The transaction in which one is, or one before the first of many.</param>
    /// <param name="dataset">Of which dataset.</param>
    /// <param name="set">Name of their set.</param>
    /// <param name="count">How many of it; what goes along is not counted.</param>
    /// <param name="now">When.</param>
    public static void Deleted(WriteSession session, DatasetId dataset, string set, long count, Instant now)
    {
        var entry = new LogEvent(EventTypes.DataDeleted, now,
            ("subject", LogEvent.Urn("dataset", dataset.Value)), ("set", char.ToLowerInvariant(set[0]) + set[1..]), ("count", count));
        Append(session, entry, dataset);
    }

    /// <summary>Enters that a file was imported.</summary>
    /// <param name="session">A transaction after the last of it.</param>
    /// <param name="dataset">Into which dataset.</param>
    /// <param name="added">Observations that were added.</param>
    /// <param name="skipped">Observations that were there already.</param>
    /// <param name="rejected">Rows that could not be taken.</param>
    /// <param name="sha256">Of the file; null when it was not read to its end.</param>
    /// <param name="now">When.</param>
    public static void Imported(
        WriteSession session, DatasetId dataset, long added, long skipped, long rejected, byte[]? sha256, Instant now)
    {
        var entry = new LogEvent(EventTypes.DataImported, now,
            ("subject", LogEvent.Urn("dataset", dataset.Value)), ("created", added), ("unchanged", skipped), ("refused", rejected),
            ("digest", sha256 is null ? null : $"sha256:{Convert.ToHexStringLower(sha256)}"));
        Append(session, entry, dataset);
    }

    private static void Append(WriteSession session, LogEvent entry, DatasetId dataset) =>
        LogEntries.Append(session, LogName.Audit, entry.ToBytes(), new(entry.Type.Name, dataset.Value));
}
