using System.Globalization;
using System.Text.Json;
using NetTopologySuite.Geometries;
using Stoa.Query;
using Stoa.Sensing.Schema;
using Stoa.Storage;
using Stoa.Vocabulary;

namespace Stoa.Tests.Query;

/// <summary>One entity in memory: values by property name, relations by name.</summary>
internal sealed class Entity(EntityType type, long id, long dataset)
{
    internal EntityType Type => type;

    internal long Id => id;

    /// <summary>The dataset; of an Observation that of its Datastream.</summary>
    internal long Dataset => dataset;

    /// <summary>string, long, double, bool, Instant, TimeInterval, JsonElement, Geometry or null.</summary>
    internal Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, List<Entity>> Related { get; } = new(StringComparer.Ordinal);

    internal Entity One(string navigation) => Related[navigation][0];

    public override string ToString() => $"{type.SetName}({id})";
}

/// <summary>A small city in memory, and the way to put the same into a database.</summary>
internal sealed class City
{
    private static readonly JsonElement JsonNull = JsonDocument.Parse("null").RootElement;

    internal List<Entity> All { get; } = [];

    internal IEnumerable<Entity> Of(EntityType type) => All.Where(entity => entity.Type == type);

    internal static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    internal Entity Add(EntityType type, long id, long dataset)
    {
        var entity = new Entity(type, id, dataset);
        entity.Values["id"] = id;
        foreach (var navigation in type.Navigations) entity.Related[navigation.Name] = [];
        All.Add(entity);
        return entity;
    }

    internal static void Link(Entity left, string leftName, Entity right, string rightName)
    {
        if (left.Related[leftName].Contains(right)) return;
        left.Related[leftName].Add(right);
        right.Related[rightName].Add(left);
    }

    /// <summary>Adds to a list, where the same may stand twice.</summary>
    internal static void Append(Entity left, string leftName, Entity right, string rightName)
    {
        left.Related[leftName].Add(right);
        if (!right.Related[rightName].Contains(left)) right.Related[rightName].Add(left);
    }

    internal void Store(WriteSession session, int datasets)
    {
        for (var id = 2; id <= datasets; id++)
            session.Execute(string.Create(CultureInfo.InvariantCulture,
                $"INSERT INTO dataset (id, slug, title, description, sector, spectrum, created, modified) VALUES ({id}, 'd{id}', '', '', 6, 0, 0, 0)"));
        // One partition for all that is neither early nor late.
        if (session.Engine == StorageEngine.Postgres)
            session.Execute("CREATE TABLE observation_test PARTITION OF observation FOR VALUES FROM (631152000000000) TO (4102444800000000)");
        foreach (var entity in All) Store(session, entity);
        foreach (var stream in Of(SensorThingsSchema.Datastream)) StoreState(session, stream);
        foreach (var multi in Of(SensorThingsSchema.MultiDatastream)) StoreState(session, multi);
        foreach (var group in All.GroupBy(entity => (entity.Dataset, entity.Type.SetName)))
        {
            using var count = session.Prepare("INSERT INTO entity_count (dataset_id, entity_set, entities) VALUES (@dataset, @set, @count)");
            count.Bind("@dataset", group.Key.Dataset).Bind("@set", group.Key.SetName).Bind("@count", (long)group.Count()).Execute();
        }
    }

