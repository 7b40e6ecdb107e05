using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Stoa.Identity.Http;
using Stoa.Sensing.Connectors.Paths;
using Stoa.Sensing.Import.Mapping;
using Stoa.Vocabulary;
using YamlDotNet.RepresentationModel;

namespace Stoa.Sensing.Connectors.Rules;

/// <summary>Reads a declaration from YAML (or JSON, which is YAML), strictly: an unknown key, a wrong word or a name that
/// means nothing is refused with its line.</summary>
internal sealed partial class ConnectorReader
{
    /// <summary>Bytes of a declaration; the longest preset has 4 kB, lists of translations may be long.</summary>
    public const int BytesMax = 64 * 1024;

    /// <summary>Entries of <c>values</c>.</summary>
    public const int ValuesMax = 200;

    /// <summary>Topic patterns of one connector.</summary>
    public const int TopicsMax = 20;

    /// <summary>What <c>create.datastreamsMax</c> may be at most.</summary>
    public const int DatastreamsMaxMax = 1_000_000;

    /// <summary>What it is when left out: thousands of devices, and far from a key that takes a time by mistake.</summary>
    public const int DatastreamsMaxDefault = 10_000;

    private const int NestingMax = 12;
    private const string Shape = "a connector is one YAML document with the keys name, topic, format, device, values";
    private const int ToleranceMetresDefault = 20;

    private readonly MappingFaults _faults = new();
    private readonly Dictionary<string, Source> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _lookups = [];
    private readonly HashSet<string> _levels = new(StringComparer.Ordinal);
    private PayloadFormat _format;

    // Payloads that paths point into.
    private bool IsStructured => _format is PayloadFormat.Json or PayloadFormat.Lines;


    private ConnectorReader()
    {
    }

    /// <summary>Reads UTF-8 text.</summary>
    /// <param name="yaml">The declaration.</param>
    /// <param name="name">The name when the declaration states none; a name that is stated must be the same. Null: it must
    /// be stated.</param>
    public static Result<ConnectorRules> Read(ReadOnlySpan<byte> yaml, string? name)
    {
        if (yaml.Length > BytesMax)
            return Invalid(1, $"the declaration is longer than {BytesMax / 1024} KiB").With("limit", BytesMax);
        if (!System.Text.Unicode.Utf8.IsValid(yaml)) return Invalid(1, "the declaration is not valid UTF-8");
        if (yaml.Contains((byte)0)) return Invalid(1, "the declaration has the character U+0000");
        if (!YamlText.TryLoad(yaml, NestingMax, Shape, Invalid, out var root, out var problem)) return problem;
        var reader = new ConnectorReader();
        var section = new YamlSection(root, "", reader._faults);
        if (section.Text("preset") is { } preset)
        {
            if (Presets.Find(preset) is { } known) Presets.Lay(root, under: known);
            else section.Fault(section.LineOf("preset"), $"there is no preset '{Shorten(preset)}'; " +
                $"there are {string.Join(", ", Presets.Names)}");
        }

        var rules = reader.Read(section, name);
        return reader._faults.Any ? Invalid(reader._faults.FirstLine, reader._faults.ToString()) : rules;
    }

    private static Problem Invalid(int line, string detail) =>
        Problem.BadRequest("invalid-connector", "The declaration of the connector cannot be used",
            detail + "\ndocs/connectors.md lists all keys.").With("line", line);

    private ConnectorRules Read(YamlSection root, string? name)
    {
        var stated = Name(root, name);
        _format = root.Word("format", PayloadFormat.Json, ("json", PayloadFormat.Json), ("number", PayloadFormat.Number),
            ("text", PayloadFormat.Text), ("senml", PayloadFormat.Senml), ("lines", PayloadFormat.Lines));
        var topics = Topics(root);
        ReadLookups(root);
        var values = Values(root);
        var device = Template(root, "device") ?? DefaultDevice(root);
        var time = root.Section("time");
        var rules = new ConnectorRules
        {
            Name = stated,
            Title = root.Text("title") is { Length: > 0 } title ? title : stated,
            Dataset = Slug(root, "dataset"),
            IsEnabled = root.Flag("enabled", true),
            Topics = topics,
            Format = _format,
            LineTimeDigits = root.Word("precision", 9, ("ns", 9), ("us", 6), ("ms", 3), ("s", 0)),
            Skip = Skip(root),
            Time = time is null ? null : Template(time, "value"),
            Clock = time is null ? ClockFormat.Iso : ClockFormat.Read(time),
            Device = device,
            Thing = Thing(root.Section("thing")),
            Sensor = root.Section("sensor") is { } sensor ? Sensor(sensor) : null,
            Values = values,
            Quantities = Quantities(root),
            Lookups = _lookups,
            Sources = FrozenDictionary<string, Source>.Empty,
            Creates = root.Flag("create", true),
            DatastreamsMax = root.Number("datastreamsMax", DatastreamsMaxDefault, 1, DatastreamsMaxMax),
            Sample = root.Section("sample") is { } sample ? SampleOf(sample) : null,
        };
        time?.Finish();
        root.Finish();
        return rules with { Sources = _sources.ToFrozenDictionary(StringComparer.Ordinal) };
    }

