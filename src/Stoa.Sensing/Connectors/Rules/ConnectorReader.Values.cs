using System.Collections.Frozen;
using System.Globalization;
using Stoa.Sensing.Bulk;
using Stoa.Sensing.Connectors.Paths;
using Stoa.Sensing.Import.Mapping;
using Stoa.Vocabulary;
using YamlDotNet.RepresentationModel;

namespace Stoa.Sensing.Connectors.Rules;

/// <summary>The sections <c>values</c> and <c>quantities</c>, and what templates may name.</summary>
internal sealed partial class ConnectorReader
{
    private static readonly (string Name, SourceKind Kind)[] FixedNames =
    [
        ("topic", SourceKind.Topic), ("value", SourceKind.Value), ("device", SourceKind.Device),
        ("quantity", SourceKind.Quantity), ("connector", SourceKind.Connector),
    ];

    private static readonly (string Name, SourceKind Kind)[] SenmlNames =
    [
        ("senml.device", SourceKind.SenmlDevice), ("senml.quantity", SourceKind.SenmlQuantity),
        ("senml.name", SourceKind.SenmlName), ("senml.unit", SourceKind.SenmlUnit),
    ];

    // Wildcards of the entry of values at hand, so that {2} is refused where there is but one.
    private int _captures;

    private List<ValueRules> Values(YamlSection root)
    {
        var sections = root.Sections("values");
        if (sections.Count > ValuesMax)
            root.Fault(root.LineOf("values"), $"there are at most {ValuesMax} entries of 'values'");
        if (sections.Count == 0)
        {
            if (IsStructured)
                root.Fault(root.Line, "'values' is missing: which values are taken out of the JSON?");
            return [Value(Empty())];
        }

        return [.. sections.Take(ValuesMax).Select(Value)];
    }

    private ValueRules Value(YamlSection section)
    {
        var each = Path(section, "each");
        var path = Path(section, "path");
        if (each is { IsRelative: true })
            section.Fault(section.LineOf("each"), "'each' begins at the root: $");
        if (path is { IsRelative: true } && each is null)
            section.Fault(section.LineOf("path"), "a path that begins with @ needs 'each'");
        if (IsStructured && path is null && each is null && section.Line > 0)
            section.Fault(section.Line, "an entry of 'values' has a path");
        if (!IsStructured && (path ?? each) is not null)
            section.Fault(section.Line, "paths are for the formats json and lines");
        _captures = (each?.Captures ?? 0) + (path?.Captures ?? 0);
        var value = new ValueRules
        {
            Each = each,
            Path = path,
            Datastream = Datastream(section),
            Quantity = Template(section, "quantity") ?? DefaultQuantity(section),
            Key = Template(section, "key") ?? Known(section, "{device}/{quantity}"),
            Name = Template(section, "name"),
            Description = Template(section, "description"),
            Result = Result(section),
            Take = Take(section, path is { IsSingular: true } || each is not null),
            Stated = Quantity(section),
            Skip = Skip(section),
            Time = Template(section, "time"),
            Sensor = section.Section("sensor") is { } sensor ? Sensor(sensor) : null,
        };
        _captures = 0;
        section.Finish();
        return value;
    }

    private ResultType Result(YamlSection section) => section.Word(
        "result", _format == PayloadFormat.Number ? ResultType.Number : ResultType.AsSent,
        ("number", ResultType.Number), ("integer", ResultType.Integer), ("boolean", ResultType.Boolean),
        ("text", ResultType.Text), ("asSent", ResultType.AsSent));

    // What a wildcard finds may be anything: structures are taken only where one of them is named.
    private static JsonTypes Take(YamlSection section, bool isNamed)
    {
        const JsonTypes values = JsonTypes.Number | JsonTypes.Boolean | JsonTypes.Text;
        if (!section.Has("take")) return isNamed ? values | JsonTypes.Structure : values;
        var taken = JsonTypes.None;
        foreach (var word in section.Texts("take"))
        {
            taken |= word switch
            {
                "number" => JsonTypes.Number,
                "boolean" => JsonTypes.Boolean,
                "text" => JsonTypes.Text,
                "structure" => JsonTypes.Structure,
                _ => JsonTypes.None,
            };
            if (word is not ("number" or "boolean" or "text" or "structure"))
                section.Fault(section.LineOf("take"), "'take' lists number, boolean, text and structure");
        }

        return taken;
    }

