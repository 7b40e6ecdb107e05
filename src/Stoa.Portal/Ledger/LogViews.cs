using System.Globalization;
using Stoa.Vocabulary;

namespace Stoa.Portal.Ledger;

// Types that Razor components take as parameters are public, because the compiler makes every component public.

/// <summary>What the page of the logs shows.</summary>
/// <param name="Logs">The logs that hold something, or will.</param>
/// <param name="SplitViews">Contradictions of logs that were found, the newest first.</param>
public sealed record LogsView(IReadOnlyList<LogView> Logs, IReadOnlyList<SplitViewLine> SplitViews);

/// <summary>One log.</summary>
/// <param name="Name">As it stands in addresses.</param>
/// <param name="Meaning">What it holds.</param>
/// <param name="IsPublic">Whether everybody reads its entries.</param>
/// <param name="Keys">Its public keys, the newest first.</param>
/// <param name="Shown">The checkpoint that everybody is shown; null before the first.</param>
/// <param name="Grew">When its newest entry was made; null before the first.</param>
/// <param name="IsHalted">Whether it does not go on.</param>
/// <param name="Stamp">The newest time stamp; null when there is none.</param>
/// <param name="Anchor">The newest anchor on a chain; null when there is none.</param>
public sealed record LogView(
    string Name, string Meaning, bool IsPublic, IReadOnlyList<string> Keys, ShownCheckpoint? Shown, Instant? Grew, bool IsHalted,
    ConfirmedSize? Stamp, ConfirmedSize? Anchor);

/// <summary>A checkpoint.</summary>
/// <param name="Origin">Which log signed it.</param>
/// <param name="Size">Entries under it.</param>
/// <param name="Root">Root of its tree, base64.</param>
/// <param name="Cosigned">Witnesses that signed it, and when.</param>
public sealed record ShownCheckpoint(string Origin, long Size, string Root, IReadOnlyList<(string Name, Instant? At)> Cosigned);

/// <summary>How many entries somebody else confirmed.</summary>
/// <param name="Size">Entries.</param>
/// <param name="At">When.</param>
public sealed record ConfirmedSize(long Size, Instant At);

/// <summary>Two signed checkpoints of one log that cannot both be true.</summary>
/// <param name="Origin">Which log.</param>
/// <param name="Size">Where they differ.</param>
/// <param name="Found">When it was found.</param>
/// <param name="Source">Where the other one came from.</param>
public sealed record SplitViewLine(string Origin, long Size, Instant Found, string Source);

/// <summary>What a page of entries shows.</summary>
/// <param name="Log">The log.</param>
/// <param name="Entries">The newest first.</param>
/// <param name="Size">Entries under the checkpoint, visible or not.</param>
/// <param name="Filter">What was asked for.</param>
/// <param name="Older">Address of the next page; null when this is the last.</param>
/// <param name="Types">Types that entries of this log have, with their names.</param>
/// <param name="Organizations">Those to choose from.</param>
public sealed record LogEntriesView(
    LogView Log, IReadOnlyList<LogEntryLine> Entries, long Size, EntryFilter Filter, string? Older, IReadOnlyList<(string Name, string Title)> Types,
    IReadOnlyList<(string Slug, string Name)> Organizations);

/// <summary>Which entries are asked for, as the address says it.</summary>
/// <param name="Log">Name of the log.</param>
/// <param name="Dataset">Slug.</param>
/// <param name="Agreement">Number.</param>
/// <param name="Party">Number, or of an organization short name or name.</param>
/// <param name="PartyName">Its name; null where none of the entries on the page names it.</param>
/// <param name="Type">Name.</param>
public sealed record EntryFilter(string Log, string Dataset, string Agreement, string Party, string? PartyName, string Type)
{
    /// <summary>Whether everything is asked for.</summary>
    public bool IsAll => Dataset.Length + Agreement.Length + Party.Length + Type.Length == 0;

    /// <summary>The address of these entries.</summary>
    public string Address(long? before = null)
    {
        var query = new[] { ("dataset", Dataset), ("agreement", Agreement), ("party", Party), ("type", Type), ("before", before?.ToString(CultureInfo.InvariantCulture) ?? "") }
            .Where(one => one.Item2.Length > 0).Select(one => $"{one.Item1}={Uri.EscapeDataString(one.Item2)}").ToArray();
        return $"/log/{Log}/entries{(query.Length > 0 ? "?" : "")}{string.Join('&', query)}";
    }
}

/// <summary>An entry in words.</summary>
/// <param name="Index">Its place.</param>
/// <param name="Type">Its type.</param>
/// <param name="Time">When it happened.</param>
/// <param name="Words">What happened.</param>
/// <param name="Datasets">Which datasets it names, as far as the visitor may know of them.</param>
/// <param name="Agreement">The agreement it is about.</param>
/// <param name="Parties">Whom it names, each with its part.</param>
public sealed record LogEntryLine(
    long Index, string Type, Instant? Time, string Words, IReadOnlyList<(string Slug, string Title)> Datasets, long? Agreement,
    IReadOnlyList<(long Number, string Name, string Part)> Parties);

/// <summary>What the page of one entry shows.</summary>
/// <param name="Log">The log.</param>
/// <param name="Line">The entry in words.</param>
/// <param name="Written">The entry as it was written.</param>
/// <param name="Meaning">What its type says.</param>
public sealed record LogEntryView(LogView Log, LogEntryLine Line, string Written, string Meaning);
