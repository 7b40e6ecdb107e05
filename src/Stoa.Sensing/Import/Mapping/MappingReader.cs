using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Stoa.Sensing.Import.Crs;
using Stoa.Sensing.Import.Csv;
using Stoa.Sensing.Import.Time;
using Stoa.Vocabulary;
using YamlDotNet.RepresentationModel;

namespace Stoa.Sensing.Import.Mapping;

/// <summary>Reads a mapping from YAML, strictly: an unknown key, a wrong word or a missing name is refused with its
/// line.</summary>
internal sealed class MappingReader
{
    /// <summary>Bytes of a mapping: the largest sample has 4 kB; lists of translations may be long.</summary>
    public const int BytesMax = 512 * 1024;

    // Sections inside sections; the schema needs six.
    private const int NestingMax = 12;

    private const string Shape = "a mapping is one YAML document with the sections file, time, thing, datastreams";

    private const string ObservationTypePrefix = "http://www.opengis.net/def/observationType/OGC-OM/2.0/";

    private readonly MappingFaults _faults = new();
    private readonly Dictionary<string, SensorMapping> _sensors = [];
    private readonly Dictionary<string, ObservedPropertyMapping> _observedProperties = [];
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _lookups = [];

    private MappingReader()
    {
    }

    /// <summary>Reads UTF-8 text.</summary>
    public static Result<ImportMapping> Read(ReadOnlySpan<byte> yaml)
    {
        if (yaml.Length > BytesMax)
            return Invalid(1, $"the mapping is longer than {BytesMax / 1024} KiB").With("limit", BytesMax);
        if (!YamlText.TryLoad(yaml, NestingMax, Shape, Invalid, out var root, out var problem)) return problem;
        var reader = new MappingReader();
        var mapping = reader.Mapping(new YamlSection(root, "", reader._faults), SHA256.HashData(yaml));
        return reader._faults.Any ? Invalid(reader._faults.FirstLine, reader._faults.ToString()) : mapping;
    }

    /// <summary>Reads a mapping for GeoJSON files: <c>thing</c>, <c>crs</c> and <c>lookups</c>.</summary>
    public static Result<FeatureMapping> ReadFeatures(ReadOnlySpan<byte> yaml)
    {
        if (yaml.Length > BytesMax)
            return Invalid(1, $"the mapping is longer than {BytesMax / 1024} KiB").With("limit", BytesMax);
        if (!YamlText.TryLoad(yaml, NestingMax, Shape, Invalid, out var root, out var problem)) return problem;
        var reader = new MappingReader();
        var mapping = reader.Features(new YamlSection(root, "", reader._faults));
        return reader._faults.Any ? Invalid(reader._faults.FirstLine, reader._faults.ToString()) : mapping;
    }

    /// <summary>What a mapping of either kind says of the dataset it is made for.</summary>
    public static Result<DatasetDescription> ReadDataset(ReadOnlySpan<byte> yaml)
    {
        if (!YamlText.TryLoad(yaml, NestingMax, Shape, Invalid, out var root, out var problem)) return problem;
        var faults = new MappingFaults();
        var dataset = Dataset(new YamlSection(root, "", faults));
        return faults.Any ? Invalid(faults.FirstLine, faults.ToString()) : dataset;
    }

    private static DatasetDescription Dataset(YamlSection root)
    {
        var title = root.Text("title");
        if (root.Section("dataset") is not { } section) return new() { Title = title };
        var dataset = new DatasetDescription
        {
            Title = section.Text("title") ?? title,
            Description = section.Text("description"),
            Sector = section.Text("sector"),
            Spectrum = section.Text("spectrum"),
            Licence = section.Text("licence"),
            Keywords = section.Texts("keywords"),
        };
        section.Finish();
        return dataset;
    }

    private FeatureMapping Features(YamlSection root)
    {
        Dataset(root);
        ReadLookups(root);
        CoordinateReferenceSystem? crs = null;
        if (root.Text("crs") is { } name && !CoordinateReferenceSystem.TryParse(name, out crs))
            root.Fault(root.LineOf("crs"), $"'{name}' is not one of {CoordinateReferenceSystem.Supported}");
        var thing = root.Section("thing") ?? Empty();
        var mapping = new FeatureMapping
        {
            Path = root.Expression("path"),
            Key = Optional(thing, "key"),
            Name = Optional(thing, "name"),
            Description = Optional(thing, "description"),
            Properties = Properties(thing),
            CopyProperties = thing.Word("copy", true, ("none", false), ("all", true)),
            Crs = crs,
            Lookups = _lookups,
        };
        thing.Finish();
        root.Finish();
        return mapping;
    }