    private static DatastreamId? Datastream(YamlSection section)
    {
        if (section.Text("datastream") is not { } text) return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0) return new(id);
        section.Fault(section.LineOf("datastream"), "'datastream' is the id of a Datastream, a whole number");
        return null;
    }

    // The name at the end of a path says what it is; so does a level of the topic.
    private Template DefaultQuantity(YamlSection section)
    {
        if (_format == PayloadFormat.Senml) return Known(section, "{senml.quantity}");
        if (_captures > 0) return Known(section, $"{{{_captures}}}");
        if (_levels.Contains("quantity")) return Known(section, "{topic.quantity}");
        if (section.Has("datastream") || section.Has("key")) return section.TemplateOf("value", section.Line);
        if (IsStructured)
            section.Fault(section.Line, "'quantity' is missing: what is it that this path measures?");
        return section.TemplateOf("value", section.Line);
    }

    private static FrozenDictionary<string, QuantityRules> Quantities(YamlSection root)
    {
        var quantities = new Dictionary<string, QuantityRules>(StringComparer.OrdinalIgnoreCase);
        if (root.Section("quantities") is { } section)
        {
            foreach (var (name, node) in section.Entries())
            {
                if (section.SectionOf(name, node) is not { } entry) continue;
                quantities[name] = Quantity(entry);
                entry.Finish();
            }
        }

        foreach (var (name, known) in Presets.Quantities)
            quantities[name] = quantities.TryGetValue(name, out var stated) ? stated.Or(known) : known;
        return quantities.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The entries of the list of known quantities.</summary>
    internal static Dictionary<string, QuantityRules> ReadQuantities(YamlMappingNode node)
    {
        var faults = new MappingFaults();
        var section = new YamlSection(node, "", faults);
        var quantities = section.Entries().ToDictionary(
            entry => entry.Name,
            entry => section.SectionOf(entry.Name, entry.Node) is { } inner ? Quantity(inner) : QuantityRules.None,
            StringComparer.OrdinalIgnoreCase);
        return faults.Any ? throw new InvalidOperationException(faults.ToString()) : quantities;
    }

    private static QuantityRules Quantity(YamlSection section)
    {
        var property = section.Section("observedProperty");
        var quantity = new QuantityRules
        {
            Name = property?.Text("name"),
            Definition = property?.Text("definition"),
            Description = property?.Text("description"),
            Unit = section.Section("unit") is { } unit ? UnitOf(unit) : null,
            Factor = Decimal(section, "factor"),
            Offset = Decimal(section, "offset"),
            Missing = section.Texts("missing"),
        };
        property?.Finish();
        return quantity;
    }

    private static Unit UnitOf(YamlSection section)
    {
        var unit = new Unit(section.Text("name"), section.Text("symbol"), section.Text("definition"));
        section.Finish();
        return unit;
    }

    private static JsonPath? Path(YamlSection section, string key)
    {
        if (section.Text(key) is not { } text) return null;
        if (!JsonPath.TryParse(text, out var path, out var problem)) section.Fault(section.LineOf(key), problem);
        return path;
    }

    private Template Required(YamlSection section, string key) => Checked(section.RequiredTemplate(key), section.LineOf(key));

    private Template? Template(YamlSection section, string key) =>
        section.Template(key) is { } template ? Checked(template, section.LineOf(key)) : null;

    private Template Known(YamlSection section, string text) => Checked(section.TemplateOf(text, section.Line), section.Line);

    private Template Checked(Template template, int line)
    {
        foreach (var (name, lookup) in template.References)
        {
            if (lookup is not null && !_lookups.ContainsKey(lookup)) _faults.Add(line, $"'{lookup}' is not under 'lookups'");
            if (name.Length == 0) continue;
            if (SourceOf(name, line) is { } source) _sources[name] = source;
        }

        return template;
    }

    private Source? SourceOf(string name, int line)
    {
        if (name[0] is '$' or '@')
        {
            if (_format is PayloadFormat.Number or PayloadFormat.Text)
                _faults.Add(line, $"'{Shorten(name)}': a payload that is plain text has no paths");
            if (JsonPath.TryParse(name, out var path, out var problem)) return new(SourceKind.Path, path);
            _faults.Add(line, problem);
            return null;
        }

        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            if (number < 1 || number > _captures)
                _faults.Add(line, $"'{{{name}}}' stands for a wildcard of the path, and there are {_captures}");
            return new(SourceKind.Capture, Index: number - 1);
        }

        var known = _format == PayloadFormat.Senml ? [.. FixedNames, .. SenmlNames] : FixedNames;
        if (known.FirstOrDefault(candidate => candidate.Name == name) is { Name: not null } found) return new(found.Kind);
        var level = name.StartsWith("topic.", StringComparison.Ordinal) ? name["topic.".Length..] : name;
        if (_levels.Contains(level)) return new(SourceKind.TopicLevel, Name: level);
        var names = known.Select(candidate => candidate.Name).Concat(_levels).ToArray();
        var like = Spelling.Nearest(name, names);
        _faults.Add(line, $"'{Shorten(name)}' means nothing here; " + (like is null
            ? $"there are {string.Join(", ", names)}, and paths that begin with $ or @" : $"did you mean '{like}'?"));
        return null;
    }
}
