using System.Net.Sockets;
using Npgsql;

namespace Stoa.Storage.Postgres;

/// <summary>What the server's and the driver's errors mean to the program (PostgreSQL 15, appendix A).</summary>
internal static class PostgresErrors
{
    internal static bool IsOfDriver(Exception error) =>
        error is NpgsqlException or SocketException or IOException or TimeoutException or ObjectDisposedException;

    internal static StorageException Translate(Exception error) => error is PostgresException answer
        ? new StorageException(FailureOf(answer), $"PostgreSQL: {answer.MessageText} ({answer.SqlState}).", error)
        : new StorageException(StorageFailure.Unavailable, $"PostgreSQL cannot be reached: {error.Message}", error);

    private static StorageFailure FailureOf(PostgresException error) => error.SqlState switch
    {
        PostgresErrorCodes.QueryCanceled => StorageFailure.Timeout,
        PostgresErrorCodes.DiskFull => StorageFailure.Full,
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure
            => StorageFailure.Busy,
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => StorageFailure.Corrupt,
        PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.TooManyConnections => StorageFailure.Unavailable,
        PostgresErrorCodes.InsufficientPrivilege => StorageFailure.Access,
        // 57P: shut down, crashed, starting, database dropped; 58: errors of its system; 08: connection; 25P03: idle too long.
        ['5', '7', 'P', ..] or ['5', '8', ..] or ['0', '8', ..] or "25P03" => StorageFailure.Unavailable,
        ['2', '3', ..] => StorageFailure.Constraint,
        _ => StorageFailure.Engine,
    };
}