    private static Problem Invalid(int line, string detail) =>
        Problem.BadRequest("invalid-mapping", "The mapping cannot be used",
            detail + "\ndocs/import.md lists all keys.").With("line", line);

    private ImportMapping Mapping(YamlSection root, byte[] hash)
    {
        Dataset(root);
        ReadLookups(root);
        ReadSensors(root);
        ReadObservedProperties(root);
        var datastreams = root.Sections("datastreams").Select(Datastream).ToList();
        var time = root.Section("time") is { } timeSection ? Time(timeSection) : null;
        if (datastreams.Count > 0 && time is null) root.Fault(root.Line,
            "'time' is missing: datastreams need a time column");
        var mapping = new ImportMapping
        {
            File = File(root.Section("file")),
            Values = Values(root.Section("values")),
            Time = time,
            Thing = Thing(root),
            Stations = root.Section("stations") is { } stations ? Stations(stations) : null,
            Datastreams = datastreams,
            Lookups = _lookups,
            Hash = hash,
        };
        root.Finish();
        return mapping;
    }

    private static FileFormat File(YamlSection? section)
    {
        var file = section ?? Empty();
        var encodings = CsvText.EncodingNames.Select(name => (name, name)).ToArray();
        var format = new FileFormat
        {
            Encoding = CsvText.EncodingOf(file.Word("encoding", "utf-8", encodings)),
            Delimiter = Sign(file, "delimiter", null, ("tab", (byte)'\t'), ("auto", null)),
            Quote = Sign(file, "quote", (byte)'"', ("none", null)),
            HasHeader = file.Flag("header", true),
            Columns = file.Texts("columns"),
            SkipRows = file.Number("skipRows", 0, 0, 10_000),
            Ignore = file.Expression("ignore"),
            Path = file.Expression("path"),
            AllowShortRows = file.Flag("shortRows", false),
        };
        if (format.Delimiter is { } delimiter && delimiter == format.Quote)
            file.Fault(file.Line, "'file.delimiter' and 'file.quote' are the same sign");
        file.Finish();
        return format;
    }

    // One ASCII sign, or a word that stands for one (or for none).
    private static byte? Sign(YamlSection section, string key, byte? otherwise,
        params (string Word, byte? Value)[] words)
    {
        if (section.Text(key) is not { } text) return otherwise;
        foreach (var (word, value) in words)
            if (word == text) return value;
        if (text.Length == 1 && text[0] is '\t' or (>= ' ' and < (char)127) &&
            !char.IsAsciiLetterOrDigit(text[0])) return (byte)text[0];
        var allowed = string.Concat(words.Select(word => $" or {word.Word}"));
        section.Fault(section.LineOf(key), $"'{key}' is one sign{allowed}");
        return otherwise;
    }

    private static ValueFormat Values(YamlSection? section)
    {
        var values = section ?? Empty();
        var number = new NumberFormat(
            values.Word("decimal", (byte)'.', (".", (byte)'.'), (",", (byte)',')),
            Sign(values, "thousands", null, ("space", (byte)' '), ("none", null)));
        if (number.Decimal == number.Thousands)
            values.Fault(values.Line, "'values.decimal' and 'values.thousands' are the same sign");
        var format = new ValueFormat
        {
            Number = number,
            Missing = Bytes(values.Texts("missing")),
            Unwrap = Sign(values, "unwrap", null, ("none", null)),
            True = Bytes(values.Has("true") ? values.Texts("true") : ["true", "1", "yes"]),
            False = Bytes(values.Has("false") ? values.Texts("false") : ["false", "0", "no"]),
        };
        values.Finish();
        return format;
    }

    private static byte[][] Bytes(IReadOnlyList<string> texts) =>
        [.. texts.Where(text => text.Length > 0).Select(Encoding.UTF8.GetBytes)];

