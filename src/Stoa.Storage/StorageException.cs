namespace Stoa.Storage;

/// <summary>Why storage could not do its work; the host turns each into an HTTP status or an exit message.</summary>
public enum StorageFailure
{
    /// <summary>Anything the engine reports that has no word of its own here.</summary>
    Engine,

    /// <summary>The engine, or something that belongs to it, is missing or too old.</summary>
    Library,

    /// <summary>The data folder, the file or the database cannot be opened or written.</summary>
    Access,

    /// <summary>Another process serves this data folder, or works on this database.</summary>
    InUse,

    /// <summary>The disk is full: reads go on, writes are refused until there is room (HTTP 507).</summary>
    Full,

    /// <summary>The data is damaged, or not a database of this program.</summary>
    Corrupt,

    /// <summary>The data was written by a newer version of this program.</summary>
    NewerSchema,

    /// <summary>The target of a move that is not complete: only the same move may use it.</summary>
    Unfinished,

    /// <summary>A statement ran longer than allowed and was stopped (HTTP 503).</summary>
    Timeout,

    /// <summary>The write queue or the pool of readers is full (HTTP 429 or 503 with Retry-After).</summary>
    Busy,

    /// <summary>The disk reported an error. After a failed sync no more is written until the program is started again.</summary>
    Device,

    /// <summary>The database server is away, starting or handing over; what was not acknowledged may or may not be stored (HTTP 503).</summary>
    Unavailable,

    /// <summary>A uniqueness or reference rule of the schema refused the row.</summary>
    Constraint,

    /// <summary>The statement cannot be answered where observations are spread over several machines (HTTP 400).</summary>
    NotDistributable,
}

/// <summary>Storage failed. The message is for operators; it holds no data and is never sent to a caller.</summary>
public sealed class StorageException : Exception
{
    /// <summary>A failure with its kind.</summary>
    public StorageException(StorageFailure failure, string message, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    /// <summary>What kind of failure it is.</summary>
    public StorageFailure Failure { get; }

    /// <summary>
    /// With <see cref="StorageFailure.Unavailable"/>: one of several machines is away, and with it the observations of some
    /// Datastreams; the connection and all else are well.
    /// </summary>
    public bool IsOfWorker { get; init; }

    /// <summary>
    /// The writer lost its turn: nothing of the transaction stands, and it may be run anew. Another program has written since the last one
    /// (only after <see cref="EngineConnection.TryGoOn"/>), or the server ended a transaction in which nothing was said for too long.
    /// </summary>
    internal bool IsOfTurn { get; init; }

    /// <summary>SQLite's extended result code, or 0.</summary>
    public int EngineCode { get; init; }
}
