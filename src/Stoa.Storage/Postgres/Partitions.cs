using System.Globalization;

namespace Stoa.Storage.Postgres;

/// <summary>The partitions of observations: known in memory, made when rows need them. Used on the writer's thread.</summary>
/// <remarks>
/// What is remembered holds as long as this node writes; <see cref="Forget"/> when another had its turn. A partition is made on a
/// connection of its own, so it stays when the writer's transaction is undone, and statements that another engine would not take after
/// rows in one transaction (Citus) stand apart from them. Making one does not keep readers waiting: a new table is attached, for which a
/// lock is enough that goes with reading and writing.
/// </remarks>
internal sealed class Partitions(string connectionString, TimeProvider time)
{
    internal const string Table = "observation";

    // Longer than any lock that goes with normal work; someone who alters the table by hand makes writers fail, not hang.
    private const string LockTimeout = "10s";

    // A datastream for a thousand rows. Where one datastream alone fills a partition, such as an imported history, the planner would find
    // that every row belongs to whichever datastream is asked for, and would look for the newest of another one in the order of time:
    // through the whole partition.
    private const string DatastreamsPerRow = "-0.001";

    // pg_get_expr writes: FOR VALUES FROM ('631152000000000') TO (MAXVALUE)
    private const string Select =
        """
        SELECT part[1], part[2]
        FROM   pg_inherits i
        JOIN   pg_class c ON c.oid = i.inhrelid,
               regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''?([^'')]+)''?\) TO \(''?([^'')]+)''?\)') AS part
        WHERE  i.inhparent = 'observation'::regclass
          AND  NOT i.inhdetachpending
        """;

    private PartitionSpan[] _known = [];
    private PartitionSpan _last;

    /// <summary>Another node may have made or dropped some.</summary>
    internal void Forget()
    {
        _known = [];
        _last = default;
    }

    /// <summary>Whether there is room for an observation that begins at this moment, in microseconds since 1970.</summary>
    /// <remarks>Costs two comparisons when the row lies in the same partition as the one before.</remarks>
    internal bool Has(long start) => _last.Holds(start) || Finds(start);

    /// <summary>Makes room for it.</summary>
    internal void MakeFor(long start)
    {
        using var connection = PostgresConnection.Open(connectionString, node: "");
        _known = Read(connection);
        if (Finds(start)) return;
        Create(connection, PartitionSpan.For(start, time.GetUtcNow(), _known));
        _known = Read(connection);
        if (!Finds(start)) throw new InvalidOperationException("A partition was made and does not hold what it was made for.");
    }

    private bool Finds(long start)
    {
        foreach (var span in _known)
        {
            if (!span.Holds(start)) continue;
            _last = span;
            return true;
        }

        return false;
    }

    /// <summary>What is there now.</summary>
    internal static PartitionSpan[] Read(EngineConnection connection)
    {
        var spans = new List<PartitionSpan>();
        using var read = connection.Prepare(Select);
        while (read.Step()) spans.Add(new(Bound(read.Text(0), long.MinValue), Bound(read.Text(1), long.MaxValue)));
        return [.. spans];

        static long Bound(string text, long open) =>
            text is "MINVALUE" or "MAXVALUE" ? open : long.Parse(text, CultureInfo.InvariantCulture);
    }

    // What fails ends with the connection.
    private static void Create(EngineConnection connection, PartitionSpan span) =>
        connection.Execute($"BEGIN; SET LOCAL lock_timeout = '{LockTimeout}'; {Making(span)}; COMMIT");

    /// <summary>The statements that make a partition.</summary>
    /// <remarks>
    /// It is empty when it is attached, so there is nothing to read through. Rows are only added to most of them: they are vacuumed for
    /// the sake of the map of visible pages and of freezing, a part at a time.
    /// </remarks>
    internal static string Making(PartitionSpan span) =>
        $"""
        CREATE TABLE {span.Table} (LIKE {Table} INCLUDING ALL) WITH (autovacuum_vacuum_insert_scale_factor = 0.1);
        ALTER TABLE {span.Table} ALTER COLUMN datastream_id SET (n_distinct = {DatastreamsPerRow});
        ALTER TABLE {Table} ATTACH PARTITION {span.Table} FOR VALUES {span.Bounds}
        """;
}