    private static TimeMapping Time(YamlSection section)
    {
        var clock = ClockFormat.Read(section);
        var mapping = new TimeMapping
        {
            Columns = TimeColumns(section),
            Formats = clock.Formats,
            Zone = clock.Zone,
            Ambiguous = clock.Ambiguous,
            Missing = clock.Missing,
            PeriodMicroseconds = Period(section),
            MarksEnd = section.Word("marks", false, ("start", false), ("end", true)),
        };
        if (mapping.MarksEnd && mapping.PeriodMicroseconds is null)
            section.Fault(section.LineOf("marks"), "'time.marks: end' needs 'time.period', such as PT1H");
        section.Finish();
        return mapping;
    }

    private static List<ColumnReference> TimeColumns(YamlSection section)
    {
        var columns = new List<ColumnReference>();
        if (section.Node("column") is not null) columns.Add(Column(section, "column")!);
        var line = section.LineOf("columns");
        columns.AddRange(section.Texts("columns").Select(name => new ColumnReference(name, 0, 1, line)));
        if (section.Has("index")) columns.Add(
            new(null, section.Number("index", 1, 1, CsvLimits.ColumnsMaxDefault), 1, section.LineOf("index")));
        if (columns.Count == 0) section.Fault(section.Line, "'time.column' is missing");
        return columns;
    }

    private static long? Period(YamlSection section)
    {
        if (section.Text("period") is not { } text) return null;
        try
        {
            var period = XmlConvert.ToTimeSpan(text);
            if (period > TimeSpan.Zero && period <= TimeSpan.FromDays(
                366)) return period.Ticks / TimeSpan.TicksPerMicrosecond;
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            // Said below, in the words of the mapping.
        }

        section.Fault(section.LineOf("period"),
            "'time.period' is an ISO 8601 duration of at most a year, such as PT15M or P1D");
        return null;
    }

    private static ColumnReference? Column(YamlSection section, string key)
    {
        if (section.Text(key) is not { } name) return null;
        return new(name, 0, section.Number("occurrence", 1, 1, CsvLimits.ColumnsMaxDefault), section.LineOf(key));
    }

    private ThingMapping Thing(YamlSection root)
    {
        if (root.Section("thing") is not { } section)
        {
            if (!root.Has("thing")) root.Fault(root.Line, "'thing' is missing: what are the rows about?");
            section = Empty();
        }

        var thing = new ThingMapping
        {
            Key = Checked(section.RequiredTemplate("key"), section, "key"),
            Name = Checked(section.Template("name"), section, "name"),
            Description = Checked(section.Template("description"), section, "description"),
            Properties = Properties(section),
            CopyColumns = section.Word("copy", false, ("none", false), ("all", true)),
            Location = section.Section("location") is { } location ? Location(location) : null,
        };
        section.Finish();
        return thing;
    }

    private LocationMapping Location(YamlSection section)
    {
        CoordinateReferenceSystem? crs = null;
        if (section.Text("crs") is { } crsName && !CoordinateReferenceSystem.TryParse(crsName, out crs))
            section.Fault(section.LineOf("crs"), $"'{crsName}' is not one of {CoordinateReferenceSystem.Supported}");
        var location = new LocationMapping
        {
            X = Optional(section, section.Has("easting") ? "easting" : "longitude"),
            Y = Optional(section, section.Has("northing") ? "northing" : "latitude"),
            WellKnownText = Optional(section, "wkt"),
            Text = Optional(section, "text"),
            FromFeature = section.Word("from", false, ("station", true)),
            Crs = crs,
            Name = Checked(section.Template("name"), section, "name"),
        };
        // Both spellings are known keys whichever was used.
        _ = section.Has("longitude") | section.Has("latitude");
        var ways = (location.X is null ? 0 : 1) + (location.WellKnownText is null ? 0 : 1) +
            (location.FromFeature ? 1 : 0);
        if (ways > 1 || (ways == 0 && location.Text is null) || (location.X is null) != (location.Y is null))
            section.Fault(section.Line, "a location has longitude and latitude (or easting and northing), or wkt, " +
                "or 'from: station', or text alone");
        section.Finish();
        return location;
    }

    private Template? Optional(YamlSection section, string key) =>
        section.Template(key) is { } template ? Checked(template, section, key) : null;

