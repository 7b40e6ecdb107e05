using System.Globalization;
using System.Text.Json.Nodes;
using Stoa.Vocabulary;

namespace Stoa.Tests.Sensing;

/// <summary>
/// The entities and rules of OGC 18-088 in the plainest form: dictionaries, searched from end to end, nothing kept that can be
/// worked out. What the program answers is compared with it.
/// </summary>
internal sealed class Model
{
    public sealed class Thing
    {
        public string Name = "";
        public SortedSet<long> Locations = [];
    }

    public sealed class Location
    {
        public string Name = "";
        public (double X, double Y)? Point;
    }

    public sealed class History
    {
        public Instant Time;
        public long Thing;
        public SortedSet<long> Locations = [];
    }

    public sealed class Datastream
    {
        public string Name = "";
        public long Thing;
        public long Sensor;
        public long Property;
    }

    public sealed class MultiDatastream
    {
        public string Name = "";
        public long Thing;
        public long Sensor;
        public List<long> Properties = [];
    }

    public sealed class Observation
    {
        /// <summary>Of a Datastream, or minus that of a MultiDatastream.</summary>
        public long Datastream;
        public long Feature;
        public Instant Start;
        public Instant? End;
        public Instant? ResultTime;
        public int Result;
    }

    public sealed class Feature
    {
        public string Name = "";
        public (double X, double Y)? Point;
        public long? MadeFrom;
    }

    public readonly SortedDictionary<long, Thing> Things = [];
    public readonly SortedDictionary<long, Location> Locations = [];
    public readonly SortedDictionary<long, History> Histories = [];
    public readonly SortedDictionary<long, string> Sensors = [];
    public readonly SortedDictionary<long, string> Properties = [];
    public readonly SortedDictionary<long, Datastream> Datastreams = [];
    public readonly SortedDictionary<long, MultiDatastream> MultiDatastreams = [];
    public readonly SortedDictionary<long, Observation> Observations = [];
    public readonly SortedDictionary<long, Feature> Features = [];
    private readonly Dictionary<object, long> _next = [];

    /// <summary>Keeps an entity under the next id of its kind; ids are never given twice.</summary>
    public long Add<T>(SortedDictionary<long, T> set, T entity)
    {
        var id = _next.GetValueOrDefault(set) + 1;
        _next[set] = id;
        set.Add(id, entity);
        return id;
    }

    /// <summary>Ids up to this one are not given any more: a request that was refused may have taken some.</summary>
    public void Skip<T>(SortedDictionary<long, T> set, long taken) => _next[set] = Math.Max(_next.GetValueOrDefault(set), taken);

    /// <summary>A Thing gets new Locations in place of the old, and history says so (8.2.3).</summary>
    public void Move(long thing, IEnumerable<long> locations, Instant now)
    {
        Things[thing].Locations = [.. locations];
        if (Things[thing].Locations.Count > 0)
            Add(Histories, new History { Time = now, Thing = thing, Locations = [.. Things[thing].Locations] });
    }

    /// <summary>A history later than all others of its Thing says where the Thing is.</summary>
    public void MoveByHistory(long id)
    {
        var history = Histories[id];
        if (Histories.Any(other => other.Key != id && other.Value.Thing == history.Thing &&
            other.Value.Time.UnixMicroseconds >= history.Time.UnixMicroseconds)) return;
        Things[history.Thing].Locations = [.. history.Locations];
    }

    /// <summary>The feature for an observation that names none; null when there is no place (10.2).</summary>
    public long? FeatureFor(long datastream)
    {
        var places = Things[ThingOf(datastream)].Locations;
        if (places.Count == 0) return null;
        var place = places.OrderBy(id => Locations[id].Point is null).ThenByDescending(id => id).First();
        var made = Features.Where(feature => feature.Value.MadeFrom == place).Select(feature => feature.Key).ToList();
        return made.Count > 0
            ? made.Max()
            : Add(Features, new Feature { Name = Locations[place].Name, Point = Locations[place].Point, MadeFrom = place });
    }

    /// <summary>The Thing of a Datastream, or of the MultiDatastream with minus this id.</summary>
    public long ThingOf(long series) => series > 0 ? Datastreams[series].Thing : MultiDatastreams[-series].Thing;

    /// <summary>A result as it is sent: a MultiDatastream has the same number in every place.</summary>
    public string ResultText(Observation observation) => observation.Datastream > 0
        ? observation.Result.ToString(CultureInfo.InvariantCulture)
        : $"[{string.Join(',', MultiDatastreams[-observation.Datastream].Properties.Select(_ => observation.Result))}]";

    /// <summary>A Location changed: what was made from it before stays as it was.</summary>
    public void Detach(long location)
    {
        foreach (var feature in Features.Values.Where(feature => feature.MadeFrom == location)) feature.MadeFrom = null;
    }

