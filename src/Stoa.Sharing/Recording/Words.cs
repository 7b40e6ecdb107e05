using System.Text.Json;

namespace Stoa.Sharing.Recording;

/// <summary>The words of an enum on the wire: its names with a small first letter, as <see cref="WordJson{TEnum}"/> records them.</summary>
internal static class Words<TEnum>
    where TEnum : struct, Enum
{
    private static readonly TEnum[] Values = Enum.GetValues<TEnum>();
    private static readonly string[] Texts = [.. Values.Select(value => JsonNamingPolicy.CamelCase.ConvertName(value.ToString()))];

    /// <summary>All of them, for advice.</summary>
    public static string All { get; } = string.Join(", ", Texts);

    public static string Of(TEnum value) => Texts[Array.IndexOf(Values, value)];

    /// <summary>Reads a word; letter case counts, numbers are none.</summary>
    public static bool TryParse(string? word, out TEnum value)
    {
        var index = Array.IndexOf(Texts, word);
        value = index < 0 ? default : Values[index];
        return index >= 0;
    }
}

/// <summary>The same, where the type is known from the value.</summary>
internal static class Words
{
    public static string Of<TEnum>(TEnum value)
        where TEnum : struct, Enum => Words<TEnum>.Of(value);

    /// <summary>The value of a word; null for a word that is not there.</summary>
    public static TEnum? TryRead<TEnum>(string? word)
        where TEnum : struct, Enum => Words<TEnum>.TryParse(word, out var value) ? value : null;
}
