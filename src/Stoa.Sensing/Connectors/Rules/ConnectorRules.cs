using System.Collections.Frozen;
using Stoa.Sensing.Connectors.Paths;
using Stoa.Sensing.Import.Mapping;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors.Rules;

/// <summary>How what a device sends becomes Observations. Read from YAML by <see cref="ConnectorReader"/>; docs/connectors.md
/// describes every key.</summary>
internal sealed record ConnectorRules
{
    /// <summary>Name within its dataset, in the form of a slug.</summary>
    public required string Name { get; init; }

    /// <summary>For people; the name when left out.</summary>
    public required string Title { get; init; }

    /// <summary>Slug of the dataset, where the declaration names it: in files.</summary>
    public required string? Dataset { get; init; }

    /// <summary>Whether a declaration in a file wants to be switched on.</summary>
    public required bool IsEnabled { get; init; }

    /// <summary>MQTT topics that bring messages; none: only the webhook does.</summary>
    public required IReadOnlyList<TopicPattern> Topics { get; init; }

    /// <summary>What a payload is.</summary>
    public required PayloadFormat Format { get; init; }

    /// <summary>Digits of a time in line protocol below the second.</summary>
    public required int LineTimeDigits { get; init; }

    /// <summary>Messages passed over.</summary>
    public required IReadOnlyList<SkipRule> Skip { get; init; }

    /// <summary>Text of the phenomenon time; null or empty: the moment of arrival.</summary>
    public required Template? Time { get; init; }

    /// <summary>How times are written.</summary>
    public required ClockFormat Clock { get; init; }

    /// <summary>Who sent it.</summary>
    public required Template Device { get; init; }

    /// <summary>The Thing that is measured at.</summary>
    public required ThingRules Thing { get; init; }

    /// <summary>What measures, where a value says nothing else.</summary>
    public required SensorMapping? Sensor { get; init; }

    /// <summary>What is taken out of a payload.</summary>
    public required IReadOnlyList<ValueRules> Values { get; init; }

    /// <summary>What is known of quantities, by name in lower case.</summary>
    public required FrozenDictionary<string, QuantityRules> Quantities { get; init; }

    /// <summary>Translations by name, for templates.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Lookups { get; init; }

    /// <summary>What the names in templates mean.</summary>
    public required FrozenDictionary<string, Source> Sources { get; init; }

    /// <summary>Whether Things, Sensors, ObservedProperties and Datastreams are made when there are none.</summary>
    public required bool Creates { get; init; }

    /// <summary>Datastreams that it may make in all: a key template that takes a time or a value by mistake ends here.</summary>
    public required int DatastreamsMax { get; init; }

    /// <summary>A payload by which the declaration is tested; null: none.</summary>
    public required Sample? Sample { get; init; }
}

/// <summary>Forms of a payload.</summary>
internal enum PayloadFormat
{
    /// <summary>One JSON value (RFC 8259).</summary>
    Json,

    /// <summary>A number as plain text.</summary>
    Number,

    /// <summary>Plain text.</summary>
    Text,

    /// <summary>A SenML pack in JSON (RFC 8428).</summary>
    Senml,

    /// <summary>Line protocol, seen as JSON.</summary>
    Lines,
}

/// <summary>Section <c>thing</c>.</summary>
internal sealed record ThingRules
{
    /// <summary>Stable key within the dataset.</summary>
    public required Template Key { get; init; }

    /// <summary>Empty result: the key.</summary>
    public required Template? Name { get; init; }

    /// <summary>Empty result: the name.</summary>
    public required Template? Description { get; init; }

    /// <summary>Values for <c>properties</c>; empty ones are left out.</summary>
    public required IReadOnlyList<PropertyMapping> Properties { get; init; }

    /// <summary>Degrees; null: payloads hold no place.</summary>
    public required LocationRules? Location { get; init; }
}

/// <summary>Section <c>thing.location</c>.</summary>
/// <param name="Longitude">Degrees, WGS 84.</param>
/// <param name="Latitude">Degrees, WGS 84.</param>
/// <param name="ToleranceMetres">A Thing that moved no farther is where it was.</param>
internal sealed record LocationRules(Template Longitude, Template Latitude, double ToleranceMetres);

/// <summary>An entry of <c>values</c>.</summary>
internal sealed record ValueRules
{
    /// <summary>Selects records; null: the whole payload is the one record.</summary>
    public required JsonPath? Each { get; init; }

    /// <summary>Selects values; null: the record itself.</summary>
    public required JsonPath? Path { get; init; }

    /// <summary>The Datastream by its id; null: by its key.</summary>
    public required DatastreamId? Datastream { get; init; }

    /// <summary>What was measured.</summary>
    public required Template Quantity { get; init; }

    /// <summary>The Datastream's key within the dataset.</summary>
    public required Template Key { get; init; }

    /// <summary>Name of a new Datastream; null: of the Thing and the quantity.</summary>
    public required Template? Name { get; init; }

    /// <summary>Description of a new Datastream; null: the name.</summary>
    public required Template? Description { get; init; }