    private static void Store(WriteSession session, Entity entity)
    {
        switch (entity.Type.Name)
        {
            case "Thing":
                Insert(session, "thing", ("id", entity.Id), ("dataset_id", entity.Dataset), ("name", entity.Values["name"]),
                    ("description", entity.Values["description"]), ("properties", entity.Values["properties"]));
                break;
            case "Location" or "FeatureOfInterest":
                var isLocation = entity.Type.Name == "Location";
                var place = isLocation ? "location" : "feature";
                var geometry = (Geometry?)entity.Values[place];
                Insert(session, isLocation ? "location" : "feature_of_interest", ("id", entity.Id), ("dataset_id", entity.Dataset),
                    ("name", entity.Values["name"]), ("description", entity.Values["description"]),
                    ("encoding_type", entity.Values["encodingType"]), (place, "{}"),
                    ("properties", entity.Values["properties"]), ("geometry", geometry?.AsBinary()));
                if (geometry is null || geometry.IsEmpty || session.Engine == StorageEngine.Postgres) break; // There it is made of the shape.
                var box = geometry.EnvelopeInternal;
                Insert(session, isLocation ? "location_box" : "feature_of_interest_box", ("id", entity.Id),
                    ("min_x", box.MinX), ("max_x", box.MaxX), ("min_y", box.MinY), ("max_y", box.MaxY));
                break;
            case "Sensor":
                Insert(session, "sensor", ("id", entity.Id), ("dataset_id", entity.Dataset), ("name", entity.Values["name"]),
                    ("description", entity.Values["description"]), ("encoding_type", entity.Values["encodingType"]),
                    ("metadata", entity.Values["metadata"]), ("properties", entity.Values["properties"]));
                break;
            case "ObservedProperty":
                Insert(session, "observed_property", ("id", entity.Id), ("dataset_id", entity.Dataset), ("name", entity.Values["name"]),
                    ("definition", entity.Values["definition"]), ("description", entity.Values["description"]),
                    ("properties", entity.Values["properties"]));
                break;
            case "HistoricalLocation":
                Insert(session, "historical_location", ("id", entity.Id), ("dataset_id", entity.Dataset),
                    ("thing_id", entity.One("Thing").Id), ("time", ((Instant)entity.Values["time"]!).UnixMicroseconds),
                    ("time_offset", OffsetOf((Instant)entity.Values["time"]!)));
                foreach (var location in entity.Related["Locations"])
                    Insert(session, "historical_location_location", ("historical_location_id", entity.Id), ("location_id", location.Id));
                break;
            case "Datastream":
                Insert(session, "datastream", ("id", entity.Id), ("dataset_id", entity.Dataset), ("thing_id", entity.One("Thing").Id),
                    ("sensor_id", entity.One("Sensor").Id), ("observed_property_id", entity.One("ObservedProperty").Id),
                    ("name", entity.Values["name"]), ("description", entity.Values["description"]),
                    ("observation_type", entity.Values["observationType"]),
                    ("unit_of_measurement", entity.Values["unitOfMeasurement"]), ("properties", entity.Values["properties"]));
                break;
            case "MultiDatastream":
                Insert(session, "multi_datastream", ("id", entity.Id), ("dataset_id", entity.Dataset), ("thing_id", entity.One("Thing").Id),
                    ("sensor_id", entity.One("Sensor").Id), ("name", entity.Values["name"]), ("description", entity.Values["description"]),
                    ("observation_type", entity.Values["observationType"]), ("unit_of_measurements", entity.Values["unitOfMeasurements"]),
                    ("multi_observation_data_types", entity.Values["multiObservationDataTypes"]),
                    ("properties", entity.Values["properties"]));
                foreach (var (position, property) in entity.Related["ObservedProperties"].Index())
                    Insert(session, "multi_datastream_observed_property", ("multi_datastream_id", entity.Id), ("position", (long)position),
                        ("observed_property_id", property.Id));
                break;
            case "Observation":
                StoreObservation(session, entity);
                break;
            default:
                throw new InvalidOperationException(entity.Type.Name);
        }

        if (entity.Type.Name == "Thing")
            foreach (var location in entity.Related["Locations"])
                Insert(session, "thing_location", ("thing_id", entity.Id), ("location_id", location.Id));
    }

