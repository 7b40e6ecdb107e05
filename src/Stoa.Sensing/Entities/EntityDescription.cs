using System.Collections.Frozen;
using Stoa.Sensing.Observations;

namespace Stoa.Sensing.Entities;

/// <summary>The form of a property's value.</summary>
internal enum PropertyShape
{
    /// <summary>A JSON string.</summary>
    Text,

    /// <summary>A JSON object, kept as it is.</summary>
    Object,

    /// <summary>Any JSON value but null, kept as it is.</summary>
    Any,

    /// <summary>An object with name, symbol and definition, each a string or null.</summary>
    Unit,

    /// <summary>An array of units.</summary>
    Units,

    /// <summary>An array of JSON strings.</summary>
    Texts,

    /// <summary>An ISO 8601 time.</summary>
    Instant,
}

/// <summary>A structural property of an entity type and the column that keeps it.</summary>
/// <param name="Name">Name on the wire.</param>
/// <param name="Column">Where it is kept.</param>
/// <param name="Shape">Form of its value.</param>
/// <param name="IsMandatory">Whether it must be sent.</param>
/// <param name="Only">The one value that it may have, which is taken when none is sent.</param>
/// <param name="OffsetColumn">Of an instant: where its offset from UTC is kept.</param>
internal sealed record PropertyDescription(
    string Name, string Column, PropertyShape Shape, bool IsMandatory = true, string? Only = null, string? OffsetColumn = null)
{
    /// <summary>All columns that a value of it sets.</summary>
    internal IEnumerable<string> Columns => OffsetColumn is null ? [Column] : [Column, OffsetColumn];
}

/// <summary>How a relation is kept.</summary>
internal enum RelationForm
{
    /// <summary>A column of this entity holds the id of the other; mandatory.</summary>
    Reference,

    /// <summary>A column of the others holds the id of this entity.</summary>
    Children,

    /// <summary>A table of pairs.</summary>
    Pairs,

    /// <summary>A list in a table of its own, of which each place belongs to a unit and a data type; mandatory.</summary>
    Components,

    /// <summary>The other end of <see cref="Components"/>.</summary>
    ComponentOf,
}

/// <summary>A relation that a client may set, seen from one of its ends.</summary>
/// <param name="Name">Name on the wire.</param>
/// <param name="Target">Set name of the other type.</param>
/// <param name="Form">How it is kept.</param>
/// <param name="Column">Reference: the column of this table. Children: the column of theirs.</param>
/// <param name="Inverse">Children: the name of the reference as the children see it.</param>
internal sealed record RelationDescription(
    string Name, string Target, RelationForm Form, string Column, string Inverse = "");

/// <summary>One of the entity types that are written by the general way; Observations have a way of their own.</summary>
/// <remarks>OGC 18-088, 8.2 (tables 3 to 15). The table is data: names come from here alone, never from a request.</remarks>
internal sealed class EntityDescription
{
    private EntityDescription(
        string name, string set, string table, PropertyDescription[] properties, RelationDescription[] relations)
    {
        Name = name;
        Set = set;
        Table = table;
        Properties = properties;
        Relations = relations;
    }

    internal string Name { get; }

    internal string Set { get; }

    internal string Table { get; }

    internal IReadOnlyList<PropertyDescription> Properties { get; }

    internal IReadOnlyList<RelationDescription> Relations { get; }

    /// <summary>The property that holds a geometry when encodingType says so; its table has a box table.</summary>
    internal string? GeometryProperty => Set switch
    {
        "Locations" => "location",
        "FeaturesOfInterest" => "feature",
        _ => null,
    };

    private static readonly PropertyDescription Name_ = new("name", "name", PropertyShape.Text);
    private static readonly PropertyDescription Description = new("description", "description", PropertyShape.Text);
    private static readonly PropertyDescription Bag = new("properties", "properties", PropertyShape.Object, false);
    private static readonly PropertyDescription Encoding = new("encodingType", "encoding_type", PropertyShape.Text);

    internal static readonly EntityDescription Thing = new("Thing", "Things", "thing", [Name_, Description, Bag],
    [
        new("Locations", "Locations", RelationForm.Pairs, ""),
        new("Datastreams", "Datastreams", RelationForm.Children, "thing_id", "Thing"),
        new("MultiDatastreams", "MultiDatastreams", RelationForm.Children, "thing_id", "Thing"),
        new("HistoricalLocations", "HistoricalLocations", RelationForm.Children, "thing_id", "Thing"),
    ]);

