using NetTopologySuite.IO;
using Stoa.Storage.Dialects;
using Stoa.Storage.Migrations;
using Stoa.Storage.Sqlite;

namespace Stoa.Storage.Moving;

/// <summary>A data folder as one end of a move.</summary>
internal sealed class SqliteSide : MoveSide
{
    private readonly SqliteConnection _connection;
    private readonly FolderLock _lock;

    private SqliteSide(SqliteConnection connection, FolderLock folderLock, string folder)
    {
        _connection = connection;
        _lock = folderLock;
        Shown = folder;
    }

    internal override EngineConnection Connection => _connection;

    internal override string Shown { get; }

    /// <summary>Takes the folder and brings its schema up to date.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="mayMake">Whether a database is made where there is none.</param>
    /// <param name="time">For the record of schema steps.</param>
    internal static SqliteSide Open(string folder, bool mayMake, TimeProvider time)
    {
        NativeMethods.EnsureLoaded();
        var file = Path.Combine(folder, Database.FileName);
        if (!mayMake && !File.Exists(file))
            throw new StorageException(StorageFailure.Access, $"{folder} holds no data of Stoa.");
        var folderLock = DataFolder.Make(new DatabaseOptions { Folder = folder })!;
        SqliteConnection? connection = null;
        try
        {
            DataFolder.CheckHeader(file);
            connection = SqliteConnection.Open(file, SqliteConnection.OpenReadWrite | SqliteConnection.OpenCreate);
            connection.SetBudget(TimeSpan.Zero, CancellationToken.None);
            // Of a target that loses its power the last transactions may be missing, never a part of one: the run goes on before them.
            connection.Execute($"""
                PRAGMA page_size = {Database.PageBytes};
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = NORMAL;
                PRAGMA foreign_keys = ON;
                PRAGMA temp_store = MEMORY;
                PRAGMA cache_size = -262144;
                PRAGMA wal_autocheckpoint = 16384;
                """);
            Migrator.Run(connection, time);
            return new SqliteSide(connection, folderLock, folder);
        }
        catch
        {
            connection?.Dispose();
            folderLock.Dispose();
            throw;
        }
    }

    // The lock of the folder keeps servers away; the writer's place keeps away commands that work beside them.
    internal override void Hold() => _connection.Execute("BEGIN IMMEDIATE");

    // the catalogue -----------------------------------------------------------------------------------------------------