    private static void StoreObservation(WriteSession session, Entity entity)
    {
        var phenomenon = (TimeInterval)entity.Values["phenomenonTime"]!;
        var valid = entity.Values["validTime"] as TimeInterval?;
        var result = (JsonElement)(entity.Values["result"] ?? JsonNull);
        object? number = result.ValueKind != JsonValueKind.Number ? null
            : result.TryGetInt64(out var whole) ? (object)whole : result.GetDouble();
        var isBeyond = number is double and (double.PositiveInfinity or double.NegativeInfinity);
        var stream = entity.Related["Datastream"] is [var datastream] ? datastream.Id : -entity.One("MultiDatastream").Id;
        Insert(session, "observation", ("datastream_id", stream),
            ("phenomenon_start", phenomenon.Start.UnixMicroseconds), ("id", entity.Id),
            ("phenomenon_end", phenomenon.IsInstant ? null : (object)phenomenon.End.UnixMicroseconds),
            ("phenomenon_offset", OffsetOf(phenomenon.Start)), ("result_offset", OffsetOf(entity.Values["resultTime"] as Instant?)),
            ("valid_offset", OffsetOf(valid?.Start)),
            ("result_time", (entity.Values["resultTime"] as Instant?)?.UnixMicroseconds),
            ("result_number", number),
            ("result_text", result.ValueKind == JsonValueKind.String ? result.GetString() : null),
            ("result_boolean", result.ValueKind is JsonValueKind.True or JsonValueKind.False ? (object)(result.GetBoolean() ? 1L : 0L) : null),
            ("result_json", result.ValueKind is JsonValueKind.Object or JsonValueKind.Array || isBeyond ? result.GetRawText() : null),
            ("feature_of_interest_id", entity.One("FeatureOfInterest").Id),
            ("valid_start", valid?.Start.UnixMicroseconds),
            ("valid_end", valid is { IsInstant: false } span ? (object)span.End.UnixMicroseconds : null),
            ("result_quality", entity.Values["resultQuality"]), ("parameters", entity.Values["parameters"]));
        session.Execute(string.Create(CultureInfo.InvariantCulture,
            $"INSERT INTO datastream_feature_of_interest VALUES ({entity.One("FeatureOfInterest").Id}, {stream}) ON CONFLICT DO NOTHING"));
    }

    private static long? OffsetOf(Instant? time) => time is { OffsetMinutes: not 0 and var minutes } ? minutes : null;

    private static void StoreState(WriteSession session, Entity stream)
    {
        var observations = stream.Related["Observations"];
        if (observations.Count == 0) return;
        var phenomenon = (TimeInterval)stream.Values["phenomenonTime"]!;
        var result = stream.Values["resultTime"] as TimeInterval?;
        var area = (stream.Values["observedArea"] as Geometry)?.EnvelopeInternal;
        var latest = observations.MaxBy(o => (((TimeInterval)o.Values["phenomenonTime"]!).Start.UnixMicroseconds, o.Id))!;
        var isMulti = stream.Type == SensorThingsSchema.MultiDatastream;
        var key = isMulti ? -stream.Id : stream.Id;
        Insert(session, "datastream_state", ("datastream_id", key), ("observation_count", (long)observations.Count),
            ("phenomenon_start", phenomenon.Start.UnixMicroseconds), ("phenomenon_end", phenomenon.End.UnixMicroseconds),
            ("result_start", result?.Start.UnixMicroseconds), ("result_end", result?.End.UnixMicroseconds),
            ("latest_start", ((TimeInterval)latest.Values["phenomenonTime"]!).Start.UnixMicroseconds), ("latest_id", latest.Id),
            ("min_x", area?.MinX), ("max_x", area?.MaxX), ("min_y", area?.MinY), ("max_y", area?.MaxY), ("dataset_id", 0L));
        session.Execute(
            $"""
            UPDATE datastream_state
            SET    dataset_id = (SELECT dataset_id FROM {(isMulti ? "multi_datastream" : "datastream")} WHERE id = {stream.Id}),
                   result_min = (SELECT min(result_number) - abs(min(result_number)) * 1e-15 FROM observation WHERE datastream_id = {key}),
                   result_max = (SELECT max(result_number) + abs(max(result_number)) * 1e-15 FROM observation WHERE datastream_id = {key})
            WHERE  datastream_id = {key}
            """);
    }

    private static void Insert(WriteSession session, string table, params (string Column, object? Value)[] values)
    {
        var columns = string.Join(", ", values.Select(value => value.Column));
        var places = string.Join(", ", values.Select((_, index) => $"@v{index + 1}"));
        using var statement = session.Prepare($"INSERT INTO {table} ({columns}) VALUES ({places})");
        for (var i = 0; i < values.Length; i++)
            switch (values[i].Value)
            {
                case null: statement.BindNull(i + 1); break;
                case long whole: statement.Bind(i + 1, whole); break;
                case double number: statement.Bind(i + 1, number); break;
                case string text: statement.Bind(i + 1, text); break;
                case byte[] bytes: statement.BindBlob(i + 1, bytes); break;
                case JsonElement json: statement.Bind(i + 1, json.GetRawText()); break;
                default: throw new InvalidOperationException(values[i].Value!.GetType().Name);
            }

        statement.Execute();
    }
}
