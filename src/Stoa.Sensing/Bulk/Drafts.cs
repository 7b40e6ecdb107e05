using Stoa.Sensing.Observations;
using Stoa.Vocabulary;

namespace Stoa.Sensing.Bulk;

/// <summary>A Thing to be found by its key or created.</summary>
/// <param name="ExternalKey">Its key in the system it comes from; unique within the dataset.</param>
/// <param name="Name">Name.</param>
/// <param name="Description">Description.</param>
/// <param name="PropertiesJson">A JSON object, or null.</param>
public sealed record ThingDraft(string ExternalKey, string Name, string Description, string? PropertiesJson = null);

/// <summary>A Location to be found by its key or created, and linked to a Thing.</summary>
/// <param name="ExternalKey">Its key in the system it comes from.</param>
/// <param name="Name">Name.</param>
/// <param name="Description">Description.</param>
/// <param name="GeoJson">A GeoJSON geometry or Feature in WGS 84; in another encoding any JSON value.</param>
/// <param name="PropertiesJson">A JSON object, or null.</param>
/// <param name="EncodingType">Media type of the location; <c>text/plain</c> for a place that is only known in words.</param>
public sealed record LocationDraft(
    string ExternalKey, string Name, string Description, string GeoJson, string? PropertiesJson = null,
    string EncodingType = "application/geo+json");

/// <summary>A Sensor to be found by its key or created.</summary>
/// <param name="ExternalKey">Its key in the system it comes from.</param>
/// <param name="Name">Name.</param>
/// <param name="Description">Description.</param>
/// <param name="EncodingType">Media type or URI of the metadata (OGC 18-088, table 11).</param>
/// <param name="Metadata">Usually a URL.</param>
/// <param name="PropertiesJson">A JSON object, or null.</param>
public sealed record SensorDraft(
    string ExternalKey, string Name, string Description, string EncodingType, string Metadata, string? PropertiesJson = null);

/// <summary>An ObservedProperty to be found by its key or created.</summary>
/// <param name="ExternalKey">Its key in the system it comes from.</param>
/// <param name="Name">Name.</param>
/// <param name="Definition">URI of its definition.</param>
/// <param name="Description">Description.</param>
/// <param name="PropertiesJson">A JSON object, or null.</param>
public sealed record ObservedPropertyDraft(
    string ExternalKey, string Name, string Definition, string Description, string? PropertiesJson = null);

/// <summary>A unit of measurement.</summary>
/// <param name="Name">Full name; null when there is no unit.</param>
/// <param name="Symbol">Symbol as printed, for example °C; null when there is no unit.</param>
/// <param name="Definition">URI or UCUM code; null when there is no unit.</param>
public sealed record Unit(string? Name, string? Symbol, string? Definition)
{
    /// <summary>Counts, texts, truth values.</summary>
    public static Unit None { get; } = new(null, null, null);
}

/// <summary>A Datastream to be found by its key or created.</summary>
/// <param name="ExternalKey">Its key in the system it comes from.</param>
/// <param name="Name">Name.</param>
/// <param name="Description">Description.</param>
/// <param name="ObservationType">One of the URIs of OGC 18-088, table 12.</param>
/// <param name="Unit">Unit of its results.</param>
/// <param name="Thing">Its Thing.</param>
/// <param name="Sensor">Its Sensor.</param>
/// <param name="ObservedProperty">Its ObservedProperty.</param>
/// <param name="PropertiesJson">A JSON object, or null.</param>
public sealed record DatastreamDraft(
    string ExternalKey, string Name, string Description, string ObservationType, Unit Unit,
    ThingId Thing, SensorId Sensor, ObservedPropertyId ObservedProperty, string? PropertiesJson = null);

/// <summary>One row of a bulk load.</summary>
/// <param name="Start">Phenomenon time, or its start.</param>
/// <param name="End">End of the phenomenon time; null for an instant.</param>
/// <param name="Result">The result.</param>
/// <param name="ParametersJson">A JSON object, or null.</param>
/// <param name="ResultQualityJson">A JSON value, or null.</param>
public readonly record struct BulkObservation(
    Instant Start, Instant? End, ResultValue Result, string? ParametersJson = null, string? ResultQualityJson = null);

/// <summary>What to do with a row whose Datastream has an observation at the same phenomenon time already.</summary>
public enum BulkMode
{
    /// <summary>Leave it out and count it: a load that is run again adds nothing twice.</summary>
    SkipExisting,

    /// <summary>Add it all the same.</summary>
    Append,
}

/// <summary>What a bulk load did.</summary>
/// <param name="Added">Rows stored.</param>
/// <param name="Skipped">Rows left out because their time was there already.</param>
public readonly record struct BulkResult(long Added, long Skipped);
