using Stoa.Query;

namespace Stoa.Sensing;

/// <summary>What an operator decides for the SensorThings interface.</summary>
public sealed record SensingOptions
{
    /// <summary>Links are built from it, never from what a request says its host is; ends in a slash.</summary>
    public required Uri BaseAddress { get; init; }

    /// <summary>Largest body of a request, in bytes.</summary>
    public long BodyBytesMax { get; init; } = 16 << 20;

    /// <summary>Most rows of a download without $top (CSV and GeoJSON).</summary>
    public long DownloadRowsMax { get; init; } = 10_000_000;

    /// <summary>Folder of connectors in files, read at the start; null: none.</summary>
    public string? ConnectorFolder { get; init; }

    /// <summary>Bounds of one query.</summary>
    public QueryLimits Query { get; init; } = QueryLimits.Default;

    /// <summary>How long the change log keeps what has changed; older places in the change feed are refused with 410.</summary>
    public TimeSpan ChangesKept { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long observations are kept after their phenomenonTime; null: always.</summary>
    public TimeSpan? ObservationsKept { get; init; }

    /// <summary>Observations wait so long at most before they are sealed in the log; null: they are not.</summary>
    public TimeSpan? SealPeriod { get; init; } = TimeSpan.FromMinutes(10);
}
