using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Stoa.Storage.Sqlite;
using static Stoa.Storage.Sqlite.NativeMethods;

namespace Stoa.Storage;

/// <summary>
/// A prepared statement: bind, step, read columns. Dispose gives it back to its connection, ready to be used again.
/// </summary>
/// <remarks>Parameters are named (<c>@name</c>) and may be bound by name or, in hot loops, by 1-based index.</remarks>
public sealed unsafe class Statement : IDisposable
{
    private static readonly nint Transient = -1;
    private readonly SqliteConnection _connection;

    internal Statement(SqliteConnection connection, nint handle)
    {
        _connection = connection;
        Handle = handle;
    }

    internal nint Handle { get; }

    internal bool IsRented { get; set; }

    internal bool IsCached { get; set; }

    /// <summary>1-based index of a named parameter; throws when the statement has no such parameter.</summary>
    public int IndexOf(string name)
    {
        Span<byte> utf8 = stackalloc byte[128];
        var length = Encoding.UTF8.GetBytes(name, utf8[..^1]);
        utf8[length] = 0;
        int index;
        fixed (byte* text = utf8) index = sqlite3_bind_parameter_index(Handle, text);
        return index > 0 ? index : throw new ArgumentException($"The statement has no parameter {name}.", nameof(name));
    }

    /// <summary>Binds a whole number.</summary>
    public Statement Bind(string name, long value) => Bind(IndexOf(name), value);

    /// <summary>Binds a whole number or NULL.</summary>
    public Statement Bind(string name, long? value) => Bind(IndexOf(name), value);

    /// <summary>Binds a number.</summary>
    public Statement Bind(string name, double value) => Bind(IndexOf(name), value);

    /// <summary>Binds a number or NULL.</summary>
    public Statement Bind(string name, double? value) => value is { } v ? Bind(IndexOf(name), v) : BindNull(IndexOf(name));

    /// <summary>Binds 1 or 0.</summary>
    public Statement Bind(string name, bool value) => Bind(IndexOf(name), value ? 1L : 0L);

    /// <summary>Binds text, or NULL for null.</summary>
    public Statement Bind(string name, string? value) => Bind(IndexOf(name), value);

    /// <summary>Binds a blob; copied.</summary>
    public Statement BindBlob(string name, ReadOnlySpan<byte> value) => BindBlob(IndexOf(name), value);

    /// <summary>Binds a blob, or NULL for null; copied.</summary>
    public Statement BindBlob(string name, byte[]? value) =>
        value is null ? BindNull(IndexOf(name)) : BindBlob(IndexOf(name), value);

    /// <summary>Binds UTF-8 text; copied.</summary>
    public Statement BindUtf8(string name, ReadOnlySpan<byte> value) => BindUtf8(IndexOf(name), value);

    /// <summary>Binds NULL.</summary>
    public Statement BindNull(string name) => BindNull(IndexOf(name));

    /// <summary>Binds a whole number.</summary>
    public Statement Bind(int index, long value) => Check(sqlite3_bind_int64(Handle, index, value));

    /// <summary>Binds a whole number or NULL.</summary>
    public Statement Bind(int index, long? value) => value is { } v ? Bind(index, v) : BindNull(index);

    /// <summary>Binds a number.</summary>
    public Statement Bind(int index, double value) => Check(sqlite3_bind_double(Handle, index, value));

    /// <summary>Binds NULL.</summary>
    public Statement BindNull(int index) => Check(sqlite3_bind_null(Handle, index));

