using System.Text;
using Npgsql;

namespace Stoa.Storage.Postgres;

/// <summary>A statement on a PostgreSQL connection.</summary>
/// <remarks>
/// The protocol has one open result a connection. When another statement begins before this one was read to its end, the rest is
/// taken into memory (<see cref="TakeIn"/>); what may be long is a <see cref="PostgresCursor"/>.
/// </remarks>
internal class PostgresStatement : Statement
{
    private NpgsqlDataReader? _reader;
    private NpgsqlBatchCommand? _command;
    private RowReader? _columns;
    private Queue<Cell[]>? _taken;
    private Cell[] _row = [];
    private bool _isStarted;
    private long _affected;

    internal PostgresStatement(PostgresConnection connection, PostgresText text)
    {
        Connection = connection;
        Text = text;
        Values = new Cell[text.Parameters];
        Array.Fill(Values, Cell.Null(ColumnKind.Null));
    }

    private protected PostgresConnection Connection { get; }

    private protected new PostgresText Text { get; }

    private protected Cell[] Values { get; }

    public override int IndexOf(string name)
    {
        for (var i = 0; i < Text.Names.Count; i++)
            if (Text.Names[i] == name) return i + 1;
        throw new ArgumentException($"The statement has no parameter {name}.", nameof(name));
    }

    private PostgresStatement Set(int index, Cell value)
    {
        Values[index - 1] = value;
        return this;
    }

    public override Statement Bind(int index, long value) => Set(index, Cell.Of(value));

    public override Statement Bind(int index, double value) => Set(index, Cell.Of(value));

    public override Statement BindNull(int index, ColumnKind kind) => Set(index, Cell.Null(kind));

    public override Statement Bind(int index, string? value) =>
        Set(index, value is null ? Cell.Null(ColumnKind.Text) : Cell.OfText(Encoding.UTF8.GetBytes(value)));

    public override Statement BindUtf8(int index, ReadOnlySpan<byte> value) => Set(index, Cell.OfText(value.ToArray()));

    public override Statement BindBlob(int index, ReadOnlySpan<byte> value) => Set(index, Cell.OfBlob(value.ToArray()));

    public override bool Step()
    {
        if (!_isStarted) Start();
        if (_taken is not null) return _taken.TryDequeue(out _row!);
        if (_reader is null) return false;
        try
        {
            if (_reader.Read())
            {
                _columns!.Read(_reader, _row);
                return true;
            }

            Close();
            return false;
        }
        catch (Exception error) when (PostgresErrors.IsOfDriver(error))
        {
            Abandon();
            throw Connection.Failed(error);
        }
    }

    private protected virtual void Start()
    {
        _isStarted = true;
        (_reader, _command) = Connection.Run(Text, Values);
        if (_reader.FieldCount == 0)
        {
            Close();
            return;
        }

        _columns ??= new RowReader(_reader);
        _row = new Cell[_reader.FieldCount];
        Connection.IsRead(this, hasMore: true);
    }

    /// <summary>Reads the rest into memory, so that the connection is free for another statement.</summary>
    internal void TakeIn()
    {
        if (_reader is null) return;
        var taken = new Queue<Cell[]>();
        Connection.Do(() =>
        {
            while (_reader.Read())
            {
                var row = new Cell[_row.Length];
                _columns!.Read(_reader, row);
                taken.Enqueue(row);
            }
        });
        Close();
        _taken = taken;
    }

    /// <summary>The connection is gone, and the rest of the result with it.</summary>
    internal void Lose() => Abandon();

    private void Close()
    {
        if (_reader is null) return;
        var reader = _reader;
        _reader = null;
        Connection.IsRead(this, hasMore: false);
        Connection.Do(reader.Dispose);
        _affected = Math.Max(0, _command!.RecordsAffected);
    }

    private void Abandon()
    {
        var reader = _reader;
        _reader = null;
        Connection.IsRead(this, hasMore: false);
        try
        {
            reader?.Dispose();
        }
        catch (Exception error) when (PostgresErrors.IsOfDriver(error))
        {
            // The first error is the one that is told.
        }
    }

    public override long Execute()
    {
        while (Step()) { }
        Reset();
        return _affected;
    }

    public override void Reset()
    {
        Close();
        _taken = null;
        _isStarted = false;
    }

    public override int Columns
    {
        get
        {
            if (!_isStarted) Start();
            return _row.Length;
        }
    }

    public override ColumnKind Kind(int column) => _row[column].Kind;

    public override long Int64(int column) => _row[column].Whole;

    public override double Double(int column) => _row[column].Real;

    public override ReadOnlySpan<byte> Utf8(int column) => _row[column].Utf8;

    public override ReadOnlySpan<byte> Blob(int column) => _row[column].Utf8;

    private protected override void Release() => Reset();
}

/// <summary>Takes the columns of a result out of the driver's rows.</summary>
internal sealed class RowReader
{
    private enum Form
    {
        Int16, Int32, Int64, Boolean, Single, Double, Decimal, Text, Bytes,
    }

    private readonly Form[] _forms;

    internal RowReader(NpgsqlDataReader reader)
    {
        _forms = new Form[reader.FieldCount];
        for (var i = 0; i < _forms.Length; i++)
        {
            var type = reader.GetFieldType(i);
            _forms[i] = type == typeof(long) ? Form.Int64
                : type == typeof(string) ? Form.Text
                : type == typeof(double) ? Form.Double
                : type == typeof(byte[]) ? Form.Bytes
                : type == typeof(int) || type == typeof(uint) ? Form.Int32
                : type == typeof(short) ? Form.Int16
                : type == typeof(bool) ? Form.Boolean
                : type == typeof(float) ? Form.Single
                : type == typeof(decimal) ? Form.Decimal
                : throw new InvalidOperationException($"Column {i} has the type {reader.GetDataTypeName(i)}, which statements do not read.");
        }
    }

    internal void Read(NpgsqlDataReader reader, Cell[] row)
    {
        for (var i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(i) ? Cell.Null(ColumnKind.Null) : Read(reader, i);
    }

    private Cell Read(NpgsqlDataReader reader, int i) => _forms[i] switch
    {
        Form.Int64 => Cell.Of(reader.GetInt64(i)),
        Form.Text => Cell.OfText(reader.GetFieldValue<byte[]>(i)),
        Form.Double => Cell.Of(reader.GetDouble(i)),
        Form.Bytes => Cell.OfBlob(reader.GetFieldValue<byte[]>(i)),
        Form.Int32 => Cell.Of((long)reader.GetInt32(i)),
        Form.Int16 => Cell.Of((long)reader.GetInt16(i)),
        Form.Boolean => Cell.Of(reader.GetBoolean(i) ? 1L : 0L),
        Form.Single => Cell.Of((double)reader.GetFloat(i)),
        _ => OfDecimal(reader.GetDecimal(i)),
    };

    /// <summary>A sum of whole numbers comes as a decimal.</summary>
    private static Cell OfDecimal(decimal value) =>
        decimal.IsInteger(value) && value is >= long.MinValue and <= long.MaxValue ? Cell.Of((long)value) : Cell.Of((double)value);
}
