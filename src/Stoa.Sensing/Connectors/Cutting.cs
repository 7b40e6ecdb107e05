namespace Stoa.Sensing.Connectors;

/// <summary>Shortens texts that came from outside without cutting a letter in half.</summary>
internal static class Cutting
{
    /// <summary>At most so many characters.</summary>
    internal static string Cut(this string text, int charactersMax) => text.Length <= charactersMax
        ? text
        : text[..(char.IsHighSurrogate(text[charactersMax - 1]) ? charactersMax - 1 : charactersMax)];

    /// <summary>At most so many characters, and a sign that there were more.</summary>
    internal static string Shown(this string text, int charactersMax) =>
        text.Length <= charactersMax ? text : text.Cut(charactersMax) + "…";
}
