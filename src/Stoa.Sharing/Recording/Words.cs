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
