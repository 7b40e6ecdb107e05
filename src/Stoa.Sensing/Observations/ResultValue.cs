using System.Globalization;
using System.Text.Json;
using Stoa.Storage;

namespace Stoa.Sensing.Observations;

/// <summary>The result of an Observation: any JSON value, kept in the type it was sent in.</summary>
/// <remarks>OGC 18-088, 8.2.6 and Table 12. Numbers that fit neither 64 bits nor a double are kept as JSON text.</remarks>
public readonly struct ResultValue
{
    // Every whole number up to this one is a double.
    private const long ExactMax = 1L << 53;

    private readonly double _number;
    private readonly long _integer;

    private ResultValue(ResultKind kind, double number, long integer, string? text)
    {
        Kind = kind;
        _number = number;
        _integer = integer;
        TextValue = text;
    }

    /// <summary>What it is.</summary>
    public ResultKind Kind { get; }

    /// <summary>The text, or the JSON text; null for other kinds.</summary>
    public string? TextValue { get; }

    /// <summary>A number with a fraction; not NaN and not infinite.</summary>
    public static ResultValue Number(double value) => double.IsFinite(value)
        ? new(ResultKind.Number, value, 0, null)
        : throw new ArgumentOutOfRangeException(nameof(value), value, "JSON knows finite numbers only.");

    /// <summary>A whole number.</summary>
    public static ResultValue Integer(long value) => new(ResultKind.Integer, value, value, null);

    /// <summary>Text.</summary>
    public static ResultValue Text(string value) => new(ResultKind.Text, 0, 0, value);

    /// <summary>true or false.</summary>
    public static ResultValue Boolean(bool value) => new(ResultKind.Boolean, 0, value ? 1 : 0, null);

    /// <summary>An object, an array, or a number beyond double precision, as valid JSON text.</summary>
    public static ResultValue Json(string value) => new(ResultKind.Json, 0, 0, value);

    /// <summary>JSON null.</summary>
    public static ResultValue Null => default;

    /// <summary>Whether it is a text with U+0000, which cannot be stored.</summary>
    internal bool HasNul => Kind == ResultKind.Text && TextValue!.Contains('\0', StringComparison.Ordinal);

    /// <summary>The whole number of one.</summary>
    internal long WholeNumber => _integer;

    /// <summary>Whether it is the value true.</summary>
    internal bool IsTrue => Kind == ResultKind.Boolean && _integer != 0;

    /// <summary>The number of a number or whole number; null for other kinds.</summary>
    public double? AsNumber() => Kind is ResultKind.Number or ResultKind.Integer ? _number : null;

    /// <summary>Bounds of the number as it is stored, a little wider than doubles can be wrong; null when it is none.</summary>
    internal (double Least, double Most)? Range()
    {
        double value;
        if (Kind is ResultKind.Number or ResultKind.Integer) value = _number;
        else if (Kind == ResultKind.Json && IsNumber(TextValue!)) value = Nearest(TextValue!);
        else return null;
        return (Below(value), Above(value));
    }

    /// <summary>A number that lies a little below, by as much as doubles can be wrong.</summary>
    internal static double Below(double value) => double.IsInfinity(value) ? value : value - Math.Abs(value) * 1e-15;

    /// <summary>A number that lies a little above.</summary>
    internal static double Above(double value) => double.IsInfinity(value) ? value : value + Math.Abs(value) * 1e-15;

    /// <summary>Writes it as a JSON value.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        switch (Kind)
        {
            case ResultKind.Null: json.WriteNullValue(); break;
            case ResultKind.Number: json.WriteNumberValue(_number); break;
            case ResultKind.Integer: json.WriteNumberValue(_integer); break;
            case ResultKind.Text: json.WriteStringValue(TextValue); break;
            case ResultKind.Boolean: json.WriteBooleanValue(_integer != 0); break;
            case ResultKind.Json: json.WriteRawValue(TextValue!, skipInputValidation: true); break;
            default: throw new InvalidOperationException($"Unknown result kind {Kind}.");
        }
    }

    /// <summary>Binds the four result columns, starting at <paramref name="first"/>: number, text, boolean, JSON.</summary>
    /// <remarks>
    /// SQLite keeps whole numbers of 64 bits beside doubles in one column. PostgreSQL's column is of doubles: a whole number that none
    /// holds exactly stands in the JSON column too, as other long numbers do.
    /// </remarks>
    internal void Bind(Statement statement, int first, StorageEngine engine)
    {
        if (Kind == ResultKind.Integer && engine == StorageEngine.Postgres && _integer is > ExactMax or < -ExactMax)
        {
            Json(_integer.ToString(CultureInfo.InvariantCulture)).Bind(statement, first, engine);
            return;
        }

        if (Kind == ResultKind.Number) statement.Bind(first, _number);
        else if (Kind == ResultKind.Integer) statement.Bind(first, _integer);
        else if (Kind == ResultKind.Json && IsNumber(TextValue!)) statement.Bind(first, Nearest(TextValue!));
        else statement.BindNull(first);
        if (Kind == ResultKind.Text) statement.Bind(first + 1, TextValue);
        else statement.BindNull(first + 1);
        if (Kind == ResultKind.Boolean) statement.Bind(first + 2, _integer);
        else statement.BindNull(first + 2);
        if (Kind == ResultKind.Json) statement.Bind(first + 3, TextValue);
        else statement.BindNull(first + 3);
    }

    /// <summary>Whether a number of a column of doubles is shown as a whole one; of -0 only a double knows the sign.</summary>
    internal static bool IsWhole(double number) =>
        Math.Abs(number) <= ExactMax && Math.Truncate(number) == number && (number < 0 || !double.IsNegative(number));

    /// <summary>Reads the four result columns, starting at <paramref name="first"/>.</summary>
    public static ResultValue Read(Statement row, int first)
    {
        if (!row.IsNull(first + 3)) return Json(row.Text(first + 3));
        switch (row.Kind(first))
        {
            case ColumnKind.Integer: return Integer(row.Int64(first));
            case ColumnKind.Real:
                var number = row.Double(first);
                return IsWhole(number) ? Integer((long)number) : Number(number);
        }

        if (!row.IsNull(first + 1)) return Text(row.Text(first + 1));
        if (!row.IsNull(first + 2)) return Boolean(row.Boolean(first + 2));
        return Null;
    }

    // A number kept as text has the nearest double beside it, so that filters and orders look at one column only.
    private static bool IsNumber(string json) => json[0] is '-' or (>= '0' and <= '9');

    private static double Nearest(string json) =>
        double.Parse(json, NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <summary>Takes the JSON value at which <paramref name="reader"/> stands.</summary>
    internal static ResultValue Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null: return Null;
            case JsonTokenType.True: return Boolean(true);
            case JsonTokenType.False: return Boolean(false);
            case JsonTokenType.String: return Text(reader.GetString()!);
            case JsonTokenType.Number:
                if (reader.TryGetInt64(out var integer)) return Integer(integer);
                // A double holds 15 digits of any decimal number; longer ones and huge ones are kept as written.
                if (reader.ValueSpan.Length <= 16 && reader.TryGetDouble(out var number) && double.IsFinite(number))
                    return Number(number);
                return ReadLongNumber(ref reader);
            default: return Json(JsonText.Take(ref reader, utf8));
        }
    }

    private static ResultValue ReadLongNumber(ref Utf8JsonReader reader)
    {
        var text = System.Text.Encoding.ASCII.GetString(reader.ValueSpan);
        return reader.TryGetDouble(out var number) && double.IsFinite(number) &&
            text.AsSpan().IndexOfAny('.', 'e', 'E') >= 0 && Digits(text) <= 17
            ? Number(number)
            : Json(text);
    }

    private static int Digits(string number)
    {
        var mantissa = number.AsSpan();
        var exponent = mantissa.IndexOfAny('e', 'E');
        if (exponent >= 0) mantissa = mantissa[..exponent];
        mantissa = mantissa.TrimStart("-0.").TrimEnd('0');
        return mantissa.Length - mantissa.Count('.');
    }

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        ResultKind.Number => _number.ToString("R", CultureInfo.InvariantCulture),
        ResultKind.Integer => _integer.ToString(CultureInfo.InvariantCulture),
        ResultKind.Boolean => _integer != 0 ? "true" : "false",
        ResultKind.Null => "null",
        _ => TextValue!,
    };
}

/// <summary>The kinds of result.</summary>
public enum ResultKind
{
    /// <summary>JSON null.</summary>
    Null,

    /// <summary>A number with a fraction.</summary>
    Number,

    /// <summary>A whole number of 64 bits.</summary>
    Integer,

    /// <summary>Text.</summary>
    Text,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>An object, an array, or a number beyond double precision.</summary>
    Json,
}
