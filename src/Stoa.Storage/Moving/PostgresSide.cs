using System.Buffers.Binary;
using System.Globalization;
using Npgsql;
using Stoa.Storage.Migrations;
using Stoa.Storage.Postgres;

namespace Stoa.Storage.Moving;

/// <summary>A PostgreSQL database as one end of a move.</summary>
internal sealed class PostgresSide : MoveSide
{
    // Observations are read by spans of datastreams of about so many rows, which are sorted in memory.
    private const long RowsOfSpan = 250_000;

    // Who served the database a moment ago needs some time to leave.
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(3);

    private const string SelectColumns =
        """
        SELECT   c.relname::text, a.attname::text, format_type(a.atttypid, NULL),
                 array_position(i.indkey::int2[], a.attnum)::bigint, (a.attidentity <> '')
        FROM     pg_class c
        JOIN     pg_namespace n ON n.oid = c.relnamespace
        JOIN     pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        WHERE    n.nspname = current_schema()
          AND    c.relkind IN ('r', 'p')
          AND    NOT c.relispartition
          AND    NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        ORDER BY c.relname COLLATE "C", a.attnum
        """;

    private const string SelectReferences =
        """
        SELECT DISTINCT c.conrelid::regclass::text, c.confrelid::regclass::text
        FROM   pg_constraint c
        JOIN   pg_namespace n ON n.oid = c.connamespace
        WHERE  c.contype = 'f'
          AND  c.conrelid <> c.confrelid
          AND  n.nspname = current_schema()
        """;

    private readonly PostgresConnection _connection;
    private readonly Partitions _partitions;
    private readonly NpgsqlConnection _held;
    private readonly HashSet<(string Table, string Column)> _narrow = [];
    private byte[] _narrowed = [];

    private PostgresSide(PostgresConnection connection, Partitions partitions, string shown)
    {
        _connection = connection;
        _held = connection.Ensure();
        _partitions = partitions;
        Shown = shown;
    }

    internal override EngineConnection Connection => _connection;

    internal override string Shown { get; }

