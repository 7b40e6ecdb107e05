using System.Text;

namespace Stoa.Storage;

/// <summary>
/// A statement of a session: bind, step, read columns. Dispose gives it back to its connection, ready to be used again.
/// </summary>
/// <remarks>Parameters are named (<c>@name</c>) and may be bound by name or, in hot loops, by 1-based index.</remarks>
public abstract class Statement : IDisposable
{
    /// <summary>1-based index of a named parameter; throws when the statement has no such parameter.</summary>
    public abstract int IndexOf(string name);

    /// <summary>Binds a whole number.</summary>
    public Statement Bind(string name, long value) => Bind(IndexOf(name), value);

    /// <summary>Binds a whole number or NULL.</summary>
    public Statement Bind(string name, long? value) => Bind(IndexOf(name), value);

    /// <summary>Binds a number.</summary>
    public Statement Bind(string name, double value) => Bind(IndexOf(name), value);

    /// <summary>Binds a number or NULL.</summary>
    public Statement Bind(string name, double? value) => Bind(IndexOf(name), value);

    /// <summary>Binds 1 or 0.</summary>
    public Statement Bind(string name, bool value) => Bind(IndexOf(name), value ? 1L : 0L);

    /// <summary>Binds text, or NULL for null.</summary>
    public Statement Bind(string name, string? value) => Bind(IndexOf(name), value);

    /// <summary>Binds a blob; copied.</summary>
    public Statement BindBlob(string name, ReadOnlySpan<byte> value) => BindBlob(IndexOf(name), value);

    /// <summary>Binds a blob, or NULL for null; copied.</summary>
    public Statement BindBlob(string name, byte[]? value) =>
        value is null ? BindNull(IndexOf(name), ColumnKind.Blob) : BindBlob(IndexOf(name), value);

    /// <summary>Binds UTF-8 text; copied.</summary>
    public Statement BindUtf8(string name, ReadOnlySpan<byte> value) => BindUtf8(IndexOf(name), value);

    /// <summary>Binds NULL.</summary>
    public Statement BindNull(string name) => BindNull(IndexOf(name));

    /// <summary>Binds a whole number.</summary>
    public abstract Statement Bind(int index, long value);

    /// <summary>Binds a whole number or NULL.</summary>
    public Statement Bind(int index, long? value) => value is { } v ? Bind(index, v) : BindNull(index, ColumnKind.Integer);

    /// <summary>Binds a number.</summary>
    public abstract Statement Bind(int index, double value);

    /// <summary>Binds a number or NULL.</summary>
    public Statement Bind(int index, double? value) => value is { } v ? Bind(index, v) : BindNull(index, ColumnKind.Real);

    /// <summary>Binds NULL whose type the statement itself makes known.</summary>
    public Statement BindNull(int index) => BindNull(index, ColumnKind.Null);

    /// <summary>Binds NULL of a type; an engine may need it to understand the statement.</summary>
    public abstract Statement BindNull(int index, ColumnKind kind);

    /// <summary>Binds text, or NULL for null.</summary>
    public abstract Statement Bind(int index, string? value);

    /// <summary>Binds UTF-8 text; copied.</summary>
    public abstract Statement BindUtf8(int index, ReadOnlySpan<byte> value);

    /// <summary>Binds a blob; copied.</summary>
    public abstract Statement BindBlob(int index, ReadOnlySpan<byte> value);

    /// <summary>
    /// Says which values a parameter will be bound to next, one execution after the other, all other parameters staying as they are.
    /// An engine beyond a network then fetches many results at once; the statement is used as ever.
    /// </summary>
    public virtual void Expect(int index, IReadOnlyList<long> values)
    {
    }

    /// <summary>Is told the first column of rows that were taken into memory ahead of <see cref="Step"/>; never on SQLite.</summary>
    public virtual void WhenTaken(Action<IReadOnlyList<long>> action)
    {
    }

    /// <summary>Moves to the next row; false after the last.</summary>
    /// <exception cref="StorageException">The engine failed, or the time allowed was over.</exception>
    /// <exception cref="OperationCanceledException">The caller of the session has gone.</exception>
    public abstract bool Step();

    /// <summary>Runs to the end and makes the statement ready for new values; the bindings stay.</summary>
    /// <returns>Rows that the statement changed; 0 for one that was only put off (see <see cref="WriteSession.PrepareDeferred"/>).</returns>
    public abstract long Execute();

    /// <summary>Back to before the first row; the bindings stay.</summary>
    public abstract void Reset();

    /// <summary>Number of columns in a row.</summary>
    public abstract int Columns { get; }

    /// <summary>Whether the column is NULL.</summary>
    public bool IsNull(int column) => Kind(column) == ColumnKind.Null;

    /// <summary>What the column holds in this row.</summary>
    public abstract ColumnKind Kind(int column);

    /// <summary>The column as a whole number; 0 for NULL.</summary>
    public abstract long Int64(int column);

    /// <summary>The column as a whole number or null.</summary>
    public long? Int64OrNull(int column) => IsNull(column) ? null : Int64(column);

    /// <summary>The column as a number; 0 for NULL.</summary>
    public abstract double Double(int column);

    /// <summary>The column as a number or null.</summary>
    public double? DoubleOrNull(int column) => IsNull(column) ? null : Double(column);

    /// <summary>The column as a truth value; false for NULL.</summary>
    public bool Boolean(int column) => Int64(column) != 0;

    /// <summary>The column's text; empty for NULL.</summary>
    public string Text(int column) => Encoding.UTF8.GetString(Utf8(column));

    /// <summary>The column's text or null.</summary>
    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <summary>The column's UTF-8 text where it lies; valid until the next step or reset.</summary>
    public abstract ReadOnlySpan<byte> Utf8(int column);

    /// <summary>The column's bytes where they lie; valid until the next step or reset.</summary>
    public abstract ReadOnlySpan<byte> Blob(int column);

    /// <summary>Gives the statement back to its connection.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private protected abstract void Release();
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