    /// <summary>Binds text, or NULL for null.</summary>
    public Statement Bind(int index, string? value)
    {
        if (value is null) return BindNull(index);
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

    /// <summary>Binds UTF-8 text; copied.</summary>
    public Statement BindUtf8(int index, ReadOnlySpan<byte> value)
    {
        byte empty = 0;
        fixed (byte* text = value)
            return Check(sqlite3_bind_text(Handle, index, text is null ? &empty : text, value.Length, Transient));
    }

    /// <summary>Binds a blob; copied.</summary>
    public Statement BindBlob(int index, ReadOnlySpan<byte> value)
    {
        byte empty = 0;
        fixed (byte* data = value)
            return Check(sqlite3_bind_blob(Handle, index, data is null ? &empty : data, value.Length, Transient));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Statement Check(int code) => code == 0 ? this : throw _connection.Error(code);

    /// <summary>Moves to the next row; false after the last.</summary>
    /// <exception cref="StorageException">The engine failed, or the time allowed was over.</exception>
    /// <exception cref="OperationCanceledException">The caller of the session has gone.</exception>
    public bool Step()
    {
        var code = sqlite3_step(Handle);
        if (code == SqliteConnection.Row) return true;
        if (code == SqliteConnection.Done) return false;
        var error = _connection.StepError(code);
        sqlite3_reset(Handle);
        throw error;
    }

    /// <summary>Runs to the end and makes the statement ready for new values; the bindings stay.</summary>
    /// <returns>Rows that the statement changed.</returns>
    public long Execute()
    {
        while (Step()) { }
        sqlite3_reset(Handle);
        return _connection.Changes;
    }

    /// <summary>Back to before the first row; the bindings stay.</summary>
    public void Reset() => sqlite3_reset(Handle);

    /// <summary>Number of columns in a row.</summary>
    public int Columns => sqlite3_column_count(Handle);

    /// <summary>Whether the column is NULL.</summary>
    public bool IsNull(int column) => sqlite3_column_type(Handle, column) == (int)ColumnKind.Null;

    /// <summary>What the column holds in this row.</summary>
    public ColumnKind Kind(int column) => (ColumnKind)sqlite3_column_type(Handle, column);

    /// <summary>The column as a whole number; 0 for NULL.</summary>
    public long Int64(int column) => sqlite3_column_int64(Handle, column);

    /// <summary>The column as a whole number or null.</summary>
    public long? Int64OrNull(int column) => IsNull(column) ? null : Int64(column);

    /// <summary>The column as a number; 0 for NULL.</summary>
    public double Double(int column) => sqlite3_column_double(Handle, column);

    /// <summary>The column as a number or null.</summary>
    public double? DoubleOrNull(int column) => IsNull(column) ? null : Double(column);

    /// <summary>The column as a truth value; false for NULL.</summary>
    public bool Boolean(int column) => Int64(column) != 0;

    /// <summary>The column's text; empty for NULL.</summary>
    public string Text(int column) => Encoding.UTF8.GetString(Utf8(column));

    /// <summary>The column's text or null.</summary>
    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <summary>The column's UTF-8 text where it lies; valid until the next step or reset.</summary>
    public ReadOnlySpan<byte> Utf8(int column)
    {
        var text = sqlite3_column_text(Handle, column);
        return new ReadOnlySpan<byte>(text, text is null ? 0 : sqlite3_column_bytes(Handle, column));
    }

    /// <summary>The column's bytes where they lie; valid until the next step or reset.</summary>
    public ReadOnlySpan<byte> Blob(int column)
    {
        var data = sqlite3_column_blob(Handle, column);
        return new ReadOnlySpan<byte>(data, data is null ? 0 : sqlite3_column_bytes(Handle, column));
    }

    /// <summary>Gives the statement back to its connection.</summary>
    public void Dispose()
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

/// <summary>What a column holds in one row; the numbers are SQLite's.</summary>
public enum ColumnKind
{
    /// <summary>A 64-bit whole number.</summary>
    Integer = 1,

    /// <summary>A double.</summary>
    Real = 2,

    /// <summary>UTF-8 text.</summary>
    Text = 3,

    /// <summary>Bytes.</summary>
    Blob = 4,

    /// <summary>Nothing.</summary>
    Null = 5,
}