    /// <summary>Connects, keeps everybody else from writing, and brings the schema up to date.</summary>
    /// <exception cref="StorageException"><see cref="StorageFailure.InUse"/>: a server uses the database.</exception>
    internal static PostgresSide Open(string connectionString, TimeProvider time)
    {
        var address = PostgresAddress.Parse(connectionString);
        var connection = PostgresConnection.Open(address.ForMoving(), address.Node);
        try
        {
            var side = new PostgresSide(connection, new Partitions(address.ForWriting(), time), address.Shown);
            if (connection.Number($"SELECT pg_try_advisory_lock({AdvisoryLocks.Writer})") == 0 || side.IsServed(address.ApplicationName))
                throw new StorageException(StorageFailure.InUse,
                    $"A Stoa works on {address.Shown}. Stop every node first: what they acknowledge while data is moved would be lost.");
            PostgresRequirements.Ensure(connection, address.Shown);
            Migrator.Run(connection, time);
            return side;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private bool IsServed(string nodes)
    {
        var until = Environment.TickCount64 + (long)LeaveTime.TotalMilliseconds;
        while (true)
        {
            using (var find = _connection.Prepare(
                """
                SELECT 1
                FROM   pg_stat_activity
                WHERE  datname = current_database()
                  AND  pid <> pg_backend_pid()
                  AND  application_name = @nodes
                """))
                if (!find.Bind("@nodes", nodes).Step())
                    return false;
            if (Environment.TickCount64 > until) return true;
            Thread.Sleep(50);
        }
    }

    // The lock was taken before this state is seen, so nobody can have written since.
    internal override void Hold()
    {
        _connection.BeginRead();
        _connection.Number("SELECT 1");
    }

    /// <summary>The connection, as long as it is the one that holds the lock: a new one would not keep others from writing.</summary>
    private NpgsqlConnection Held() => ReferenceEquals(_connection.Ensure(), _held)
        ? _held
        : throw new StorageException(StorageFailure.Unavailable, $"The connection to {Shown} was lost. Run the command again: it goes on from here.");

    // the catalogue -----------------------------------------------------------------------------------------------------

    internal override IReadOnlyList<MovedTable> ReadTables()
    {
        var references = new List<(string From, string To)>();
        using (var read = _connection.Prepare(SelectReferences))
            while (read.Step()) references.Add((read.Text(0), read.Text(1)));
        var columns = new List<(string Table, MovedColumn Column, long? Key, bool IsIdentity)>();
        using (var read = _connection.Prepare(SelectColumns))
            while (read.Step())
            {
                if (read.Text(2) == "smallint") _narrow.Add((read.Text(0), read.Text(1)));
                columns.Add((read.Text(0), new(read.Text(1), TypeOf(read.Text(2))), read.Int64OrNull(3), read.Boolean(4)));
            }

        return
        [
            .. columns.GroupBy(column => column.Table, StringComparer.Ordinal).Select(table => MovedTable.Of(
                table.Key, table.Select(column => (column.Column, column.Key)),
                [.. references.Where(pair => pair.From == table.Key).Select(pair => pair.To)], table.Any(column => column.IsIdentity))),
        ];
    }

    private static MovedType TypeOf(string type) => type switch
    {
        "bigint" or "smallint" => MovedType.Integer,
        "double precision" => MovedType.Real,
        "text" => MovedType.Text,
        "bytea" => MovedType.Bytes,
        // Of tables that are left out.
        _ => MovedType.Bytes,
    };

    // reading -----------------------------------------------------------------------------------------------------------

    internal override IEnumerable<RowBatch> Read(MovedTable table, long[]? after, CancellationToken cancellation)
    {
        foreach (var condition in table.Name == MovedTable.Observation ? Spans(after) : [After(table, after)])
            foreach (var batch in ReadSpan(table, condition, cancellation))
                yield return batch;
    }

    private static string After(MovedTable table, long[]? after) =>
        after is null ? "true" : $"({table.KeyList}) > ({string.Join(", ", after)})";

    // What stands in no kept state is found too: the spans leave nothing out between them.
    private List<string> Spans(long[]? after)
    {
        var conditions = new List<string>();
        var from = after is null ? long.MinValue : after[0];
        var rest = after is null ? "" : string.Create(CultureInfo.InvariantCulture, $" AND (phenomenon_start, id) > ({after[1]}, {after[2]})");
        if (after is not null)
        {
            conditions.Add($"datastream_id = {from}{rest}");
            if (from == long.MaxValue) return conditions;
            from++;
        }

        using var read = _connection.Prepare(
            "SELECT datastream_id, observation_count FROM datastream_state WHERE datastream_id >= @from ORDER BY datastream_id");
        read.Bind("@from", from);
        long rows = 0;
        while (read.Step())
        {
            var (id, count) = (read.Int64(0), read.Int64(1));
            if (count >= RowsOfSpan)
            {
                // One alone comes sorted from the partitions, one after the other.
                if (from < id) conditions.Add($"datastream_id >= {from} AND datastream_id < {id}");
                conditions.Add($"datastream_id = {id}");
                (from, rows) = (id + 1, 0);
                continue;
            }

            if ((rows += count) < RowsOfSpan) continue;
            conditions.Add($"datastream_id >= {from} AND datastream_id <= {id}");
            (from, rows) = (id + 1, 0);
        }

        conditions.Add($"datastream_id >= {from}");
        return conditions;
    }

    private IEnumerable<RowBatch> ReadSpan(MovedTable table, string condition, CancellationToken cancellation)
    {
        // A narrow number is made as wide as the others, so that rows of both engines have the same bytes.
        var columns = string.Join(", ", table.Columns.Select(column =>
            _narrow.Contains((table.Name, column.Name)) ? $"{column.Name}::bigint" : column.Name));
        var sql = $"COPY (SELECT {columns} FROM {table.Name} WHERE {condition} ORDER BY {table.KeyList}) TO STDOUT (FORMAT BINARY)";
        _connection.SendWaiting();
        using var stream = _connection.Do(() => Held().BeginRawBinaryCopy(sql));
        var tuples = new TupleStream(stream);
        var batch = Rent();
        while (_connection.Do(() => tuples.ReadInto(batch, RowsMax, BytesMax)))
        {
            if (cancellation.IsCancellationRequested)
            {
                _connection.Do(stream.Cancel);
                cancellation.ThrowIfCancellationRequested();
            }

            yield return batch;
            batch = Rent();
        }

        if (batch.Rows > 0) yield return batch;
        else Return(batch);
    }

    // writing -----------------------------------------------------------------------------------------------------------

    internal override void Write(MovedTable table, RowBatch rows)
    {
        var bytes = Fit(table, rows);
        _connection.SendWaiting();
        _connection.Do(() =>
        {
            using var stream = Held().BeginRawBinaryCopy($"COPY {table.Name} ({table.ColumnList}) FROM STDIN (FORMAT BINARY)");
            stream.Write(TupleStream.Header);
            stream.Write(bytes.Span);
            stream.Write(TupleStream.Trailer);
        });
    }

    /// <summary>Makes partitions for observations, and narrow numbers as narrow as their columns.</summary>
    private ReadOnlyMemory<byte> Fit(MovedTable table, RowBatch rows)
    {
        var start = table.Name == MovedTable.Observation ? table.IndexOf("phenomenon_start") : -1;
        var isNarrow = new bool[table.Columns.Count];
        var texts = new bool[table.Columns.Count];
        for (var i = 0; i < isNarrow.Length; i++)
        {
            isNarrow[i] = _narrow.Contains((table.Name, table.Columns[i].Name));
            texts[i] = table.Columns[i].Type == MovedType.Text;
        }

        if (_narrowed.Length < rows.Length) _narrowed = new byte[rows.Length];
        var fields = new RowBatch.Fields(rows.Bytes);
        int length = 0, copied = 0;
        for (var row = 0; row < rows.Rows; row++)
        {
            if (row > 0) fields.NextRow();
            for (var i = 0; i < isNarrow.Length; i++)
            {
                var at = fields.At;
                var value = fields.Next();
                if (i == start && RowBatch.Fields.Int64(value) is var time && !_partitions.Has(time)) _partitions.MakeFor(time);
                if (texts[i] && value.Contains((byte)0)) throw HasNul(table, rows, row, i);
                if (!isNarrow[i] || fields.IsNull) continue;
                rows.Bytes[copied..at].CopyTo(_narrowed.AsSpan(length));
                length += at - copied;
                copied = fields.At;
                BinaryPrimitives.WriteInt32BigEndian(_narrowed.AsSpan(length), 2);
                value[6..].CopyTo(_narrowed.AsSpan(length + 4));
                length += 6;
            }
        }

        if (copied == 0) return rows.Memory;
        rows.Bytes[copied..].CopyTo(_narrowed.AsSpan(length));
        return _narrowed.AsMemory(0, length + rows.Length - copied);
    }

    private static StorageException HasNul(MovedTable table, RowBatch rows, int row, int column)
    {
        var fields = new RowBatch.Fields(rows.Bytes);
        var key = "";
        for (var i = 0; i <= row; i++)
        {
            if (i > 0) fields.NextRow();
            for (var field = 0; field < table.Columns.Count; field++)
            {
                var value = fields.Next();
                if (i == row && field == 0 && table.Columns[0].Type == MovedType.Integer)
                    key = RowBatch.Fields.Int64(value).ToString(CultureInfo.InvariantCulture);
            }
        }

        return new(StorageFailure.Constraint,
            $"A text of the table {table.Name} (row {key}, column {table.Columns[column].Name}) holds the character U+0000, which PostgreSQL " +
            "does not take. Change it in the source and run the command again.");
    }

    internal override long NextId(MovedTable table) => _connection.Number(
        $"SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM {SequenceOf(table)}");

    internal override void SetNextId(MovedTable table, long next) =>
        _connection.Number($"SELECT setval('{SequenceOf(table)}', {Math.Max(1, next - 1)}, {(next > 1 ? "true" : "false")})");

    private string SequenceOf(MovedTable table) =>
        _connection.TextOrNull($"SELECT pg_get_serial_sequence('{table.Name}', '{table.Columns[0].Name}')") ??
        throw new InvalidOperationException($"The table {table.Name} has no sequence.");

    internal override IReadOnlyList<string> DropIndexes()
    {
        var indexes = new List<(string Name, string Sql)>();
        using (var list = _connection.Prepare(
            $"""
            SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
            FROM   pg_index
            WHERE  indrelid = '{MovedTable.Observation}'::regclass
              AND  NOT indisprimary
            """))
            // With ONLY it would be made without those of the partitions.
            while (list.Step()) indexes.Add((list.Text(0), list.Text(1).Replace(" ON ONLY ", " ON ", StringComparison.Ordinal)));
        foreach (var (name, _) in indexes) _connection.Execute($"DROP INDEX {name}");
        return [.. indexes.Select(index => index.Sql)];
    }

    private protected override void Run(string sql, CancellationToken cancellation)
    {
        _connection.SendWaiting();
        using var command = new NpgsqlCommand(sql, Held());
        using var leaving = cancellation.Register(static command => ((NpgsqlCommand)command!).Cancel(), command);
        _connection.Do(command.ExecuteNonQuery);
    }

    // What was never vacuumed and analysed is read by bad plans, until the server does it by itself.
    internal override void Finish(CancellationToken cancellation) => RunLong("VACUUM (ANALYZE)", cancellation);

    public override void Dispose() => _connection.Dispose();
}
