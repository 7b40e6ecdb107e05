using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Stoa.Storage.Postgres;

/// <summary>One value of a row or a parameter, without boxing of numbers.</summary>
internal readonly struct Cell
{
    private readonly long _bits;
    private readonly byte[]? _bytes;

    private Cell(ColumnKind kind, long bits, byte[]? bytes, bool isNull)
    {
        Type = kind;
        IsNull = isNull;
        _bits = bits;
        _bytes = bytes;
    }

    /// <summary>The type, also of a NULL; <see cref="ColumnKind.Null"/> when it is not known.</summary>
    internal ColumnKind Type { get; }

    internal bool IsNull { get; }

    internal ColumnKind Kind => IsNull ? ColumnKind.Null : Type;

    internal static Cell Null(ColumnKind type) => new(type, 0, null, isNull: true);

    internal static Cell Of(long value) => new(ColumnKind.Integer, value, null, isNull: false);

    internal static Cell Of(double value) => new(ColumnKind.Real, BitConverter.DoubleToInt64Bits(value), null, isNull: false);

    internal static Cell OfText(byte[] utf8) => new(ColumnKind.Text, 0, utf8, isNull: false);

    internal static Cell OfBlob(byte[] bytes) => new(ColumnKind.Blob, 0, bytes, isNull: false);

    internal byte[] Bytes => _bytes ?? [];

    internal double Real => Kind switch
    {
        ColumnKind.Real => BitConverter.Int64BitsToDouble(_bits),
        ColumnKind.Integer => _bits,
        _ => 0,
    };

    internal long Whole => Kind switch
    {
        ColumnKind.Integer => _bits,
        ColumnKind.Real => (long)BitConverter.Int64BitsToDouble(_bits),
        _ => 0,
    };

    /// <summary>The value as UTF-8, numbers as they are written.</summary>
    internal ReadOnlySpan<byte> Utf8 => Kind switch
    {
        ColumnKind.Text or ColumnKind.Blob => _bytes,
        ColumnKind.Integer => Encoding.ASCII.GetBytes(_bits.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ColumnKind.Real => Encoding.ASCII.GetBytes(Real.ToString("R", System.Globalization.CultureInfo.InvariantCulture)),
        _ => default,
    };

    /// <summary>A parameter with this value.</summary>
    internal NpgsqlParameter ToParameter()
    {
        if (IsNull) return new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = DbTypeOf(Type) };
        return Type switch
        {
            ColumnKind.Integer => new NpgsqlParameter<long> { TypedValue = _bits, NpgsqlDbType = NpgsqlDbType.Bigint },
            ColumnKind.Real => new NpgsqlParameter<double> { TypedValue = Real, NpgsqlDbType = NpgsqlDbType.Double },
            ColumnKind.Text => new NpgsqlParameter<byte[]> { TypedValue = Bytes, NpgsqlDbType = NpgsqlDbType.Text },
            _ => new NpgsqlParameter<byte[]> { TypedValue = Bytes, NpgsqlDbType = NpgsqlDbType.Bytea },
        };
    }

    private static NpgsqlDbType DbTypeOf(ColumnKind type) => type switch
    {
        ColumnKind.Integer => NpgsqlDbType.Bigint,
        ColumnKind.Real => NpgsqlDbType.Double,
        ColumnKind.Text => NpgsqlDbType.Text,
        ColumnKind.Blob => NpgsqlDbType.Bytea,
        _ => NpgsqlDbType.Unknown,
    };
}
