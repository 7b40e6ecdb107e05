using System.Text;
using Stoa.Sensing.Import.Csv;
using Stoa.Sensing.Import.Mapping;

namespace Stoa.Sensing.Import.Table;

/// <summary>Where the names in templates get their values: groups of regular expressions, columns of the row, the
/// station.</summary>
internal sealed class RowScope(
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> lookups,
    IReadOnlyDictionary<string, string> fileValues,
    IReadOnlyDictionary<string, int> columns)
{
    /// <summary>Before the name of a column of the stations file.</summary>
    public const string StationPrefix = "station.";

    /// <summary>The row to take column values from; null: there is none.</summary>
    public CsvReader? Row { get; set; }

    /// <summary>The entry of the stations file, or null.</summary>
    public Station? Station { get; set; }

    /// <summary>Groups of the header of the column at hand.</summary>
    public IReadOnlyDictionary<string, string>? HeaderValues { get; set; }

    /// <summary>Whether a value is missing by the rules of the section <c>values</c>; then it counts as
    /// empty.</summary>
    public required Func<ReadOnlyMemory<byte>, bool> IsMissing { get; init; }

    /// <summary>Takes spaces and wrapping signs off.</summary>
    public required byte? Unwrap { get; init; }

    /// <summary>Fills a template in.</summary>
    public string Fill(Template template) => template.Fill(ValueOf);

    /// <summary>Fills a template in; empty gives <paramref name="otherwise"/>.</summary>
    public string Fill(Template template, string otherwise) => Fill(template) is { Length: > 0 } filled ? filled
        : otherwise;

    /// <summary>Fills in, or null when the template is absent or empty.</summary>
    public string? FillOrNull(Template? template) =>
        template is not null && Fill(template) is { Length: > 0 } filled ? filled : null;

    private string? ValueOf(Template.Reference reference)
    {
        var value = RawValueOf(reference.Name);
        if (reference.Lookup is null || value is null) return value;
        return lookups[reference.Lookup].GetValueOrDefault(value);
    }

    private string? RawValueOf(string name)
    {
        if (name.StartsWith(StationPrefix, StringComparison.Ordinal))
            return Station?.Values.GetValueOrDefault(name[StationPrefix.Length..]);
        if (HeaderValues is not null && HeaderValues.TryGetValue(name, out var value)) return value;
        if (fileValues.TryGetValue(name, out value)) return value;
        if (Row is null || !columns.TryGetValue(name, out var index) || index >= Row.FieldCount) return null;
        var field = FieldText.Trim(Row.Field(index), Unwrap);
        return IsMissing(field.ToArray()) ? null : Encoding.UTF8.GetString(field);
    }
}

/// <summary>Cleaning of fields.</summary>
internal static class FieldText
{
    /// <summary>Takes off spaces, and a sign that stands on both sides.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> field, byte? unwrap)
    {
        while (field.Length > 0 && field[0] is (byte)' ' or (byte)'\t') field = field[1..];
        while (field.Length > 0 && field[^1] is (byte)' ' or (byte)'\t') field = field[..^1];
        return unwrap is { } sign && field.Length >= 2 && field[0] == sign && field[^1] == sign ? field[1..^1] : field;
    }

    /// <summary>Whether the field is one of the texts.</summary>
    public static bool IsOneOf(ReadOnlySpan<byte> field, IReadOnlyList<byte[]> texts)
    {
        for (var i = 0; i < texts.Count; i++)
            if (field.SequenceEqual(texts[i])) return true;
        return false;
    }
}
