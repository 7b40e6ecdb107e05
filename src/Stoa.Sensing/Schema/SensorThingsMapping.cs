using Stoa.Query;
using Stoa.Storage.Translation;
using static Stoa.Sensing.Schema.SensorThingsSchema;

namespace Stoa.Sensing.Schema;

/// <summary>Where the SensorThings entities are kept: the tables of migrations 0001, 0004 and 0008.</summary>
public static class SensorThingsMapping
{
    /// <summary>The mapping of every type of <see cref="SensorThingsSchema.Schema"/>.</summary>
    public static StorageMapping Mapping { get; } = new(
    [
        Of(Thing, "thing",
            [Scalar("id"), Scalar("name"), Scalar("description"), Json("properties")],
            [
                new LinkTable("thing_location", "thing_id", "location_id"),
                new TargetKey("thing_id"),
                new TargetKey("thing_id"),
                new TargetKey("thing_id"),
            ]) with { PlacePath = Path(Thing, "Locations") },
        Of(Location, "location",
            [
                Scalar("id"), Scalar("name"), Scalar("description"), Scalar("encoding_type"),
                new GeometryColumns(new("location"), new("geometry"), new("shape"), "location_box"), Json("properties"),
            ],
            [
                new LinkTable("thing_location", "location_id", "thing_id"),
                new LinkTable("historical_location_location", "location_id", "historical_location_id"),
            ]) with { PlacePath = [] },
        Of(HistoricalLocation, "historical_location",
            [Scalar("id"), new ScalarColumn(new("time", IsRequired: true), new("time_offset"))],
            [
                new SourceKey("thing_id"),
                new LinkTable("historical_location_location", "historical_location_id", "location_id"),
            ]) with { MomentColumn = "time", PlacePath = Path(HistoricalLocation, "Locations") },
        Of(Datastream, "datastream",
            [
                Scalar("id"), Scalar("name"), Scalar("description"), Scalar("observation_type"), Json("unit_of_measurement"),
                new BoxColumns(new("min_x", true), new("max_x", true), new("min_y", true), new("max_y", true)),
                new IntervalColumns(new("phenomenon_start", true), new("phenomenon_end", true)),
                new IntervalColumns(new("result_start", true), new("result_end", true)),
                Json("properties"),
            ],
            [
                new SourceKey("thing_id"),
                new SourceKey("sensor_id"),
                new SourceKey("observed_property_id"),
                new TargetKey("datastream_id", Sign: KeySign.Positive),
            ]) with
        {
            SideTable = new("datastream_state", "datastream_id", KeySign.Positive),
            PlacePath = Path(Datastream, "Thing", "Locations"),
            CountedNavigations = [(Datastream.FindNavigation("Observations")!, "observation_count")],
        },
        Of(Sensor, "sensor",
            [
                Scalar("id"), Scalar("name"), Scalar("description"), Scalar("encoding_type"), Json("metadata"), Json("properties"),
            ],
            [new TargetKey("sensor_id"), new TargetKey("sensor_id")]),
        Of(ObservedProperty, "observed_property",
            [Scalar("id"), Scalar("name"), Scalar("definition"), Scalar("description"), Json("properties")],
            [
                new TargetKey("observed_property_id"),
                new LinkTable("multi_datastream_observed_property", "observed_property_id", "multi_datastream_id"),
            ]),
        Of(Observation, "observation",
            [
                Scalar("id"),
                new IntervalColumns(
                    new("phenomenon_start", IsRequired: true), new("phenomenon_end"), new("phenomenon_offset")),
                new VariantColumns(new("result_number"), new("result_text"), new("result_boolean"), new("result_json")),
                new ScalarColumn(new("result_time"), new("result_offset")), Json("result_quality"),
                new IntervalColumns(new("valid_start"), new("valid_end"), new("valid_offset")), Json("parameters"),
            ],
            [
                new SourceKey("datastream_id", Sign: KeySign.Positive),
                new SourceKey("datastream_id", Sign: KeySign.Negative),
                new SourceKey("feature_of_interest_id", FeatureGroups),
            ]) with
        {
            DatasetColumn = null,
            // Whatever has observations has a state, and both kinds of Datastream have it in one table.
            DatasetSource = new("datastream_state", "datastream_id", "dataset_id", "datastream_id",
                [Observation.FindNavigation("Datastream")!, Observation.FindNavigation("MultiDatastream")!]),
            TimeGroups = new(
                Observation.FindProperty("phenomenonTime")!, "phenomenon_start", "datastream_id", "datastream_state", "datastream_id",
                "phenomenon_start", "latest_start", "latest_id", "dataset_id", Observation.FindProperty("result")!, "result_min",
                "result_max"),
            IsLarge = true,
            MomentColumn = "phenomenon_start",
            PlacePath = Path(Observation, "FeatureOfInterest"),
        },
        Of(FeatureOfInterest, "feature_of_interest",
            [
                Scalar("id"), Scalar("name"), Scalar("description"), Scalar("encoding_type"),
                new GeometryColumns(new("feature"), new("geometry"), new("shape"), "feature_of_interest_box"), Json("properties"),
            ],
            [new TargetKey("feature_of_interest_id", FeatureGroups)]) with { PlacePath = [] },
        Of(MultiDatastream, "multi_datastream",
            [
                Scalar("id"), Scalar("name"), Scalar("description"), Scalar("observation_type"),
                Json("multi_observation_data_types"), Json("unit_of_measurements"),
                new BoxColumns(new("min_x", true), new("max_x", true), new("min_y", true), new("max_y", true)),
                new IntervalColumns(new("phenomenon_start", true), new("phenomenon_end", true)),
                new IntervalColumns(new("result_start", true), new("result_end", true)),
                Json("properties"),
            ],
            [
                new SourceKey("thing_id"),
                new SourceKey("sensor_id"),
                new LinkTable(
                    "multi_datastream_observed_property", "multi_datastream_id", "observed_property_id", "position"),
                new TargetKey("datastream_id", Sign: KeySign.Negative),
            ]) with
        {
            SideTable = new("datastream_state", "datastream_id", KeySign.Negative),
            PlacePath = Path(MultiDatastream, "Thing", "Locations"),
            CountedNavigations = [(MultiDatastream.FindNavigation("Observations")!, "observation_count")],
        },
    ]);

    private static List<Navigation> Path(EntityType from, params string[] names)
    {
        var path = new List<Navigation>();
        foreach (var name in names)
        {
            var via = from.FindNavigation(name)!; // Declared in the schema.
            path.Add(via);
            from = via.Target;
        }

        return path;
    }

    private static KeyGroups FeatureGroups =>
        new("datastream_feature_of_interest", "feature_of_interest_id", "datastream_id", "datastream_id");

    private static EntityMapping Of(
        EntityType entity, string table, PropertyColumns[] properties, NavigationColumns[] navigations) => new()
        {
            Entity = entity,
            Table = table,
            DatasetColumn = "dataset_id",
            Properties = properties,
            Navigations = navigations,
            CountedAs = entity.SetName,
        };

    private static ScalarColumn Scalar(string name) => new(new Column(name));

    private static JsonColumn Json(string name) => new(new Column(name));
}
