using System.Net.Sockets;
using Npgsql;

namespace Stoa.Storage.Postgres;

/// <summary>What the server's and the driver's errors mean to the program (PostgreSQL 15, appendix A).</summary>
internal static class PostgresErrors
{
    private const string IdleInTransaction = "25P03";

    internal static bool IsOfDriver(Exception error) =>
        error is NpgsqlException or SocketException or IOException or TimeoutException or ObjectDisposedException;

    internal static StorageException Translate(Exception error) => error is PostgresException answer
        ? new StorageException(FailureOf(answer), $"PostgreSQL: {answer.MessageText} ({answer.SqlState}).", error)
        {
            IsOfWorker = IsOfWorker(answer),
            IsOfTurn = answer.SqlState is "ST001" or IdleInTransaction, // ST001: stoa_keep_turn
        }
        : new StorageException(StorageFailure.Unavailable, $"PostgreSQL cannot be reached: {error.Message}", error);

    /// <summary>
    /// Whether a coordinator of Citus says that it lost a worker. It passes the worker's own words and codes on as an error of the
    /// statement; when it is the connection to the coordinator itself that ends, the same codes come as FATAL or PANIC.
    /// </summary>
    private static bool IsOfWorker(PostgresException error) => error.InvariantSeverity == "ERROR" && error.SqlState switch
    {
        // 08: ReportConnectionError of Citus; 57P: what the worker said last.
        ['0', '8', ..] or ['5', '7', 'P', ..] => true,
        PostgresErrorCodes.InternalError => LostWorker.Any(text => error.MessageText.Contains(text, StringComparison.Ordinal)),
        _ => false,
    };

    // Citus gives these without a code of their own; it does not translate its messages.
    private static readonly string[] LostWorker =
    [
        "connection to the remote node", "could not establish any connections to the node", "failure on connection marked as essential",
        "could not find any healthy placement", "server closed the connection unexpectedly", "connection not open",
        "could not receive data from server", "SSL SYSCALL error",
    ];

    private static StorageFailure FailureOf(PostgresException error) => IsOfWorker(error) ? StorageFailure.Unavailable : error.SqlState switch
    {
        // Citus on a question that it cannot take apart. PostgreSQL itself says it only of a kept plan that a change of the schema made
        // useless.
        PostgresErrorCodes.FeatureNotSupported when error.File != "plancache.c" => StorageFailure.NotDistributable,
        PostgresErrorCodes.QueryCanceled => StorageFailure.Timeout,
        PostgresErrorCodes.DiskFull => StorageFailure.Full,
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure
            => StorageFailure.Busy,
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => StorageFailure.Corrupt,
        PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.TooManyConnections => StorageFailure.Unavailable,
        PostgresErrorCodes.InsufficientPrivilege => StorageFailure.Access,
        // 57P: shut down, crashed, starting, database dropped; 58: errors of its system; 08: connection.
        ['5', '7', 'P', ..] or ['5', '8', ..] or ['0', '8', ..] or IdleInTransaction => StorageFailure.Unavailable,
        ['2', '3', ..] => StorageFailure.Constraint,
        _ => StorageFailure.Engine,
    };
}
