namespace Stoa.Conformance;

/// <summary>The requirements of OGC 18-088 (SensorThings 1.1 part 1), by requirement class, and the paths of their URIs.</summary>
/// <remarks>Paths stand below <c>http://www.opengis.net/spec/</c>.</remarks>
public static class Requirements
{
    private const string Base = "iot_sensing/1.1/req/";
    private const string Model = Base + "datamodel/";

    public const string ControlInformation = Model + "entity-control-information/common-control-information";
    public const string ThingProperties = Model + "thing/properties";
    public const string ThingRelations = Model + "thing/relations";
    public const string LocationProperties = Model + "location/properties";
    public const string LocationRelations = Model + "location/relations";
    public const string HistoricalLocationProperties = Model + "historical-location/properties";
    public const string HistoricalLocationRelations = Model + "historical-location/relations";
    public const string DatastreamProperties = Model + "datastream/properties";
    public const string DatastreamRelations = Model + "datastream/relations";
    public const string SensorProperties = Model + "sensor/properties";
    public const string SensorRelations = Model + "sensor/relations";
    public const string ObservedPropertyProperties = Model + "observed-property/properties";
    public const string ObservedPropertyRelations = Model + "observed-property/relations";
    public const string ObservationProperties = Model + "observation/properties";
    public const string ObservationRelations = Model + "observation/relations";
    public const string FeatureOfInterestProperties = Model + "feature-of-interest/properties";
    public const string FeatureOfInterestRelations = Model + "feature-of-interest/relations";

    public const string ResourcePath = Base + "resource-path/resource-path-to-entities";

    public const string Order = Base + "request-data/order";
    public const string Expand = Base + "request-data/expand";
    public const string Select = Base + "request-data/select";
    public const string StatusCode = Base + "request-data/status-code";
    public const string QueryStatusCode = Base + "request-data/query-status-code";
    public const string OrderBy = Base + "request-data/orderby";
    public const string Top = Base + "request-data/top";
    public const string Skip = Base + "request-data/skip";
    public const string Count = Base + "request-data/count";
    public const string Filter = Base + "request-data/filter";
    public const string FilterOperations = Base + "request-data/built-in-filter-operations";
    public const string QueryFunctions = Base + "request-data/built-in-query-functions";
    public const string Pagination = Base + "request-data/pagination";

    public const string CreateEntity = Base + "create-update-delete/create-entity";
    public const string LinkToExisting = Base + "create-update-delete/link-to-existing-entities";
    public const string DeepInsert = Base + "create-update-delete/deep-insert";
    public const string DeepInsertStatusCode = Base + "create-update-delete/deep-insert-status-code";
    public const string UpdateEntity = Base + "create-update-delete/update-entity";
    public const string UpdateEntityPut = Base + "create-update-delete/update-entity-put";
    public const string UpdateEntityJsonPatch = Base + "create-update-delete/update-entity-jsonpatch";
    public const string DeleteEntity = Base + "create-update-delete/delete-entity";
    public const string HistoricalLocationAutoCreation = Base +
        "create-update-delete/historical-location-auto-creation";
    public const string HistoricalLocationManualCreation = Base +
        "create-update-delete/historical-location-manual-creation";

    public const string BatchRequest = Base + "batch-request/batch-request";

    public const string MultiDatastreamProperties = Base + "multi-datastream/properties";
    public const string MultiDatastreamRelations = Base + "multi-datastream/relations";
    public const string MultiDatastreamConstraints = Base + "multi-datastream/constraints";

    public const string DataArray = Base + "data-array/data-array";

    public const string MqttCreation = Base + "create-observations-via-mqtt/observations-creation";
    public const string MqttUpdates = Base + "receive-updates-via-mqtt/receive-updates";

    /// <summary>The group of checks for what is beyond the standard.</summary>
    public const string Extensions = "extensions";

    /// <summary>Every requirement class with its clause and requirements, in the order of the standard.</summary>
    public static readonly IReadOnlyList<RequirementClass> Classes =
    [
        new("datamodel/entity-control-information", "8.1", [ControlInformation]),
        new("datamodel/thing", "8.2.1", [ThingProperties, ThingRelations]),
        new("datamodel/location", "8.2.2", [LocationProperties, LocationRelations]),
        new("datamodel/historical-location", "8.2.3", [HistoricalLocationProperties, HistoricalLocationRelations]),
        new("datamodel/datastream", "8.2.4", [DatastreamProperties, DatastreamRelations]),
        new("datamodel/sensor", "8.2.5", [SensorProperties, SensorRelations]),
        new("datamodel/observed-property", "8.2.6", [ObservedPropertyProperties, ObservedPropertyRelations]),
        new("datamodel/observation", "8.2.7", [ObservationProperties, ObservationRelations]),
        new("datamodel/feature-of-interest", "8.2.8", [FeatureOfInterestProperties, FeatureOfInterestRelations]),
        new("resource-path", "9.2", [ResourcePath]),
        new("request-data", "9.3",
        [
            Order, Expand, Select, StatusCode, QueryStatusCode, OrderBy, Top, Skip, Count, Filter, FilterOperations,
            QueryFunctions, Pagination,
        ]),
        new("create-update-delete", "10",
        [
            CreateEntity, LinkToExisting, DeepInsert, DeepInsertStatusCode, UpdateEntity, UpdateEntityPut,
            UpdateEntityJsonPatch, DeleteEntity, HistoricalLocationAutoCreation, HistoricalLocationManualCreation,
        ]),
        new("batch-request", "11", [BatchRequest]),
        new("multi-datastream", "12",
            [MultiDatastreamProperties, MultiDatastreamRelations, MultiDatastreamConstraints]),
        new("data-array", "13", [DataArray]),
        new("create-observations-via-mqtt", "14.1", [MqttCreation]),
        new("receive-updates-via-mqtt", "14.2", [MqttUpdates]),
    ];

    /// <summary>The class of a requirement.</summary>
    /// <param name="requirement">Path of its URI.</param>
    public static RequirementClass ClassOf(string requirement) =>
        Classes.FirstOrDefault(candidate => candidate.Members.Contains(requirement))
        ?? throw new ArgumentException($"OGC 18-088 has no requirement {requirement}.", nameof(requirement));

    /// <summary>The requirement that a URI of a landing page names, below <c>http://www.opengis.net/spec/</c>.</summary>
    /// <remarks>Servers write it with http or https, and as requirement or as conformance test (OGC 18-088, annex A).</remarks>
    public static string PathOf(string uri)
    {
        const string spec = "opengis.net/spec/";
        var at = uri.IndexOf(spec, StringComparison.Ordinal);
        return at < 0 ? uri : uri[(at + spec.Length)..].Replace("/1.1/conf/", "/1.1/req/",
            StringComparison.Ordinal).TrimEnd('/');
    }
}

/// <summary>A requirement class.</summary>
/// <param name="Name">Path after <c>/req/</c>.</param>
/// <param name="Clause">Chapter of OGC 18-088.</param>
/// <param name="Members">Its requirements.</param>
public sealed record RequirementClass(string Name, string Clause, IReadOnlyList<string> Members);
