namespace Stoa.Storage.Postgres;

/// <summary>Drops partitions of observations that are wholly older than a moment, and keeps what is derived from them right.</summary>
/// <remarks>
/// <para>Everything that reads many rows is done beforehand, in a snapshot and without the writer's turn: what the partitions hold of each
/// datastream, and what the rows that stay say of it. The turn then looks at what was written since, which the ids of new
/// observations and the change log tell, puts it right, and drops.</para>
/// <para>It takes its turn under a name of its own, as another node would, so every writer forgets what it knew of datastreams.
/// One at a time over all nodes. A drop waits for readers for half a second and then lets others pass before it tries again.</para>
/// </remarks>
internal sealed partial class PartitionRetention(string connectionString, string node)
{
    /// <summary>Partitions dropped in one turn: each is some locks and some work at the commit.</summary>
    internal const int PartitionsMax = 24;

    private const int TriesMax = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Drops what is wholly older than the moment.</summary>
    /// <param name="before">Microseconds since 1970.</param>
    /// <param name="cancellation">Stops it between two steps; nothing is half done.</param>
    /// <returns>How many observations went.</returns>
    /// <exception cref="StorageException"><see cref="StorageFailure.Busy"/>: readers never made room. Nothing was changed.</exception>
    internal long Run(long before, CancellationToken cancellation)
    {
        using var connection = PostgresConnection.Open(connectionString, $"{node}-retention");
        connection.SetBudget(TimeSpan.Zero, cancellation);
        if (connection.Number($"SELECT pg_try_advisory_lock({AdvisoryLocks.Retention})") == 0) return 0;
        var dropped = 0L;
        while (Choose(connection, before) is { Count: > 0 } spans)
        {
            cancellation.ThrowIfCancellationRequested();
            dropped += Drop(connection, spans, cancellation);
        }

        return dropped;
    }

    /// <summary>The oldest partitions that are wholly older and, where they always stand, not empty.</summary>
    private static List<PartitionSpan> Choose(PostgresConnection connection, long before) =>
    [
        .. Partitions.Read(connection)
            .Where(span => span.To <= before && (span.From != long.MinValue || HasRows(connection, span)))
            .OrderBy(span => span.From).Take(PartitionsMax),
    ];

    private static bool HasRows(PostgresConnection connection, PartitionSpan span)
    {
        using var read = connection.Prepare($"SELECT 1 FROM {span.Table} LIMIT 1");
        return read.Step();
    }

    private static long Drop(PostgresConnection connection, List<PartitionSpan> spans, CancellationToken cancellation)
    {
        // Everything before lies in these partitions: those between were dropped earlier or never made.
        var cut = spans[^1].To;
        connection.Execute(MakeTables);
        var (next, number) = LookAt(connection, cut);
        cancellation.ThrowIfCancellationRequested();
        var dropped = 0L;
        connection.Transact(() =>
        {
            CatchUp(connection, cut, next, number);
            dropped = connection.Number("SELECT coalesce(sum(observations), 0)::bigint FROM expiring");
            connection.Execute(Apply);
            DropTables(connection, spans);
        });
        return dropped;
    }

    /// <summary>Reads what there is to know, in one snapshot; where ids and the change log stood in it.</summary>
    private static (long Next, long Number) LookAt(PostgresConnection connection, long cut)
    {
        connection.Execute("BEGIN ISOLATION LEVEL REPEATABLE READ");
        try
        {
            (long Next, long Number) at;
            using (var read = connection.Prepare(ReadStanding)) at = read.Step() ? (read.Int64(0), read.Int64(1)) : default;
            Gather(connection, cut, "");
            connection.Execute("COMMIT");
            return at;
        }
        catch
        {
            connection.Rollback();
            throw;
        }
    }

    /// <summary>Within the turn: the datastreams in which something else than a new observation happened are read again.</summary>
    private static void CatchUp(PostgresConnection connection, long cut, long next, long number)
    {
        using (var find = connection.Prepare(FindTouched))
            find.Bind("@number", number).Bind("@next", next).Bind("@cut", cut).Execute();
        connection.Execute(ForgetTouched);
        foreach (var sql in new[] { AddNewRows, KeepNewFeatures })
        {
            using var statement = connection.Prepare(sql);
            statement.Bind("@next", next).Bind("@cut", cut).Execute();
        }

        Gather(connection, cut, "AND o.datastream_id IN (SELECT datastream_id FROM touched)");
    }

    /// <summary>Fills the tables with what goes and what stays of the same datastreams.</summary>
    private static void Gather(PostgresConnection connection, long cut, string only)
    {
        Execute(connection, SumExpiring(only), cut);
        connection.Execute(MarkWhole);
        Execute(connection, SumRemaining(only), cut);
        Execute(connection, FindStaleFeatures(only), cut);
        FindNextStarts(connection, cut);
    }

    private static void Execute(PostgresConnection connection, string sql, long cut)
    {
        using var statement = connection.Prepare(sql);
        statement.Bind("@cut", cut).Execute();
    }

    /// <summary>The first observation that stays of each datastream, from the oldest partition on: nearly all have one there.</summary>
    private static void FindNextStarts(PostgresConnection connection, long cut)
    {
        foreach (var span in Partitions.Read(connection).Where(span => span.From >= cut || span.Holds(cut)).OrderBy(span => span.From))
        {
            if (connection.Number(CountWithoutNext) == 0) return;
            using var find = connection.Prepare(FindNext);
            find.Bind("@from", Math.Max(cut, span.From)).Bind("@last", span.To == long.MaxValue ? span.To : span.To - 1).Execute();
        }
    }

    // Whoever waits for this lock keeps all later readers waiting, so it waits shortly and often. The vacuum of a partition
    // gives way by itself.
    private static void DropTables(PostgresConnection connection, List<PartitionSpan> spans)
    {
        var tables = string.Join(", ", spans.Select(span => span.Table));
        for (var tries = 1; ; tries++)
        {
            try
            {
                connection.Execute($"SAVEPOINT dropping; SET LOCAL lock_timeout = '500ms'; DROP TABLE {tables}");
                break;
            }
            catch (StorageException error) when (error.Failure == StorageFailure.Busy && tries < TriesMax)
            {
                connection.Execute("ROLLBACK TO SAVEPOINT dropping");
                Thread.Sleep(Pause);
            }
        }

        foreach (var span in spans.Where(span => span.From == long.MinValue)) connection.Execute(Partitions.Making(span));
    }
}
