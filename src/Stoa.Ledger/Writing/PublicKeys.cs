using Stoa.Ledger.Checkpoints;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Ledger.Writing;

/// <summary>A public key of a log, and the time while it signed.</summary>
/// <param name="Key">It.</param>
/// <param name="Since">When it was made, or first known in this database.</param>
/// <param name="Until">When it ceased to sign; null: it signs.</param>
public sealed record PublicKey(VerifierKey Key, Instant Since, Instant? Until);

/// <summary>The public keys of logs, in the database: every node shows the same ones, whether it has the secret halves or not.</summary>
internal static class PublicKeys
{
    // By the primary key; a log has as many as were ever made for it.
    private const string Select =
        """
        SELECT   key, since, until
        FROM     ledger_public_key
        WHERE    log = @log
        ORDER BY number DESC
        """;

    // The program that runs may have found a key in its file before the command that made it is here.
    private const string Insert =
        """
        INSERT INTO ledger_public_key (log, number, key, since)
        SELECT @log, COALESCE(MAX(number), 0) + 1, @key, @since
        FROM   ledger_public_key
        WHERE  log = @log
        HAVING COUNT(CASE WHEN key = @key THEN 1 END) = 0
        """;

    private const string EndOthers =
        """
        UPDATE ledger_public_key
        SET    until = @until
        WHERE  log = @log AND until IS NULL AND key <> @key
        """;

    /// <summary>All keys that a log ever had, the newest first.</summary>
    internal static async Task<IReadOnlyList<PublicKey>> ReadAsync(Database database, LogName log, CancellationToken cancellation)
    {
        using var session = await database.ReadAsync(cancellation);
        using var select = session.Prepare(Select);
        select.Bind("@log", (long)log);
        var keys = new List<PublicKey>();
        while (select.Step())
        {
            if (!VerifierKey.TryParse(select.Text(0), out var key)) throw new InvalidDataException($"A public key of the log {log.ToPath()} in the database is none.");
            keys.Add(new(key!, new(select.Int64(1)), select.Int64OrNull(2) is { } until ? new Instant(until) : null)); // Read on the line above.
        }

        return keys;
    }

    /// <summary>Adds those that are not there yet, in a transaction of its own.</summary>
    /// <returns>All keys that the log ever had, the newest first.</returns>
    internal static async Task<IReadOnlyList<PublicKey>> KeepAsync(
        Database database, LogName log, IReadOnlyList<VerifierKey> keys, Instant now, CancellationToken cancellation)
    {
        var known = await ReadAsync(database, log, cancellation);
        if (keys.All(key => known.Any(one => one.Key.Equals(key)))) return known;
        await database.WriteAsync(session => Add(session, log, keys, now), cancellation);
        return await ReadAsync(database, log, cancellation);
    }

    /// <summary>Adds those that are not there yet.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="log">Whose.</param>
    /// <param name="keys">The newest first.</param>
    /// <param name="now">The time.</param>
    internal static bool Add(WriteSession session, LogName log, IEnumerable<VerifierKey> keys, Instant now)
    {
        foreach (var key in keys.Reverse())
        {
            using var insert = session.Prepare(Insert);
            insert.Bind("@log", (long)log).Bind("@key", key.ToString()).Bind("@since", now.UnixMicroseconds).Execute();
        }

        return true;
    }

    /// <summary>From now on this one alone signs.</summary>
    internal static bool LeaveOnly(WriteSession session, LogName log, VerifierKey key, Instant now)
    {
        using var end = session.Prepare(EndOthers);
        end.Bind("@log", (long)log).Bind("@key", key.ToString()).Bind("@until", now.UnixMicroseconds).Execute();
        return true;
    }
}
