namespace Stoa.Storage;

/// <summary>How a data folder, or a PostgreSQL database, is opened.</summary>
public sealed record DatabaseOptions
{
    /// <summary>The data folder; made when it is absent.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// A PostgreSQL database: <c>Host=…;Database=…;Username=…</c> or <c>postgres://…</c>. Null: an SQLite file in the folder.
    /// </summary>
    public string? ConnectionString { get; init; }

    /// <summary>
    /// True for a program that serves the data: on SQLite one at a time. False for a command that does one short thing beside
    /// a running server, such as making a token.
    /// </summary>
    public bool Serves { get; init; } = true;

    /// <summary>Pieces of work that may wait for the writer; one more is refused with 429.</summary>
    public int WriteQueueLength { get; init; } = 16_384;

    /// <summary>Read connections at most; on SQLite each keeps up to 4 MB of pages.</summary>
    public int ReadConnections { get; init; } = 16;

    /// <summary>A reading statement that runs longer is stopped.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Source of time for the migration record.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