    internal override IReadOnlyList<MovedTable> ReadTables()
    {
        var names = new List<string>();
        // Virtual tables, and the shadows that hold their content, are derived.
        using (var list = _connection.Prepare(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite|_%' ESCAPE '|' ORDER BY name"))
            while (list.Step()) names.Add(list.Text(0));
        return [.. names.Select(ReadTable)];
    }

    private MovedTable ReadTable(string table)
    {
        var columns = new List<(MovedColumn Column, long? Key)>();
        using (var read = _connection.Prepare("SELECT name, type, nullif(pk, 0) FROM pragma_table_xinfo(@table) WHERE hidden = 0"))
        {
            read.Bind("@table", table);
            while (read.Step()) columns.Add((new(read.Text(0), TypeOf(read.Text(1))), read.Int64OrNull(2)));
        }

        var references = new List<string>();
        using (var read = _connection.Prepare("SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(@table) WHERE \"table\" <> @table"))
        {
            read.Bind("@table", table);
            while (read.Step()) references.Add(read.Text(0));
        }

        using var identity = _connection.Prepare("SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_schema WHERE name = @table");
        identity.Bind("@table", table);
        return MovedTable.Of(table, columns, references, identity.Step() && identity.Boolean(0));
    }

    private static MovedType TypeOf(string type) => type.ToUpperInvariant() switch
    {
        "INTEGER" or "BIGINT" => MovedType.Integer,
        "REAL" => MovedType.Real,
        "ANY" => MovedType.Number,
        "TEXT" => MovedType.Text,
        "BLOB" => MovedType.Bytes,
        _ => throw new InvalidOperationException($"Columns of the type {type} are not moved."),
    };

    // reading -----------------------------------------------------------------------------------------------------------

    internal override IEnumerable<RowBatch> Read(MovedTable table, long[]? after, CancellationToken cancellation)
    {
        var where = after is null ? "" : $" WHERE ({table.KeyList}) > ({string.Join(", ", after)})";
        using var read = _connection.Prepare($"SELECT {table.ColumnList} FROM {table.Name}{where} ORDER BY {table.KeyList}");
        var longNumber = LongNumber.ColumnsIn(table);
        var batch = Rent();
        while (read.Step())
        {
            AddRow(batch, table, longNumber, read);
            if (!IsFull(batch)) continue;
            cancellation.ThrowIfCancellationRequested();
            yield return batch;
            batch = Rent();
        }

        if (batch.Rows > 0) yield return batch;
        else Return(batch);
    }

    private static void AddRow(RowBatch batch, MovedTable table, (int Number, int Digits) longNumber, Statement row)
    {
        batch.StartRow(table.Columns.Count);
        for (var i = 0; i < table.Columns.Count; i++)
        {
            var type = table.Columns[i].Type;
            if (i == longNumber.Digits && row.Kind(longNumber.Number) == ColumnKind.Integer &&
                row.Int64(longNumber.Number) is var whole && !LongNumber.IsExact(whole))
                batch.Add(LongNumber.Digits(whole));
            else if (row.IsNull(i)) batch.AddNull();
            else if (type == MovedType.Integer) batch.Add(row.Int64(i));
            else if (type is MovedType.Real or MovedType.Number) batch.Add(row.Double(i));
            else if (type == MovedType.Text) batch.Add(row.Utf8(i));
            else batch.Add(row.Blob(i));
        }
    }

    // writing -----------------------------------------------------------------------------------------------------------

    internal override void Write(MovedTable table, RowBatch rows)
    {
        using var insert = _connection.PrepareInsert(table.Name, table.ColumnList);
        var (number, digits) = LongNumber.ColumnsIn(table);
        var fields = new RowBatch.Fields(rows.Bytes);
        for (var row = 0; row < rows.Rows; row++)
        {
            if (row > 0) fields.NextRow();
            long? whole = null;
            for (var i = 0; i < table.Columns.Count; i++)
            {
                var value = fields.Next();
                if (fields.IsNull) insert.BindNull(i + 1);
                else if (i == digits && LongNumber.TryDigits(value, out var written))
                {
                    insert.BindNull(i + 1);
                    whole = written;
                }
                else Bind(insert, i + 1, table.Columns[i].Type, value);
            }

            if (whole is { } exact) insert.Bind(number + 1, exact);
            insert.Execute();
        }
    }

    private static void Bind(Statement insert, int index, MovedType type, ReadOnlySpan<byte> value)
    {
        switch (type)
        {
            case MovedType.Integer: insert.Bind(index, RowBatch.Fields.Int64(value)); break;
            case MovedType.Real: insert.Bind(index, RowBatch.Fields.Double(value)); break;
            case MovedType.Number:
                if (LongNumber.TryWhole(RowBatch.Fields.Double(value), out var whole)) insert.Bind(index, whole);
                else insert.Bind(index, RowBatch.Fields.Double(value));
                break;
            case MovedType.Text: insert.BindUtf8(index, value); break;
            case MovedType.Bytes: insert.BindBlob(index, value); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown type.");
        }
    }

    internal override long NextId(MovedTable table)
    {
        using var read = _connection.Prepare("SELECT seq FROM sqlite_sequence WHERE name = @table");
        return read.Bind("@table", table.Name).Step() ? read.Int64(0) + 1 : 1;
    }

    internal override void SetNextId(MovedTable table, long next)
    {
        using (var delete = _connection.Prepare("DELETE FROM sqlite_sequence WHERE name = @table"))
            delete.Bind("@table", table.Name).Execute();
        if (next <= 1) return;
        using var insert = _connection.Prepare("INSERT INTO sqlite_sequence (name, seq) VALUES (@table, @last)");
        insert.Bind("@table", table.Name).Bind("@last", next - 1).Execute();
    }

    internal override IReadOnlyList<string> DropIndexes()
    {
        var indexes = new List<(string Name, string Sql)>();
        using (var list = _connection.Prepare(
            $"SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = '{MovedTable.Observation}' AND sql IS NOT NULL"))
            while (list.Step()) indexes.Add((list.Text(0), list.Text(1)));
        foreach (var (name, _) in indexes) _connection.Execute($"DROP INDEX {name}");
        return [.. indexes.Select(index => index.Sql)];
    }

    private protected override void Run(string sql, CancellationToken cancellation)
    {
        _connection.SetBudget(TimeSpan.Zero, cancellation);
        try
        {
            _connection.Execute(sql);
        }
        finally
        {
            _connection.SetBudget(TimeSpan.Zero, CancellationToken.None);
        }
    }

    internal override void Finish(CancellationToken cancellation)
    {
        _connection.Transact(FillBoxes);
        _connection.Execute("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE);");
    }

    // The R*Trees beside tables with a geometry; on PostgreSQL they are views.
    private void FillBoxes()
    {
        var tables = new List<string>();
        using (var list = _connection.Prepare(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual' AND name LIKE '%|_box' ESCAPE '|'"))
            while (list.Step()) tables.Add(list.Text(0)[..^"_box".Length]);
        var reader = new WKBReader();
        foreach (var table in tables)
        {
            _connection.Execute($"DELETE FROM {table}_box");
            using var read = _connection.Prepare($"SELECT id, geometry FROM {table} WHERE geometry IS NOT NULL ORDER BY id");
            using var insert = _connection.Prepare(
                $"INSERT INTO {table}_box (id, min_x, max_x, min_y, max_y) VALUES (@id, @minX, @maxX, @minY, @maxY)");
            while (read.Step())
            {
                var box = reader.Read(read.Blob(1).ToArray()).EnvelopeInternal;
                if (box.IsNull) continue;
                insert.Bind("@id", read.Int64(0)).Bind("@minX", box.MinX).Bind("@maxX", box.MaxX).Bind("@minY", box.MinY)
                    .Bind("@maxY", box.MaxY).Execute();
            }
        }
    }

    public override void Dispose()
    {
        _connection.Dispose();
        _lock.Dispose();
    }
}
