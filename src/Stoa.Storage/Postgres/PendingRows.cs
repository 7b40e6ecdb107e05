using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Stoa.Storage.Postgres;

/// <summary>Rows for one table that were added in this transaction and wait to be sent together.</summary>
/// <remarks>
/// Few go as one INSERT over arrays, which travels with other statements; many as a binary COPY, which needs round trips of its own.
/// What was sent since a savepoint is kept until the savepoint ends: going back to it takes those rows out of the table again,
/// also the ones that were added before it and sent after it.
/// </remarks>
internal sealed class PendingRows
{
    // Sent in between when a transaction brings more, so that memory stays bounded.
    private const int CellsMax = 2_000_000;

    // From about here on COPY is faster.
    private const int RowsInArrays = 256;

    private readonly PostgresConnection _connection;
    private readonly string _columns;
    private readonly string? _onConflict;
    private readonly HashSet<(long, string)> _keys = [];
    private readonly int _keyWidth;
    private readonly PostgresText _arrays;
    private readonly int _width;
    private readonly List<Cell> _cells = [];
    private readonly NpgsqlDbType[] _types;
    private readonly int _timeAt; // the column by which the table is partitioned; -1: it is not
    private int _sent;
    private (int Cells, int Sent)? _mark;

    internal PendingRows(PostgresConnection connection, string table, string columns, int keyWidth, string? onConflict)
    {
        _connection = connection;
        Table = table;
        _columns = columns;
        _keyWidth = keyWidth;
        _onConflict = onConflict;
        _types = ReadTypes();
        _width = _types.Length;
        _arrays = PostgresText.Of($"INSERT INTO {Table} AS kept ({_columns}) SELECT * FROM unnest(" +
            string.Join(", ", _types.Select((type, i) => $"${i + 1}::{NameOf(type)}[]")) + $") {_onConflict}");
        Statement = new Adding(this);
        _timeAt = table == Partitions.Table ? Array.IndexOf(columns.Split(',', StringSplitOptions.TrimEntries), "phenomenon_start") : -1;
    }

    internal string Table { get; }

    internal Statement Statement { get; }

    internal bool IsWaiting => _sent < _cells.Count;

    private void Add(Cell[] row)
    {
        // One statement cannot change a row twice.
        if (_keyWidth > 0 && IsWaiting && !_keys.Add(KeyOf(row))) Send();
        if (_keyWidth > 0 && !IsWaiting)
        {
            _keys.Clear();
            _keys.Add(KeyOf(row));
        }

        _cells.AddRange(row);
        if (_cells.Count - _sent > CellsMax) Send();
    }

    /// <summary>Sends what was not sent yet.</summary>
    internal void Send()
    {
        if (_timeAt >= 0) MakeRoom();
        if (_onConflict is not null || _cells.Count - _sent <= RowsInArrays * _width) _connection.LaterWithArrays(_arrays, Arrays());
        else Copy();
        _sent = _cells.Count;
        if (_mark is null) Clear();
    }

    private NpgsqlParameter[] Arrays()
    {
        var rows = (_cells.Count - _sent) / _width;
        var arrays = new NpgsqlParameter[_width];
        for (var i = 0; i < _width; i++) arrays[i] = ArrayOf(i, rows);
        return arrays;
    }

    private NpgsqlParameter ArrayOf(int column, int rows)
    {
        T[] Each<T>(Func<Cell, T> value)
        {
            var values = new T[rows];
            for (var row = 0; row < rows; row++) values[row] = value(_cells[_sent + (row * _width) + column]);
            return values;
        }

        var type = _types[column];
        object array = type switch
        {
            NpgsqlDbType.Bigint => Each(static cell => cell.IsNull ? null : (long?)cell.Whole),
            NpgsqlDbType.Smallint => Each(static cell => cell.IsNull ? null : (short?)cell.Whole),
            NpgsqlDbType.Double => Each(static cell => cell.IsNull ? null : (double?)cell.Real),
            NpgsqlDbType.Bytea => Each(static cell => cell.IsNull ? null : cell.Bytes),
            _ => Each(static cell => cell.IsNull ? null : Encoding.UTF8.GetString(cell.Bytes)),
        };
        return new NpgsqlParameter { Value = array, NpgsqlDbType = NpgsqlDbType.Array | type };
    }