    private List<PropertyMapping> Properties(YamlSection parent)
    {
        var properties = new List<PropertyMapping>();
        if (parent.Section("properties") is not { } section) return properties;
        foreach (var (name, node) in section.Entries())
        {
            if (node is YamlScalarNode)
            {
                var text = section.TextOf(name, node) ?? "";
                properties.Add(new(name, Checked(section.TemplateOf(text, YamlSection.LineOf(node)), node),
                    ResultKind.Text));
            }
            else if (section.SectionOf(name, node) is { } entry)
            {
                properties.Add(new(name, Checked(entry.RequiredTemplate("value"), entry, "value"),
                    Kind(entry, "type", ResultKind.Text)));
                entry.Finish();
            }
        }

        return properties;
    }

    private static ResultKind Kind(YamlSection section, string key, ResultKind otherwise) =>
        section.Word(key, otherwise, ("number", ResultKind.Number), ("integer", ResultKind.Integer),
            ("text", ResultKind.Text), ("boolean", ResultKind.Boolean));

    private StationsMapping Stations(YamlSection section)
    {
        var mapping = new StationsMapping
        {
            File = section.Text("file"),
            Format = section.Word("format", StationsFormat.Csv, ("csv", StationsFormat.Csv),
                ("json", StationsFormat.Json),
                ("geojson", StationsFormat.GeoJson)),
            Key = section.RequiredText("key"),
            Join = Optional(section, "join"),
            Delimiter = Sign(section, "delimiter", null, ("tab", (byte)'\t'), ("auto", null)),
            Encoding = CsvText.EncodingOf(section.Word("encoding", "utf-8",
                [.. CsvText.EncodingNames.Select(name => (name, name))])),
        };
        section.Finish();
        return mapping;
    }

    private DatastreamMapping Datastream(YamlSection section)
    {
        var kind = Kind(section, "result", ResultKind.Number);
        var mapping = new DatastreamMapping
        {
            Column = section.Has("index")
                ? new(null, section.Number("index", 1, 1, CsvLimits.ColumnsMaxDefault), 1, section.LineOf("index"))
                : Column(section, "column"),
            Columns = section.Expression("columns"),
            When = When(section),
            IsOptional = section.Flag("optional", false),
            Key = Checked(section.RequiredTemplate("key"), section, "key"),
            Name = Checked(section.Template("name"), section, "name"),
            Description = Checked(section.Template("description"), section, "description"),
            Result = kind,
            ObservationType = ObservationType(section, kind),
            Unit = Unit(section),
            Sensor = Sensor(section),
            ObservedProperty = ObservedProperty(section),
            Properties = Properties(section),
            Missing = Bytes(section.Texts("missing")),
            Status = section.Section("status") is { } status ? Status(status) : null,
            Line = section.Line,
        };
        if ((mapping.Column is null) == (mapping.Columns is null))
            section.Fault(section.Line,
                "an entry of 'datastreams' has one of column, index or columns (a regular expression)");
        section.Finish();
        return mapping;
    }

    private static List<RowCondition> When(YamlSection parent)
    {
        var conditions = new List<RowCondition>();
        if (parent.Section("when") is not { } section) return conditions;
        foreach (var (name, node) in section.Entries())
            conditions.Add(new(new(name, 0, 1, YamlSection.LineOf(node)), section.Texts(name)));
        return conditions;
    }

    private Template ObservationType(YamlSection section, ResultKind kind)
    {
        if (section.Template("observationType") is { } stated)
            return stated.Text.StartsWith("OM_", StringComparison.Ordinal)
                ? section.TemplateOf(ObservationTypePrefix + stated.Text, section.Line)
                : Checked(stated, section, "observationType");
        // OGC 18-088, table 10.
        return section.TemplateOf(ObservationTypePrefix + kind switch
        {
            ResultKind.Number => "OM_Measurement",
            ResultKind.Integer => "OM_CountObservation",
            ResultKind.Boolean => "OM_TruthObservation",
            ResultKind.Text => "OM_Observation",
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind of result."),
        }, section.Line);
    }

    private UnitMapping Unit(YamlSection parent)
    {
        if (parent.Section("unit") is not { } section) return new(null, null, null);
        var unit = new UnitMapping(Optional(section, "name"), Optional(section, "symbol"),
            Optional(section, "definition"));
        section.Finish();
        return unit;
    }

    private StatusMapping Status(YamlSection section)
    {
        var status = new StatusMapping
        {
            Column = Checked(section.RequiredTemplate("column"), section, "column"),
            Good = Bytes(section.Texts("good")),
            Drop = Bytes(section.Texts("drop")),
            KeepAs = section.Text("keepAs") is { } name ? (name == "none" ? null : name) : "status",
        };
        section.Finish();
        return status;
    }

