namespace Stoa.Ledger.Writing;

/// <summary>The logs of one exchange. Each has its origin, <c>host/log/name</c>, and its key.</summary>
/// <remarks>The numbers stand in the database.</remarks>
public enum LogName
{
    /// <summary>Who did what under which agreement. Tiles and checkpoints are for everybody, entries for those whom they concern.</summary>
    Audit = 1,

    /// <summary>Datasets that everybody may know of, and their versions.</summary>
    Catalog = 2,

    /// <summary>Indicators and what they were computed of.</summary>
    Kpi = 3,

    /// <summary>Receipts of cards.</summary>
    Cards = 4,

    /// <summary>Registers, such as that of land.</summary>
    Registry = 5,
}

/// <summary>What the names of logs say.</summary>
public static class LogNames
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<LogName> All { get; } = Enum.GetValues<LogName>();

    /// <summary>As it stands in addresses: <c>audit</c>.</summary>
    public static string ToPath(this LogName log) => log.ToString().ToLowerInvariant();

    /// <summary>Whether everybody may read its entries.</summary>
    public static bool IsPublic(this LogName log) => log is LogName.Catalog or LogName.Kpi;

    /// <summary>Reads a name as <see cref="ToPath"/> writes it.</summary>
    public static bool TryParse(string text, out LogName log)
    {
        foreach (var one in All)
        {
            if (one.ToPath() != text) continue;
            log = one;
            return true;
        }

        log = default;
        return false;
    }
}
