using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using static Stoa.Storage.Sqlite.NativeMethods;

namespace Stoa.Storage.Sqlite;

/// <summary>A statement prepared by SQLite; cached by its connection under its text.</summary>
internal sealed unsafe class SqliteStatement : Statement
{
    private static readonly nint Transient = -1;
    private readonly SqliteConnection _connection;

    internal SqliteStatement(SqliteConnection connection, nint handle)
    {
        _connection = connection;
        Handle = handle;
    }

    internal nint Handle { get; }

    internal bool IsRented { get; set; }

    internal bool IsCached { get; set; }

    public override int IndexOf(string name)
    {
        Span<byte> utf8 = stackalloc byte[128];
        var length = Encoding.UTF8.GetBytes(name, utf8[..^1]);
        utf8[length] = 0;
        int index;
        fixed (byte* text = utf8) index = sqlite3_bind_parameter_index(Handle, text);
        return index > 0 ? index : throw new ArgumentException($"The statement has no parameter {name}.", nameof(name));
    }

    public override Statement Bind(int index, long value) => Check(sqlite3_bind_int64(Handle, index, value));

    public override Statement Bind(int index, double value) => Check(sqlite3_bind_double(Handle, index, value));

    public override Statement BindNull(int index, ColumnKind kind) => Check(sqlite3_bind_null(Handle, index));

    public override Statement Bind(int index, string? value)
    {
        if (value is null) return BindNull(index, ColumnKind.Text);
        var max = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (max <= 1024)
        {
            Span<byte> utf8 = stackalloc byte[1024];
            return BindUtf8(index, utf8[..Encoding.UTF8.GetBytes(value, utf8)]);
        }

        var rented = ArrayPool<byte>.Shared.Rent(max);
        try
        {
            return BindUtf8(index, rented.AsSpan(0, Encoding.UTF8.GetBytes(value, rented)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    public override Statement BindUtf8(int index, ReadOnlySpan<byte> value)
    {
        byte empty = 0;
        fixed (byte* text = value)
            return Check(sqlite3_bind_text(Handle, index, text is null ? &empty : text, value.Length, Transient));
    }

    public override Statement BindBlob(int index, ReadOnlySpan<byte> value)
    {
        byte empty = 0;
        fixed (byte* data = value)
            return Check(sqlite3_bind_blob(Handle, index, data is null ? &empty : data, value.Length, Transient));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private SqliteStatement Check(int code) => code == 0 ? this : throw _connection.Error(code);

    public override bool Step()
    {
        var code = sqlite3_step(Handle);
        if (code == SqliteConnection.Row) return true;
        if (code == SqliteConnection.Done) return false;
        var error = _connection.StepError(code);
        sqlite3_reset(Handle);
        throw error;
    }

    public override long Execute()
    {
        while (Step()) { }
        sqlite3_reset(Handle);
        return _connection.Changes;
    }

    public override void Reset() => sqlite3_reset(Handle);

    public override int Columns => sqlite3_column_count(Handle);

    public override ColumnKind Kind(int column) => (ColumnKind)sqlite3_column_type(Handle, column);

    public override long Int64(int column) => sqlite3_column_int64(Handle, column);

    public override double Double(int column) => sqlite3_column_double(Handle, column);

    public override ReadOnlySpan<byte> Utf8(int column)
    {
        var text = sqlite3_column_text(Handle, column);
        return new ReadOnlySpan<byte>(text, text is null ? 0 : sqlite3_column_bytes(Handle, column));
    }

    public override ReadOnlySpan<byte> Blob(int column)
    {
        var data = sqlite3_column_blob(Handle, column);
        return new ReadOnlySpan<byte>(data, data is null ? 0 : sqlite3_column_bytes(Handle, column));
    }

    private protected override void Release()
    {
        if (!IsRented) return;
        IsRented = false;
        if (!IsCached)
        {
            sqlite3_finalize(Handle);
            return;
        }

        sqlite3_reset(Handle);
        sqlite3_clear_bindings(Handle);
    }
}