    private static string Name(YamlSection root, string? name)
    {
        var stated = root.Text("name") ?? name ?? "";
        if (TextRules.CheckSlug("name", stated) is { } problem) root.Fault(root.LineOf("name"), problem.Detail);
        else if (name is not null && stated != name)
            root.Fault(root.LineOf("name"), $"the name is '{stated}' here and '{name}' in the address");
        return stated;
    }

    private static string? Slug(YamlSection root, string key)
    {
        if (root.Text(key) is not { } slug) return null;
        if (TextRules.CheckSlug(key, slug) is { } problem) root.Fault(root.LineOf(key), problem.Detail);
        return slug;
    }

    private List<TopicPattern> Topics(YamlSection root)
    {
        var patterns = new List<TopicPattern>();
        var texts = root.Texts("topic");
        if (texts.Count > TopicsMax) root.Fault(root.LineOf("topic"), $"there are at most {TopicsMax} topics");
        foreach (var text in texts.Take(TopicsMax))
        {
            if (!TopicPattern.TryParse(text, out var pattern, out var problem)) root.Fault(root.LineOf("topic"), problem);
            else if (!IsFree(pattern.Filter))
                root.Fault(root.LineOf("topic"),
                    $"'{text}' takes too much, or what belongs to the server: begin with a name of its own, not with a " +
                    "wildcard, $, v1. or datasets/");
            else patterns.Add(pattern);
            _levels.UnionWith(pattern.Names);
        }

        return patterns;
    }

    // Where other topics are, and what would take everything (docs/mqtt.md).
    private static bool IsFree(string filter) => filter[0] is not ('+' or '#' or '$') &&
        !filter.StartsWith("datasets/", StringComparison.Ordinal) && !filter.StartsWith("v1.", StringComparison.Ordinal);

    private Template DefaultDevice(YamlSection root)
    {
        if (_levels.Contains("device")) return Known(root, "{topic.device}");
        if (_format == PayloadFormat.Senml) return Known(root, "{senml.device}");
        root.Fault(root.Line, "'device' is missing: whose payload is it? Write a template, or name a level of the topic " +
            "{device}");
        return Import.Mapping.Template.Empty;
    }

    private ThingRules Thing(YamlSection? section)
    {
        var thing = section ?? Empty();
        var rules = new ThingRules
        {
            Key = Template(thing, "key") ?? Known(thing, "{device}"),
            Name = Template(thing, "name"),
            Description = Template(thing, "description"),
            Properties = Properties(thing),
            Location = thing.Section("location") is { } location ? Location(location) : null,
        };
        thing.Finish();
        return rules;
    }

    private LocationRules Location(YamlSection section)
    {
        var location = new LocationRules(
            Required(section, "longitude"), Required(section, "latitude"),
            section.Number("toleranceMetres", ToleranceMetresDefault, 0, 1_000_000));
        section.Finish();
        return location;
    }

    private List<PropertyMapping> Properties(YamlSection parent)
    {
        var properties = new List<PropertyMapping>();
        if (parent.Section("properties") is not { } section) return properties;
        foreach (var (name, node) in section.Entries())
            if (section.TextOf(name, node) is { } text)
                properties.Add(new(name, Checked(section.TemplateOf(text, YamlSection.LineOf(node)), YamlSection.LineOf(node)),
                    ResultKind.Text));
        return properties;
    }

    private SensorMapping Sensor(YamlSection section)
    {
        var key = Required(section, "key");
        var sensor = new SensorMapping(
            key, Template(section, "name") ?? key, Template(section, "description") ?? Import.Mapping.Template.Empty,
            Template(section, "encodingType") ?? section.TemplateOf("text/plain", section.Line),
            Template(section, "metadata") ?? Import.Mapping.Template.Empty);
        section.Finish();
        return sensor;
    }

    private List<SkipRule> Skip(YamlSection parent)
    {
        var rules = new List<SkipRule>();
        foreach (var section in parent.Sections("skip"))
        {
            var isNot = section.Has("isNot");
            if (isNot == section.Has("is")) section.Fault(section.Line, "an entry of 'skip' has one of is and isNot");
            rules.Add(new(Required(section, "value"), section.Texts(isNot ? "isNot" : "is"), isNot));
            section.Finish();
        }

        return rules;
    }

    private static Sample SampleOf(YamlSection section)
    {
        var sample = new Sample(section.Text("topic"), section.RequiredText("payload"));
        section.Finish();
        return sample;
    }

    private void ReadLookups(YamlSection root)
    {
        if (root.Section("lookups") is not { } section) return;
        foreach (var (name, node) in section.Entries())
            if (section.SectionOf(name, node) is { } list)
                _lookups[name] = list.Entries().ToDictionary(
                    entry => entry.Name, entry => list.TextOf(entry.Name, entry.Node) ?? "");
    }

    private static decimal? Decimal(YamlSection section, string key)
    {
        if (section.Text(key) is not { } text) return null;
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (decimal.TryParse(text, style, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) <= 1e18m)
            return number;
        section.Fault(section.LineOf(key), $"'{key}' is a number with at most 28 digits, such as 0.1");
        return null;
    }

    private static YamlSection Empty() => new(new YamlMappingNode(), "", new MappingFaults());

    private static string Shorten(string text) => text.Shown(40);
}