    private void ReadLookups(YamlSection root)
    {
        if (root.Section("lookups") is not { } section) return;
        foreach (var (name, node) in section.Entries())
        {
            if (section.SectionOf(name, node) is not { } list) continue;
            _lookups[name] = list.Entries().ToDictionary(entry => entry.Name,
                entry => list.TextOf(entry.Name, entry.Node) ?? "");
        }
    }

    private void ReadSensors(YamlSection root)
    {
        if (root.Section("sensors") is not { } section) return;
        foreach (var (name, node) in section.Entries())
            if (section.SectionOf(name, node) is { } entry) _sensors[name] = SensorEntry(entry, name);
    }

    private void ReadObservedProperties(YamlSection root)
    {
        if (root.Section("observedProperties") is not { } section) return;
        foreach (var (name, node) in section.Entries())
            if (section.SectionOf(name, node) is { } entry) _observedProperties[name] = ObservedPropertyEntry(entry,
                name);
    }

    // The sensor of a datastream: a name under 'sensors', or written out in place.
    private SensorMapping Sensor(YamlSection parent)
    {
        if (parent.Node("sensor") is YamlMappingNode && parent.Section("sensor") is { } section) return SensorEntry(
            section, null);
        return Named(parent, "sensor", _sensors) ?? SensorEntry(Empty(), "");
    }

    private ObservedPropertyMapping ObservedProperty(YamlSection parent)
    {
        if (parent.Node("observedProperty") is YamlMappingNode && parent.Section("observedProperty") is { } section)
            return ObservedPropertyEntry(section, null);
        return Named(parent, "observedProperty", _observedProperties) ?? ObservedPropertyEntry(Empty(), "");
    }

    private static T? Named<T>(YamlSection parent, string key, Dictionary<string, T> named)
        where T : class
    {
        var name = parent.RequiredText(key);
        if (name.Length == 0) return null;
        if (named.TryGetValue(name, out var found)) return found;
        var like = Spelling.Nearest(name, named.Keys);
        parent.Fault(parent.LineOf(key),
            $"'{name}' is not under '{(key == "sensor" ? "sensors" : "observedProperties")}'" +
            (like is null ? "" : $"; did you mean '{like}'?"));
        return null;
    }

    private SensorMapping SensorEntry(YamlSection section, string? key)
    {
        var keyTemplate = KeyOf(section, key);
        var sensor = new SensorMapping(
            keyTemplate,
            Checked(section.Template("name"), section, "name", keyTemplate),
            Checked(section.Template("description"), section, "description"),
            Checked(section.Template("encodingType"), section, "encodingType",
                section.TemplateOf("text/plain", section.Line)),
            Checked(section.Template("metadata"), section, "metadata"));
        section.Finish();
        return sensor;
    }

    private ObservedPropertyMapping ObservedPropertyEntry(YamlSection section, string? key)
    {
        var keyTemplate = KeyOf(section, key);
        var property = new ObservedPropertyMapping(
            keyTemplate,
            Checked(section.Template("name"), section, "name", keyTemplate),
            Checked(section.Template("definition"), section, "definition"),
            Checked(section.Template("description"), section, "description"));
        section.Finish();
        return property;
    }

    // An entry of a list has its name as key; one that is written out in place must say it.
    private Template KeyOf(YamlSection section, string? key) =>
        key is null || section.Has("key")
            ? Checked(section.RequiredTemplate("key"), section, "key")
            : section.TemplateOf(key.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}",
                StringComparison.Ordinal), section.Line);

    private Template Checked(Template? template, YamlSection section, string key, Template? otherwise = null)
    {
        if (template is null) return otherwise ?? section.TemplateOf("", section.Line);
        CheckLookups(template, section.LineOf(key));
        return template;
    }

    private Template Checked(Template template, YamlNode node)
    {
        CheckLookups(template, YamlSection.LineOf(node));
        return template;
    }

    private void CheckLookups(Template template, int line)
    {
        foreach (var reference in template.References)
            if (reference.Lookup is { } name && !_lookups.ContainsKey(name))
                _faults.Add(line, $"'{name}' is not under 'lookups'");
    }

    private static YamlSection Empty() => new(new YamlMappingNode(), "", new MappingFaults());
}