    internal static readonly EntityDescription Location = new("Location", "Locations", "location",
        [Name_, Description, Encoding, new("location", "location", PropertyShape.Any), Bag],
    [
        new("Things", "Things", RelationForm.Pairs, ""),
        new("HistoricalLocations", "HistoricalLocations", RelationForm.Pairs, ""),
    ]);

    internal static readonly EntityDescription HistoricalLocation = new(
        "HistoricalLocation", "HistoricalLocations", "historical_location",
        [new("time", "time", PropertyShape.Instant, OffsetColumn: "time_offset")],
    [
        new("Thing", "Things", RelationForm.Reference, "thing_id"),
        new("Locations", "Locations", RelationForm.Pairs, ""),
    ]);

    internal static readonly EntityDescription Sensor = new("Sensor", "Sensors", "sensor",
        [Name_, Description, Encoding, new("metadata", "metadata", PropertyShape.Any), Bag],
    [
        new("Datastreams", "Datastreams", RelationForm.Children, "sensor_id", "Sensor"),
        new("MultiDatastreams", "MultiDatastreams", RelationForm.Children, "sensor_id", "Sensor"),
    ]);

    internal static readonly EntityDescription ObservedProperty = new(
        "ObservedProperty", "ObservedProperties", "observed_property",
        [Name_, new("definition", "definition", PropertyShape.Text), Description, Bag],
    [
        new("Datastreams", "Datastreams", RelationForm.Children, "observed_property_id", "ObservedProperty"),
        new("MultiDatastreams", "MultiDatastreams", RelationForm.ComponentOf, "", "ObservedProperties"),
    ]);

    internal static readonly EntityDescription Datastream = new("Datastream", "Datastreams", "datastream",
        [
            Name_, Description,
            new("observationType", "observation_type", PropertyShape.Text),
            new("unitOfMeasurement", "unit_of_measurement", PropertyShape.Unit),
            Bag,
        ],
    [
        new("Thing", "Things", RelationForm.Reference, "thing_id"),
        new("Sensor", "Sensors", RelationForm.Reference, "sensor_id"),
        new("ObservedProperty", "ObservedProperties", RelationForm.Reference, "observed_property_id"),
        new("Observations", "Observations", RelationForm.Children, "datastream_id", "Datastream"),
    ]);

    internal static readonly EntityDescription MultiDatastream = new("MultiDatastream", "MultiDatastreams", "multi_datastream",
        [
            Name_, Description,
            new("observationType", "observation_type", PropertyShape.Text, false, ComponentTypes.Complex),
            new("multiObservationDataTypes", "multi_observation_data_types", PropertyShape.Texts),
            new("unitOfMeasurements", "unit_of_measurements", PropertyShape.Units),
            Bag,
        ],
    [
        new("Thing", "Things", RelationForm.Reference, "thing_id"),
        new("Sensor", "Sensors", RelationForm.Reference, "sensor_id"),
        new("ObservedProperties", "ObservedProperties", RelationForm.Components, ""),
        new("Observations", "Observations", RelationForm.Children, "datastream_id", "MultiDatastream"),
    ]);

    internal static readonly EntityDescription FeatureOfInterest = new(
        "FeatureOfInterest", "FeaturesOfInterest", "feature_of_interest",
        [Name_, Description, Encoding, new("feature", "feature", PropertyShape.Any), Bag],
        [new("Observations", "Observations", RelationForm.Children, "feature_of_interest_id", "FeatureOfInterest")]);

    /// <summary>All of them.</summary>
    internal static readonly IReadOnlyList<EntityDescription> All =
        [Thing, Location, HistoricalLocation, Sensor, ObservedProperty, Datastream, MultiDatastream, FeatureOfInterest];

    private static readonly FrozenDictionary<string, EntityDescription> BySet =
        All.ToFrozenDictionary(description => description.Set, StringComparer.Ordinal);

    internal static EntityDescription? Find(string set) => BySet.GetValueOrDefault(set);

    internal RelationDescription? FindRelation(string name) =>
        Relations.FirstOrDefault(relation => relation.Name == name);

    /// <summary>Values that the server derives (8.2.4) or sets; taken in silence when a client sends them back.</summary>
    internal bool IsDerived(string name) =>
        Set is "Datastreams" or "MultiDatastreams" && name is "observedArea" or "phenomenonTime" or "resultTime" || name == "id";
}
