using System.Text.Json;
using Stoa.Sensing.Connectors.Rules;
using Stoa.Sensing.Connectors.Senml;
using Stoa.Sensing.Import.Mapping;

namespace Stoa.Sensing.Connectors.Messages;

/// <summary>Where the names in templates get their values for one value of one message.</summary>
internal sealed class ReadingScope(ConnectorRules rules, string? topic, Dictionary<string, string> levels)
{
    // Signs that stand between the base name of a device and the names of its records.
    private static readonly char[] Separators = [':', '/', '.', '-', '_'];

    /// <summary>The payload; undefined when it is plain text.</summary>
    internal JsonElement Root { get; init; }

    /// <summary>What <c>@</c> stands for.</summary>
    internal JsonElement Record { get; init; }

    /// <summary>What the wildcards matched.</summary>
    internal string[] Captures { get; init; } = [];

    /// <summary>The SenML record; null for other formats.</summary>
    internal SenmlRecord? Senml { get; init; }

    /// <summary>The value as text.</summary>
    internal string? Value { get; init; }

    /// <summary>Known after <c>device</c> was filled in.</summary>
    internal string Device { get; set; } = "";

    /// <summary>Known after <c>quantity</c> was filled in.</summary>
    internal string Quantity { get; set; } = "";

    /// <summary>Fills a template in.</summary>
    internal string Fill(Template template) => template.IsConstant ? template.Text : template.Fill(ValueOf);

    /// <summary>Fills a template in; absent or empty gives the other.</summary>
    internal string Fill(Template? template, string otherwise) =>
        template is not null && Fill(template) is { Length: > 0 } filled ? filled : otherwise;

    private string? ValueOf(Template.Reference reference)
    {
        if (!rules.Sources.TryGetValue(reference.Name, out var source)) return null;
        var value = ValueOf(source);
        if (reference.Lookup is null || value is null) return value;
        return rules.Lookups[reference.Lookup].GetValueOrDefault(value);
    }

    private string? ValueOf(Source source) => source.Kind switch
    {
        SourceKind.Path => source.Path!.TryFirst(source.Path.IsRelative ? Record : Root, out var found) ? TextOf(found) : null,
        SourceKind.Capture => source.Index < Captures.Length ? Captures[source.Index] : null,
        SourceKind.TopicLevel => levels.GetValueOrDefault(source.Name),
        SourceKind.Topic => topic,
        SourceKind.Value => Value,
        SourceKind.Device => Device,
        SourceKind.Quantity => Quantity,
        SourceKind.Connector => rules.Name,
        SourceKind.SenmlDevice => SenmlDevice(),
        SourceKind.SenmlQuantity => SenmlQuantity(),
        SourceKind.SenmlName => Senml?.Name,
        SourceKind.SenmlUnit => Senml?.Unit,
        _ => throw new InvalidOperationException($"Unknown kind of source {source.Kind}."),
    };

    private string? SenmlDevice()
    {
        if (Senml is not { } record) return null;
        var device = record.RecordName.Length > 0 ? record.BaseName.TrimEnd(Separators) : record.BaseName;
        return device.Length > 0 ? device : record.Name;
    }

    private string? SenmlQuantity()
    {
        if (Senml is not { } record) return null;
        if (record.BaseName.Length > 0 && record.RecordName.Length > 0) return record.RecordName;
        return record.Unit ?? "value";
    }

    /// <summary>A JSON value as text; null for null, objects and arrays.</summary>
    internal static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };
}