    public void DeleteThing(long id)
    {
        foreach (var datastream in Datastreams.Where(item => item.Value.Thing == id).ToList()) DeleteDatastream(datastream.Key);
        DeleteMultiDatastreams(multi => multi.Thing == id);
        Remove(Histories, history => history.Thing == id);
        Things.Remove(id);
    }

    public void DeleteLocation(long id)
    {
        Remove(Histories, history => history.Locations.Contains(id));
        foreach (var thing in Things.Values) thing.Locations.Remove(id);
        Detach(id);
        Locations.Remove(id);
    }

    public void DeleteSensor(long id)
    {
        foreach (var datastream in Datastreams.Where(item => item.Value.Sensor == id).ToList()) DeleteDatastream(datastream.Key);
        DeleteMultiDatastreams(multi => multi.Sensor == id);
        Sensors.Remove(id);
    }

    public void DeleteProperty(long id)
    {
        foreach (var datastream in Datastreams.Where(item => item.Value.Property == id).ToList()) DeleteDatastream(datastream.Key);
        DeleteMultiDatastreams(multi => multi.Properties.Contains(id));
        Properties.Remove(id);
    }

    public void DeleteDatastream(long id)
    {
        Remove(Observations, observation => observation.Datastream == id);
        Datastreams.Remove(id);
    }

    public void DeleteMultiDatastream(long id)
    {
        Remove(Observations, observation => observation.Datastream == -id);
        MultiDatastreams.Remove(id);
    }

    private void DeleteMultiDatastreams(Func<MultiDatastream, bool> condition)
    {
        foreach (var multi in MultiDatastreams.Where(item => condition(item.Value)).ToList()) DeleteMultiDatastream(multi.Key);
    }

    public void DeleteFeature(long id)
    {
        Remove(Observations, observation => observation.Feature == id);
        Features.Remove(id);
    }

    private static void Remove<T>(SortedDictionary<long, T> set, Func<T, bool> condition)
    {
        foreach (var id in set.Where(item => condition(item.Value)).Select(item => item.Key).ToList()) set.Remove(id);
    }

    // what must be read ---------------------------------------------------------------------------------------------------

    /// <summary>Every set: the query that reads it, and what it must answer.</summary>
    public IEnumerable<(string Query, int Count, IEnumerable<JsonObject> Rows)> Expected()
    {
        const string ids = "$select=id;$orderby=id;$top=1000;$count=true";
        yield return ($"Things?$select=id,name&$expand=Locations({ids}),Datastreams({ids}),MultiDatastreams({ids}),HistoricalLocations({ids})",
            Things.Count,
            Things.Select(item => With(Entity(item.Key, item.Value.Name),
                Many("Locations", item.Value.Locations), Many("Datastreams", Datastreams, other => other.Thing == item.Key),
                Many("MultiDatastreams", MultiDatastreams, other => other.Thing == item.Key),
                Many("HistoricalLocations", Histories, other => other.Thing == item.Key))));
        yield return ($"Locations?$select=id,name&$expand=Things({ids}),HistoricalLocations({ids})", Locations.Count,
            Locations.Select(item => With(Entity(item.Key, item.Value.Name),
                Many("Things", Things, other => other.Locations.Contains(item.Key)),
                Many("HistoricalLocations", Histories, other => other.Locations.Contains(item.Key)))));
        yield return ($"HistoricalLocations?$select=id,time&$expand=Thing($select=id),Locations({ids})", Histories.Count,
            Histories.Select(item => With(new JsonObject { ["@iot.id"] = item.Key, ["time"] = item.Value.Time.ToString() },
                One("Thing", item.Value.Thing), Many("Locations", item.Value.Locations))));
        yield return ($"Sensors?$select=id,name&$expand=Datastreams({ids}),MultiDatastreams({ids})", Sensors.Count,
            Sensors.Select(item => With(Entity(item.Key, item.Value), Many("Datastreams", Datastreams, other => other.Sensor == item.Key),
                Many("MultiDatastreams", MultiDatastreams, other => other.Sensor == item.Key))));
        yield return ($"ObservedProperties?$select=id,name&$expand=Datastreams({ids}),MultiDatastreams({ids})", Properties.Count,
            Properties.Select(item => With(Entity(item.Key, item.Value), Many("Datastreams", Datastreams, other => other.Property == item.Key),
                Many("MultiDatastreams", MultiDatastreams, other => other.Properties.Contains(item.Key)))));
        yield return (
            "Datastreams?$select=id,name,phenomenonTime,resultTime,observedArea&" +
            $"$expand=Thing($select=id),Sensor($select=id),ObservedProperty($select=id),Observations({ids})", Datastreams.Count,
            Datastreams.Select(item => Row(item.Key, item.Value)));
        yield return (
            "MultiDatastreams?$select=id,name,phenomenonTime,resultTime,observedArea&$expand=Thing($select=id),Sensor($select=id)," +
            $"ObservedProperties($select=id;$top=1000;$count=true),Observations({ids})", MultiDatastreams.Count,
            MultiDatastreams.Select(item => Row(item.Key, item.Value)));
        yield return (
            "Observations?$select=id,phenomenonTime,resultTime,result&" +
            "$expand=Datastream($select=id),MultiDatastream($select=id),FeatureOfInterest($select=id)",
            Observations.Count,
            Observations.OrderBy(item => item.Value.Start.UnixMicroseconds).ThenBy(item => item.Key).Select(item => Row(item.Key, item.Value)));
        yield return ($"FeaturesOfInterest?$select=id,name&$expand=Observations({ids})", Features.Count,
            Features.Select(item => With(Entity(item.Key, item.Value.Name),
                Many("Observations", Observations, other => other.Feature == item.Key))));
    }

