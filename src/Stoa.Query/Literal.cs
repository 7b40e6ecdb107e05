using Stoa.Vocabulary;

namespace Stoa.Query;

/// <summary>A constant in a query. Immutable.</summary>
public sealed class Literal
{
    private readonly long _integer;
    private readonly double _double;

    private Literal(ValueKind kind, long integer = 0, double number = 0, bool isInteger = false)
    {
        Kind = kind;
        _integer = integer;
        _double = number;
        IsWhole = isInteger;
    }

    /// <summary>The literal null.</summary>
    public static readonly Literal Null = new(ValueKind.Null);

    /// <summary>The literal true.</summary>
    public static readonly Literal True = new(ValueKind.Boolean, 1);

    /// <summary>The literal false.</summary>
    public static readonly Literal False = new(ValueKind.Boolean);

    /// <summary>What it is.</summary>
    public ValueKind Kind { get; }

    /// <summary>True for a whole number of 64 bits.</summary>
    public bool IsWhole { get; }

    /// <summary>The whole number; microseconds of a duration or a time of the day.</summary>
    public long Whole => _integer;

    /// <summary>The number in double precision.</summary>
    public double Real => IsWhole ? _integer : _double;

    /// <summary>The truth value.</summary>
    public bool Boolean => _integer != 0;

    /// <summary>The text of a text literal; empty for others.</summary>
    public string Text { get; private init; } = "";

    /// <summary>The time of an instant or interval.</summary>
    public TimeInterval Time { get; private init; }

    /// <summary>The geometry; null for other kinds.</summary>
    public GeometryLiteral? Geometry { get; private init; }

    /// <summary>A text.</summary>
    public static Literal Of(string text) => new(ValueKind.Text) { Text = text };

    /// <summary>A whole number.</summary>
    public static Literal Of(long number) => new(ValueKind.Number, number, isInteger: true);

    /// <summary>A number.</summary>
    public static Literal Of(double number) => new(ValueKind.Number, number: number);

    /// <summary>true or false.</summary>
    public static Literal Of(bool truth) => truth ? True : False;

    /// <summary>A point or span of time.</summary>
    public static Literal Of(TimeInterval time) =>
        new(time.IsInstant ? ValueKind.Instant : ValueKind.Interval) { Time = time };

    /// <summary>A point in time.</summary>
    public static Literal Of(Instant instant) => Of(TimeInterval.At(instant));

    /// <summary>A geometry.</summary>
    public static Literal Of(GeometryLiteral geometry) => new(ValueKind.Geometry) { Geometry = geometry };

    /// <summary>A length of time in microseconds.</summary>
    public static Literal Duration(long microseconds) => new(ValueKind.Duration, microseconds, isInteger: true);

    /// <summary>A time of the day in microseconds since midnight.</summary>
    public static Literal TimeOfDay(long microseconds) => new(ValueKind.TimeOfDay, microseconds, isInteger: true);
}

/// <summary>A geometry in a query: its WKB (little endian, two dimensions) and its box.</summary>
public sealed record GeometryLiteral(ReadOnlyMemory<byte> Wkb, double MinX, double MaxX, double MinY, double MaxY)
{
    /// <summary>True when it has no point at all.</summary>
    public bool IsEmpty => MinX > MaxX;
}
