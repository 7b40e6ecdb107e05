using System.Runtime.InteropServices;

namespace Stoa.Storage.Translation;

/// <summary>What a parameter holds.</summary>
public enum SqlValueKind : byte
{
    /// <summary>NULL.</summary>
    Null,

    /// <summary>A whole number of 64 bits.</summary>
    Whole,

    /// <summary>A number in double precision.</summary>
    Real,

    /// <summary>Text.</summary>
    Text,

    /// <summary>Bytes.</summary>
    Blob,
}

/// <summary>A parameter's value without boxing.</summary>
public readonly struct SqlValue
{
    private readonly long _bits;
    private readonly object? _reference;

    private SqlValue(SqlValueKind kind, long bits, object? reference)
    {
        Kind = kind;
        _bits = bits;
        _reference = reference;
    }

    /// <summary>NULL.</summary>
    public static readonly SqlValue Null;

    /// <summary>What it holds.</summary>
    public SqlValueKind Kind { get; }

    /// <summary>The whole number.</summary>
    public long Whole => _bits;

    /// <summary>The number in double precision.</summary>
    public double Real => BitConverter.Int64BitsToDouble(_bits);

    /// <summary>The text; empty for other kinds.</summary>
    public string Text => _reference as string ?? "";

    /// <summary>The bytes; empty for other kinds.</summary>
    public ReadOnlyMemory<byte> Blob => _reference is byte[] bytes ? bytes : default;

    /// <summary>A whole number.</summary>
    public static SqlValue Of(long value) => new(SqlValueKind.Whole, value, null);

    /// <summary>A number in double precision.</summary>
    public static SqlValue Of(double value) => new(SqlValueKind.Real, BitConverter.DoubleToInt64Bits(value), null);

    /// <summary>Text.</summary>
    public static SqlValue Of(string value) => new(SqlValueKind.Text, 0, value);

    /// <summary>Bytes.</summary>
    public static SqlValue Of(ReadOnlyMemory<byte> value) => new(SqlValueKind.Blob, 0, value.ToArray());

    /// <summary>Bytes that never change: they are not copied.</summary>
    internal static SqlValue OfShared(ReadOnlyMemory<byte> value) =>
        MemoryMarshal.TryGetArray(value, out var array) && array.Offset == 0 && array.Count == array.Array!.Length // Asked on this line.
            ? new(SqlValueKind.Blob, 0, array.Array)
            : Of(value);
}

/// <summary>A statement and its parameters. Requests of the same shape give the same text, so prepared statements are found again.</summary>
/// <param name="Text">The SQL; parameters are numbered from 1.</param>
/// <param name="Parameters">Value of parameter i + 1 at index i.</param>
public sealed record SqlText(string Text, IReadOnlyList<SqlValue> Parameters)
{
    /// <summary>Number of the parameter that takes the parent's id at each execution of a child statement; 0 when there is none.</summary>
    public int ParentParameter { get; init; }

    /// <summary>Index of the first of the key columns that follow the columns asked for, when the order allows paging by key; else -1.
    /// Their values in the last row sent make the <see cref="Stoa.Query.PageCursor"/> of the next page.</summary>
    public int KeysetColumn { get; init; } = -1;

    /// <summary>How many key columns there are.</summary>
    public int KeysetColumns { get; init; }

    /// <summary>For a count: false when the number stops at a limit and there may be more.</summary>
    public bool IsExact { get; init; } = true;
}