    private JsonObject Row(long id, Datastream datastream)
    {
        var row = With(Entity(id, datastream.Name),
            One("Thing", datastream.Thing), One("Sensor", datastream.Sensor), One("ObservedProperty", datastream.Property));
        return WithObservations(row, id);
    }

    private JsonObject Row(long id, MultiDatastream multi)
    {
        var row = With(Entity(id, multi.Name),
            One("Thing", multi.Thing), One("Sensor", multi.Sensor), Many("ObservedProperties", multi.Properties));
        return WithObservations(row, -id);
    }

    private JsonObject WithObservations(JsonObject row, long series)
    {
        var own = Observations.Where(item => item.Value.Datastream == series).ToList();
        With(row, Many("Observations", own.Select(item => item.Key)));
        row["phenomenonTime"] = Span(own.Select(item => item.Value.Start), own.Select(item => item.Value.End ?? item.Value.Start));
        var results = own.Where(item => item.Value.ResultTime is not null).Select(item => item.Value.ResultTime!.Value).ToList();
        row["resultTime"] = Span(results, results);
        row["observedArea"] = Area(own.Select(item => Features[item.Value.Feature].Point).OfType<(double X, double Y)>().ToList());
        return row;
    }

    private static JsonValue? Span(IEnumerable<Instant> starts, IEnumerable<Instant> ends) =>
        starts.Any() ? JsonValue.Create($"{starts.Min()}/{ends.Max()}") : null;

    private static JsonObject? Area(List<(double X, double Y)> points)
    {
        if (points.Count == 0) return null;
        var (minX, maxX) = (points.Min(point => point.X), points.Max(point => point.X));
        var (minY, maxY) = (points.Min(point => point.Y), points.Max(point => point.Y));
        if (minX == maxX && minY == maxY)
            return new JsonObject { ["type"] = "Point", ["coordinates"] = new JsonArray(minX, minY) };
        var ring = new JsonArray();
        foreach (var (x, y) in new[] { (minX, minY), (maxX, minY), (maxX, maxY), (minX, maxY), (minX, minY) })
            ring.Add(new JsonArray(x, y));
        return new JsonObject { ["type"] = "Polygon", ["coordinates"] = new JsonArray(ring) };
    }

    private JsonObject Row(long id, Observation observation) => With(
        new JsonObject
        {
            ["@iot.id"] = id,
            ["phenomenonTime"] = observation.End is { } end ? $"{observation.Start}/{end}" : observation.Start.ToString(),
            ["resultTime"] = observation.ResultTime?.ToString(),
            ["result"] = JsonNode.Parse(ResultText(observation)),
        },
        observation.Datastream > 0 ? One("Datastream", observation.Datastream) : One("MultiDatastream", -observation.Datastream), One("FeatureOfInterest", observation.Feature));

    private static JsonObject Entity(long id, string name) => new() { ["@iot.id"] = id, ["name"] = name };

    private static JsonObject With(JsonObject entity, params ReadOnlySpan<KeyValuePair<string, JsonNode?>[]> relations)
    {
        foreach (var members in relations)
            foreach (var (name, value) in members) entity[name] = value;
        return entity;
    }

    private static KeyValuePair<string, JsonNode?>[] One(string name, long id) => [new(name, new JsonObject { ["@iot.id"] = id })];

    private static KeyValuePair<string, JsonNode?>[] Many<T>(string name, SortedDictionary<long, T> set, Func<T, bool> condition) =>
        Many(name, set.Where(item => condition(item.Value)).Select(item => item.Key));

    private static KeyValuePair<string, JsonNode?>[] Many(string name, IEnumerable<long> ids)
    {
        var list = new JsonArray([.. ids.Select(id => (JsonNode)new JsonObject { ["@iot.id"] = id })]);
        return [new(name + "@iot.count", list.Count), new(name, list)];
    }

    public static string Number(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