    /// <summary>What a result is.</summary>
    public required ResultType Result { get; init; }

    /// <summary>JSON types that are taken; others are passed over.</summary>
    public required JsonTypes Take { get; init; }

    /// <summary>Unit, conversion and texts for no value; what is null here is looked up by the quantity.</summary>
    public required QuantityRules Stated { get; init; }

    /// <summary>Values passed over.</summary>
    public required IReadOnlyList<SkipRule> Skip { get; init; }

    /// <summary>The phenomenon time of this value; null: that of the message.</summary>
    public required Template? Time { get; init; }

    /// <summary>What measures; null: the Sensor of the connector.</summary>
    public required SensorMapping? Sensor { get; init; }
}

/// <summary>What a result is made into.</summary>
internal enum ResultType
{
    /// <summary>As its JSON type says.</summary>
    AsSent,

    /// <summary>A number; texts are read as one.</summary>
    Number,

    /// <summary>A whole number; texts are read as one.</summary>
    Integer,

    /// <summary>true or false; on, off, 1, 0, yes and no are read as one.</summary>
    Boolean,

    /// <summary>Text.</summary>
    Text,
}

/// <summary>JSON types of values.</summary>
[Flags]
internal enum JsonTypes
{
    /// <summary>None of them.</summary>
    None = 0,

    /// <summary>Numbers.</summary>
    Number = 1,

    /// <summary>true and false.</summary>
    Boolean = 2,

    /// <summary>Texts.</summary>
    Text = 4,

    /// <summary>Objects and arrays.</summary>
    Structure = 8,
}

/// <summary>What is known of a quantity: an entry of <c>quantities</c>.</summary>
internal sealed record QuantityRules
{
    /// <summary>Nothing is known.</summary>
    public static QuantityRules None { get; } = new();

    /// <summary>Name of the ObservedProperty.</summary>
    public string? Name { get; init; }

    /// <summary>Its definition, an address.</summary>
    public string? Definition { get; init; }

    /// <summary>Its description.</summary>
    public string? Description { get; init; }

    /// <summary>Unit of the results, after the conversion.</summary>
    public Bulk.Unit? Unit { get; init; }

    /// <summary>The result is the value times this …</summary>
    public decimal? Factor { get; init; }

    /// <summary>… plus this.</summary>
    public decimal? Offset { get; init; }

    /// <summary>Texts that stand for no value.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>The same, with what is not stated here taken from what is known otherwise.</summary>
    public QuantityRules Or(QuantityRules other) => new()
    {
        Name = Name ?? other.Name,
        Definition = Definition ?? other.Definition,
        Description = Description ?? other.Description,
        Unit = Unit ?? other.Unit,
        Factor = Factor ?? other.Factor,
        Offset = Offset ?? other.Offset,
        Missing = Missing.Count > 0 ? Missing : other.Missing,
    };
}

/// <summary>Passes over what has, or has not, one of these texts.</summary>
/// <param name="Value">Filled in.</param>
/// <param name="Texts">Compared with.</param>
/// <param name="IsNot">Passes over when it is none of them.</param>
internal sealed record SkipRule(Template Value, IReadOnlyList<string> Texts, bool IsNot)
{
    /// <summary>Whether it is passed over.</summary>
    public bool Applies(string filled) => Texts.Contains(filled) != IsNot;
}

/// <summary>A payload by which a declaration is tested.</summary>
/// <param name="Topic">Of MQTT; null: as through the webhook.</param>
/// <param name="Payload">Text of the payload.</param>
internal sealed record Sample(string? Topic, string Payload);

/// <summary>What a name between the braces of a template means.</summary>
/// <param name="Kind">Where to look.</param>
/// <param name="Path">For <see cref="SourceKind.Path"/>.</param>
/// <param name="Index">For <see cref="SourceKind.Capture"/>, from 0.</param>
/// <param name="Name">For <see cref="SourceKind.TopicLevel"/>.</param>
internal sealed record Source(SourceKind Kind, JsonPath? Path = null, int Index = 0, string Name = "");

/// <summary>Kinds of <see cref="Source"/>.</summary>
internal enum SourceKind
{
    /// <summary>A value of the payload.</summary>
    Path,

    /// <summary>What a wildcard of the path of the value matched.</summary>
    Capture,

    /// <summary>A named level of the topic.</summary>
    TopicLevel,

    /// <summary>The whole topic.</summary>
    Topic,

    /// <summary>The value itself.</summary>
    Value,

    /// <summary>What <c>device</c> gave.</summary>
    Device,

    /// <summary>What <c>quantity</c> gave.</summary>
    Quantity,

    /// <summary>The name of the connector.</summary>
    Connector,

    /// <summary>The Thing's name in the SenML record: the base name without the separator at its end.</summary>
    SenmlDevice,

    /// <summary>What was measured, by the SenML record: its own name, else its unit.</summary>
    SenmlQuantity,

    /// <summary>The whole name of the SenML record.</summary>
    SenmlName,

    /// <summary>The unit of the SenML record.</summary>
    SenmlUnit,
}