    private static string NameOf(NpgsqlDbType type) => type switch
    {
        NpgsqlDbType.Bigint => "bigint",
        NpgsqlDbType.Smallint => "smallint",
        NpgsqlDbType.Double => "double precision",
        NpgsqlDbType.Bytea => "bytea",
        _ => "text",
    };

    private (long, string) KeyOf(Cell[] row)
    {
        var text = "";
        for (var i = 1; i < _keyWidth; i++) text += Encoding.UTF8.GetString(row[i].Utf8) + '\n';
        return (row[0].Whole, text);
    }

    private void Copy()
    {
        if (_connection.HasControlWaiting) _connection.SendWaiting();
        _connection.Do(() =>
        {
            using var copy = _connection.Ensure().BeginBinaryImport($"COPY {Table} ({_columns}) FROM STDIN (FORMAT BINARY)");
            for (var at = _sent; at < _cells.Count; at += _width)
            {
                copy.StartRow();
                for (var i = 0; i < _width; i++) Write(copy, _cells[at + i], _types[i]);
            }

            copy.Complete();
        });
    }

    private void MakeRoom()
    {
        for (var at = _sent; at < _cells.Count; at += _width) _connection.MakeRoom(_cells[at + _timeAt].Whole);
    }

    private static void Write(NpgsqlBinaryImporter copy, in Cell cell, NpgsqlDbType type)
    {
        if (cell.IsNull) copy.WriteNull();
        else if (type == NpgsqlDbType.Bigint) copy.Write(cell.Whole, type);
        else if (type == NpgsqlDbType.Smallint) copy.Write((short)cell.Whole, type);
        else if (type == NpgsqlDbType.Double) copy.Write(cell.Real, type);
        else copy.Write(cell.Bytes, type);
    }

    private NpgsqlDbType[] ReadTypes()
    {
        var types = new Dictionary<string, NpgsqlDbType>(StringComparer.Ordinal);
        using (var read = _connection.Prepare(
            "SELECT attname::text, atttypid::regtype::text FROM pg_attribute WHERE attrelid = @table::regclass AND attnum > 0"))
        {
            read.Bind("@table", Table);
            while (read.Step())
                types[read.Text(0)] = read.Text(1) switch
                {
                    "bigint" => NpgsqlDbType.Bigint,
                    "smallint" => NpgsqlDbType.Smallint,
                    "double precision" => NpgsqlDbType.Double,
                    "bytea" => NpgsqlDbType.Bytea,
                    _ => NpgsqlDbType.Text,
                };
        }

        return [.. _columns.Split(',').Select(column => types[column.Trim()])];
    }

    internal void Clear()
    {
        _cells.Clear();
        _keys.Clear();
        _sent = 0;
        _mark = null;
    }

    internal void Mark() => _mark = (_cells.Count, _sent);

    internal void Unmark()
    {
        _mark = null;
        if (!IsWaiting) Clear();
    }

    internal void RollBackToMark()
    {
        if (_mark is not var (cells, sent)) return;
        _cells.RemoveRange(cells, _cells.Count - cells);
        _sent = Math.Min(_sent, sent);
        _keys.Clear();
        for (var at = _sent; _keyWidth > 0 && at < _cells.Count; at += _width) _keys.Add(KeyOf([.. _cells.Slice(at, _keyWidth)]));
        _mark = null;
    }

    /// <summary>Takes the values of one row after the other.</summary>
    private sealed class Adding(PendingRows rows) : PostgresDeferred(rows._connection, rows._arrays)
    {
        public override long Execute()
        {
            rows.Add(Values);
            return 1;
        }
    }
}
