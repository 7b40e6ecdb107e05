using System.Text;
using Npgsql;

namespace Stoa.Storage.Postgres;

/// <summary>A statement on a PostgreSQL connection. Its result is taken into memory when it is first stepped.</summary>
/// <remarks>
/// So the connection is free for the next statement at once, and no slow client keeps a statement open. What may be longer than a page
/// is a <see cref="PostgresCursor"/>.
/// </remarks>
internal class PostgresStatement : Statement
{
    private RowReader? _columns;
    private Cell[] _cells = [];
    private int _width;
    private int _rows;
    private int _at = -1;
    private int _end;
    private ExpectedValues? _expected;
    private Action<IReadOnlyList<long>>? _taken;
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
        if (_at + 1 >= _end) return false;
        _at++;
        return true;
    }

    public override void Expect(int index, IReadOnlyList<long> values) => _expected = new(index, values);

    public override void WhenTaken(Action<IReadOnlyList<long>> action) => _taken += action;

    private protected virtual void Start()
    {
        _isStarted = true;
        if (_expected is not null)
        {
            StartExpected(_expected);
            return;
        }

        _rows = 0;
        _affected = Connection.Run(Text, [Values], this);
        _at = -1;
        _end = _rows;
        TellTaken();
    }

    private void StartExpected(ExpectedValues expected)
    {
        var value = Values[expected.Index - 1].Whole;
        if (!expected.Windows.TryGetValue(value, out var window))
        {
            var runs = new List<Cell[]>();
            foreach (var next in expected.NextFrom(value))
            {
                var values = (Cell[])Values.Clone();
                values[expected.Index - 1] = Cell.Of(next);
                runs.Add(values);
            }

            _rows = 0;
            expected.Windows.Clear();
            Connection.Run(Text, runs, this);
            window = expected.Windows[value];
            TellTaken();
        }

        _at = window.First - 1;
        _end = window.End;
    }

    private void TellTaken()
    {
        if (_taken is null || _rows == 0) return;
        var first = new long[_rows];
        for (var row = 0; row < _rows; row++) first[row] = _cells[row * _width].Whole;
        _taken(first);
    }

    /// <summary>Takes a result in; called by the connection once for each run.</summary>
    internal void Take(NpgsqlDataReader reader, Cell[] values)
    {
        var before = _rows;
        TakeRows(reader);
        if (_expected is { } expected) expected.Windows[values[expected.Index - 1].Whole] = (before, _rows);
    }

    /// <summary>Before a run is tried again: forgets what was taken of it.</summary>
    internal void Untake()
    {
        _rows = 0;
        _expected?.Windows.Clear();
    }

    private void TakeRows(NpgsqlDataReader reader)
    {
        _width = reader.FieldCount;
        if (_width == 0) return;
        _columns ??= new RowReader(reader);
        while (reader.Read())
        {
            var end = (_rows + 1) * _width;
            if (end > _cells.Length) Array.Resize(ref _cells, Math.Max(end, _cells.Length * 2));
            _columns.Read(reader, _cells.AsSpan(end - _width, _width));
            _rows++;
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
        _isStarted = false;
        _at = -1;
        _end = 0;
    }

    /// <summary>Values to come for one parameter, and where the results lie that were fetched for them.</summary>
    private sealed class ExpectedValues(int index, IReadOnlyList<long> values)
    {
        // Enough that the way to the server counts no more; few enough that what a page does not need is not fetched.
        private const int AtOnce = 64;

        private int _next;

        internal int Index => index;

        internal Dictionary<long, (int First, int End)> Windows { get; } = [];

        /// <summary>This value and those that follow it; it alone when it was not foreseen.</summary>
        internal IEnumerable<long> NextFrom(long value)
        {
            var at = _next;
            while (at < values.Count && values[at] != value) at++;
            if (at == values.Count) return [value];
            _next = Math.Min(at + AtOnce, values.Count);
            return values.Skip(at).Take(AtOnce).Distinct();
        }
    }

    public override int Columns
    {
        get
        {
            if (!_isStarted) Start();
            return _width;
        }
    }

    private ref readonly Cell At(int column) => ref _cells[(_at * _width) + column];

    public override ColumnKind Kind(int column) => At(column).Kind;

    public override long Int64(int column) => At(column).Whole;

    public override double Double(int column) => At(column).Real;

    public override ReadOnlySpan<byte> Utf8(int column) => At(column).Utf8;

    public override ReadOnlySpan<byte> Blob(int column) => At(column).Utf8;

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

    internal void Read(NpgsqlDataReader reader, Span<Cell> row)
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
