namespace Stoa.Query.OData;

internal enum TokenKind : byte
{
    End,
    Bad,
    Name,
    Number,
    Text,
    Time,
    TimeOfDay,
    Typed,
    Open,
    Close,
    Comma,
    Slash,
    Minus,
    Semicolon,
    Equals,
    Star,
}

/// <summary>One word of an OData expression.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Index of its first character.</param>
/// <param name="End">Index after its last character.</param>
internal readonly record struct Token(TokenKind Kind, int Start, int End)
{
    /// <summary>The value of a number, time or time of the day.</summary>
    internal Literal? Value { get; init; }

    /// <summary>Why the text cannot be read, for a bad token.</summary>
    internal string Fault { get; init; } = "";
}
