using System.Text;
using static Stoa.Storage.Sqlite.NativeMethods;

namespace Stoa.Storage.Sqlite;

/// <summary>Arguments and result of one call of an SQL function written in C#. Valid during the call only.</summary>
internal readonly unsafe struct FunctionContext
{
    private const int TypeInteger = 1, TypeNull = 5;
    private static readonly nint Transient = -1;
    private readonly nint _context;
    private readonly nint* _values;

    internal FunctionContext(nint context, int count, nint* values)
    {
        _context = context;
        Count = count;
        _values = values;
    }

    /// <summary>Number of arguments.</summary>
    internal int Count { get; }

    internal bool IsInteger(int index) => sqlite3_value_type(_values[index]) == TypeInteger;

    internal bool IsNull(int index) => sqlite3_value_type(_values[index]) == TypeNull;

    internal long Int64(int index) => sqlite3_value_int64(_values[index]);

    internal double Double(int index) => sqlite3_value_double(_values[index]);

    internal ReadOnlySpan<byte> Blob(int index)
    {
        var data = sqlite3_value_blob(_values[index]);
        return new ReadOnlySpan<byte>(data, data is null ? 0 : sqlite3_value_bytes(_values[index]));
    }

    internal ReadOnlySpan<byte> Utf8(int index)
    {
        var data = sqlite3_value_text(_values[index]);
        return new ReadOnlySpan<byte>(data, data is null ? 0 : sqlite3_value_bytes(_values[index]));
    }

    internal string Text(int index) => Encoding.UTF8.GetString(Utf8(index));

    internal void Return(long value) => sqlite3_result_int64(_context, value);

    internal void Return(bool value) => sqlite3_result_int64(_context, value ? 1 : 0);

    internal void Return(double value) => sqlite3_result_double(_context, value);

    internal void ReturnNull() => sqlite3_result_null(_context);

    internal void Return(string value)
    {
        // One byte more than the text: an empty array has no address, and no address means NULL.
        var bytes = new byte[Encoding.UTF8.GetByteCount(value) + 1];
        Encoding.UTF8.GetBytes(value, bytes);
        fixed (byte* text = bytes) sqlite3_result_text(_context, text, bytes.Length - 1, Transient);
    }

    internal void Return(ReadOnlySpan<byte> blob)
    {
        fixed (byte* bytes = blob) sqlite3_result_blob(_context, bytes, blob.Length, Transient);
    }
}
