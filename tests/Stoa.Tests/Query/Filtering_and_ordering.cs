using Stoa.Query;
using Stoa.Storage.Translation;
using Stoa.Vocabulary;
using Xunit;
using static Stoa.Sensing.Schema.SensorThingsSchema;

namespace Stoa.Tests.Query;

/// <summary>One small city in a real database for all tests of this collection; nobody writes to it.</summary>
public sealed class SampleStore : IAsyncLifetime
{
    internal QueryStore Store { get; private set; } = null!; // Set before any test.

    public async ValueTask InitializeAsync() => Store = await QueryStore.OpenAsync(SampleCity.Make());

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}

public class Filtering_and_ordering(SampleStore sample) : IClassFixture<SampleStore>
{
    private async Task Finds(EntityType type, string query, string expected, AccessScope? scope = null) =>
        Assert.Equal(expected, string.Join(' ', await sample.Store.IdsAsync(type, query, scope)));

    [Theory]
    [InlineData("result gt 3", "1103 1004 1101 1102 1011 1012")] // Numbers alone.
    [InlineData("result gt '3'", "1103 1101 1005 1102 1006 1008")] // As text: 9 7 warm 8 true {…
    [InlineData("result eq '3'", "1009")]
    [InlineData("result eq 2.5", "1003")]
    [InlineData("result eq '2.5'", "1003")]
    [InlineData("result eq 10.0", "1004")]
    [InlineData("result eq '10'", "1004")]
    [InlineData("result eq true", "1006")]
    [InlineData("result ne true", "")]
    [InlineData("result eq 'true'", "1006")]
    [InlineData("result eq null", "1007")]
    [InlineData("result lt 0", "1010")]
    [InlineData("startswith(result, 'w')", "1005")]
    [InlineData("result/min eq 1", "1008")]
    [InlineData("result/max/1 eq 'x'", "1008")]
    [InlineData("result in (1, 2, 11)", "1001 1002 1011")]
    [InlineData("result in ('warm', 'true')", "1005 1006")]
    [InlineData("result in (1, 'warm', true)", "1001 1005 1006")]
    [InlineData("not (result gt 3)", "1001 1002 1003 1010")] // Unknown stays unknown.
    public Task Compares_results_by_the_kind_of_the_other_side(string filter, string expected) =>
        Finds(Observation, $"$filter={filter}", expected);

    [Theory]
    [InlineData("result add 1 eq 3", "1002")]
    [InlineData("result sub 1 eq 0", "1001")]
    [InlineData("result mul 2 eq 5", "1003")]
    [InlineData("result div 2 eq 0.5", "1001")] // Not cut off to a whole number.
    [InlineData("10 div result eq 5", "1002")]
    [InlineData("result div 0 eq 1", "")]
    [InlineData("result mod 4 eq 3", "1101 1011")]
    [InlineData("result mod 0 eq 0", "")]
    [InlineData("-result eq 4", "1010")]
    [InlineData("result add 2 mul 3 eq 7", "1001")]
    [InlineData("(result add 2) mul 3 eq 9", "1001")]
    [InlineData("round(result) eq 3", "1003")]
    [InlineData("floor(result) eq 2", "1002 1003")]
    [InlineData("ceiling(result) eq 3", "1003")]
    public Task Calculates(string filter, string expected) => Finds(Observation, $"$filter={filter}", expected);

    [Theory]
    [InlineData("substringof('owe', name)", "101")]
    [InlineData("contains(name, 'e')", "101 102 103")]
    [InlineData("endswith(name, 'er')", "101")]
    [InlineData("endswith(name, 'The bridge')", "")]
    [InlineData("startswith(name, 'b')", "102")]
    [InlineData("startswith(name, '')", "101 102 103")]
    [InlineData("length(name) eq 11", "103")] // Characters, not bytes.
    [InlineData("indexof(name, 'ridge') eq 1", "102")] // From zero.
    [InlineData("indexof(name, 'x') eq -1", "101 102 103")]
    [InlineData("substring(name, 1) eq 'ower'", "101")] // From zero.
    [InlineData("substring(name, 1, 2) eq 'ri'", "102")]
    [InlineData("substring(name, 8) eq 'ÄRA'", "103")]
    [InlineData("tolower(name) eq 'well of ära'", "103")] // Beyond ASCII.
    [InlineData("toupper(name) eq 'BRIDGE'", "102")]
    [InlineData("trim(description) eq 'About Tower'", "101")]
    [InlineData("concat(concat(name, ', '), 'Münster') eq 'Tower, Münster'", "101")]
    [InlineData("name eq 'Tower'", "101")]
    [InlineData("name ne 'Tower'", "102 103")]
    [InlineData("name gt 'a'", "102")] // By code point: capitals first.
    [InlineData("name in ('Tower', 'bridge', 'x')", "101 102")]
    [InlineData("name eq 'it''s'", "")]
    public Task Works_on_texts(string filter, string expected) =>
        Finds(Thing, "$filter=" + Uri.EscapeDataString(filter), expected);

    [Theory]
    [InlineData("properties/height eq 96.5", "101")]
    [InlineData("properties/height eq '96.5'", "101 102")]
    [InlineData("properties/owner/name eq 'City'", "101")]
    [InlineData("properties/tags/1 eq 'open'", "101")]
    [InlineData("properties/open eq true", "101")]
    [InlineData("properties/open", "101")]
    [InlineData("not properties/open", "102")]
    [InlineData("properties/owner eq null", "102 103")]
    [InlineData("properties ne null", "101 102")]
    [InlineData("properties/built lt 1500-01-01", "101")]
    [InlineData("year(properties/built) eq 1450", "101")]
    [InlineData("properties/height eq properties/height", "101 102")]
    [InlineData("contains(properties/owner/name, 'it')", "101")]
    public Task Looks_into_json(string filter, string expected) => Finds(Thing, $"$filter={filter}", expected);

    [Theory]
    [InlineData("phenomenonTime eq 2026-01-01T03:00:00Z", "1004")]
    [InlineData("phenomenonTime eq 2026-01-01T04:00:00%2B01:00", "1004")]
    [InlineData("phenomenonTime eq '2026-01-01T03:00:00Z'", "1004")] // As clients of 1.0 send it.
    [InlineData("2026-01-01T03:00:00Z ne phenomenonTime and result lt 3", "1001 1002 1003 1010")]
    [InlineData("2026-01-01T03:00:00Z lt phenomenonTime and result gt 3", "1101 1102 1011 1012")]
    [InlineData("2026-01-01T03:00:00Z ge phenomenonTime", "1103 1001 1002 1003 1004")]
    [InlineData("phenomenonTime lt 2026-01-01T01:00:00Z", "1103 1001")]
    [InlineData("phenomenonTime le 2026-01-01T01:00:00Z", "1103 1001 1002")]
    [InlineData("phenomenonTime ge 2026-01-01T10:00:00Z", "1011 1012")]
    [InlineData("phenomenonTime gt 2026-01-01T10:00:00Z", "1012")]
    [InlineData("phenomenonTime gt 2026-01-01T04:00:00Z and phenomenonTime lt 2026-01-01T06:00:00Z", "1006")]
    [InlineData("phenomenonTime lt 2026-01-01T06:00:00Z and phenomenonTime ge 2026-01-01T04:00:00Z", "1005 1102 1006")]
    [InlineData("phenomenonTime eq 2026-01-01T04:00:00Z/2026-01-01T06:00:00Z", "1102")]
    [InlineData("phenomenonTime lt 2026-01-01T04:00:00Z/2026-01-01T06:00:00Z and phenomenonTime gt 2026-01-01T02:00:00Z", "1004 1101")]
    [InlineData("phenomenonTime gt 2026-01-01T04:00:00Z/2026-01-01T10:00:00Z", "1011 1012")]
    [InlineData("before(phenomenonTime, 2026-01-01T00:00:00Z)", "1103")]
    [InlineData("after(phenomenonTime, 2026-01-01T10:00:00Z)", "1012")]
    [InlineData("meets(phenomenonTime, 2026-01-01T06:00:00Z/2026-01-01T07:00:00Z)", "1102 1007 1008")]
    [InlineData("during(phenomenonTime, 2026-01-01T04:00:00Z/2026-01-01T06:00:00Z)", "1005 1102 1006")]
    [InlineData("overlaps(phenomenonTime, 2026-01-01T05:00:00Z/2026-01-01T06:30:00Z)", "1102 1006 1007")]
    [InlineData("starts(phenomenonTime, 2026-01-01T04:00:00Z)", "1005 1102")]
    [InlineData("finishes(phenomenonTime, 2026-01-01T06:00:00Z)", "1102 1007")]
    [InlineData("resultTime eq null", "1103 1001 1004 1007 1010")]
    [InlineData("resultTime lt 2026-01-01T03:00:00Z", "1002 1003")]
    [InlineData("resultTime gt phenomenonTime", "1102")]
    [InlineData("year(phenomenonTime) eq 1969", "1103")]
    [InlineData("month(phenomenonTime) eq 12", "1103")]
    [InlineData("day(phenomenonTime) eq 31", "1103")]
    [InlineData("hour(phenomenonTime) eq 11", "1012")]
    [InlineData("hour(phenomenonTime) eq 23", "1103")]
    [InlineData("minute(phenomenonTime) eq 30", "1101")]
    [InlineData("second(phenomenonTime) eq 58", "1103")]
    [InlineData("fractionalseconds(phenomenonTime) eq 0.25", "1101")]
    [InlineData("fractionalseconds(phenomenonTime) eq 0.5", "1103")]
    [InlineData("date(phenomenonTime) eq 1969-12-31", "1103")]
    [InlineData("time(phenomenonTime) eq 03:30:00.25", "1101")]
    [InlineData("totaloffsetminutes(phenomenonTime) eq 120", "1101")]
    [InlineData("phenomenonTime add duration'PT1H' eq 2026-01-01T12:00:00Z", "1012")]
    [InlineData("2026-01-01T12:00:00Z sub phenomenonTime le duration'PT1H'", "1012")]
    [InlineData("phenomenonTime gt now()", "")]
    [InlineData("phenomenonTime gt mindatetime() and phenomenonTime lt maxdatetime() and result eq 12", "1012")]
    public Task Compares_times_as_moments_and_spans(string filter, string expected) => Finds(Observation, $"$filter={filter}", expected);

    [Theory]
    [InlineData("geo.distance(location, geography'POINT (8 53)') lt 1.5", "301")]
    [InlineData("geo.distance(location, geography'POINT (8 53)') gt 1.5", "302 303")]
    [InlineData("geo.length(location) gt 2", "302 303")]
    [InlineData("geo.intersects(location, geography'POLYGON ((7.5 51, 8.5 51, 8.5 53, 7.5 53, 7.5 51))')", "301")]
    [InlineData("st_equals(location, geography'POINT (8 52)')", "301")]
    [InlineData("st_disjoint(location, geography'POINT (8 52)')", "302 303")]
    [InlineData("st_touches(location, geography'POLYGON ((7 50, 8 50, 8 51, 7 51, 7 50))')", "303")]
    [InlineData("st_within(location, geography'POLYGON ((5 49, 7.5 49, 7.5 52, 5 52, 5 49))')", "303")]
    [InlineData("st_overlaps(location, geography'POLYGON ((5 49, 6.5 49, 6.5 50.5, 5 50.5, 5 49))')", "303")]
    [InlineData("st_crosses(location, geography'POLYGON ((8 50, 8.5 50, 8.5 53, 8 53, 8 50))')", "302")]
    [InlineData("st_intersects(location, geography'LINESTRING (6 52, 8 52)')", "301")]
    [InlineData("st_contains(location, geography'POINT (6.5 50.5)')", "303")]
    [InlineData("st_relate(location, geography'POINT (8 52)', 'T********')", "301")]
    [InlineData("not st_within(location, geography'POLYGON ((5 49, 7.5 49, 7.5 52, 5 52, 5 49))')", "301 302")]
    [InlineData("location eq geography'POINT (8 52)'", "301")]
    [InlineData("st_within(location, geography'POLYGON EMPTY')", "")]
    [InlineData("location/type eq 'Point'", "")]
    public Task Relates_geometries(string filter, string expected) => Finds(Location, $"$filter={filter}", expected);

    [Theory]
    [InlineData("Datastreams/name eq 'Humidity'", "101")]
    [InlineData("Datastreams/unitOfMeasurement/symbol eq 'm'", "103")]
    [InlineData("Datastreams/Observations/result gt 9", "101")]
    [InlineData("Datastreams/Observations/phenomenonTime lt 2000-01-01T00:00:00Z", "103")]
    [InlineData("Datastreams/ObservedProperty/name eq 'Water level'", "103")]
    [InlineData("geo.intersects(Locations/location, geography'POINT (8 52)')", "101 102")]
    // One Datastream has both, or there is none.
    [InlineData("Datastreams/name eq 'Humidity' and Datastreams/Observations/result gt 9", "101")]
    [InlineData("Datastreams/name eq 'Humidity' and Datastreams/Observations/result eq 'warm'", "")]
    [InlineData("Datastreams/name eq 'Temperature' and Datastreams/Observations/result eq 'warm'", "101")]
    [InlineData("Locations/name eq 'River' and Locations/name eq 'Square'", "")]
    [InlineData("Locations/name eq 'River' or Locations/name eq 'Yard'", "102 103")]
    [InlineData("Datastreams/name eq 'Humidity' and (Datastreams/description eq 'x' or Datastreams/id eq 201)", "")]
    [InlineData("Datastreams/name eq 'Humidity' and (Datastreams/description eq 'x' or Datastreams/id eq 202)", "101")]
    // Branches that go different ways speak of entities of their own.
    [InlineData("Datastreams/id eq 201 and (Datastreams/id eq 202 or name eq 'x')", "101")]
    [InlineData("Datastreams/id eq 201 and (Locations/id eq 301 or name eq 'x')", "101")]
    [InlineData("not (Datastreams/name eq 'Humidity')", "102 103")]
    [InlineData("Datastreams/id eq 201 and not (Datastreams/id eq 202)", "")]
    [InlineData("Datastreams/id ne 201", "101 103")]
    public Task Asks_of_to_many_relations_for_any(string filter, string expected) => Finds(Thing, $"$filter={filter}", expected);

    [Theory]
    [InlineData("Datastream/Thing/name eq 'Well of ÄRA'", "1103 1101 1102")]
    [InlineData("Datastream/id eq 202", "1009 1010 1011 1012")]
    [InlineData("Datastream/id in (202, 203) and result gt 8", "1103 1011 1012")]
    [InlineData("FeatureOfInterest/id eq 601 and result eq 1", "1001")]
    [InlineData("st_within(FeatureOfInterest/feature, geography'POLYGON ((7 51, 9 51, 9 53, 7 53, 7 51))') and result eq 1", "1001")]
    [InlineData("parameters/quality gt 9", "1011 1012")]
    [InlineData("contains(Datastream/name, 'umid')", "1009 1010 1011 1012")]
    [InlineData("Datastream/name eq 'Level' or result eq 1", "1103 1001 1101 1102")]
    public Task Follows_to_one_relations(string filter, string expected) =>
        Finds(Observation, "$filter=" + Uri.EscapeDataString(filter), expected);

    [Theory]
    [InlineData("id desc", "103 102 101")]
    [InlineData("name", "101 103 102")]
    [InlineData("tolower(name) desc", "103 101 102")]
    [InlineData("properties/height", "103 102 101")] // None, then texts, then numbers.
    [InlineData("properties/height desc", "101 102 103")]
    [InlineData("properties/owner/name, id desc", "103 102 101")]
    [InlineData("length(name) mod 2, name", "102 101 103")]
    public Task Orders_nothing_first_and_ends_with_the_id(string order, string expected) => Finds(Thing, $"$orderby={order}", expected);

    [Fact]
    public Task Orders_results_by_kind_and_then_by_value() => Finds(Observation,
        "$orderby=result", "1007 1008 1006 1009 1005 1010 1001 1002 1003 1101 1102 1103 1004 1011 1012");

    [Fact]
    public Task Orders_by_to_one_relations() => Finds(Observation,
        "$orderby=Datastream/name desc, phenomenonTime desc&$filter=result gt 8", "1004 1103 1012 1011");

    [Theory]
    [InlineData("", "101 102 103", "101 102")]
    [InlineData("$filter=Datastreams/name eq 'Level'", "103", "")]
    [InlineData("$filter=not (Datastreams/name eq 'Level')", "101 102", "101 102")]
    [InlineData("$orderby=name desc", "102 103 101", "102 101")]
    public async Task Hides_other_datasets(string query, string all, string one)
    {
        await Finds(Thing, query, all, AccessScope.Of([new(1), new(2)]));
        await Finds(Thing, query, one, AccessScope.Of([new(1)]));
        await Finds(Thing, query, "", AccessScope.Nothing);
    }

    [Theory]
    [InlineData("ObservedProperty/name eq 'Water level'", "")]
    [InlineData("ObservedProperty/name ne 'x'", "")]
    [InlineData("ObservedProperty/name eq null", "203")]
    [InlineData("Sensor/name eq 'Probe'", "")]
    [InlineData("Observations/result gt 7", "203")]
    public async Task Follows_links_only_to_what_is_visible(string filter, string expected)
    {
        // The Sensor belongs to dataset 1 and the ObservedProperty to dataset 2; dataset 3 sees neither.
        var city = SampleCity.Make();
        var moved = new City();
        foreach (var entity in city.All) moved.All.Add(entity.Id is SampleCity.Level or (>= 1101 and <= 1103) ? Moved(entity) : entity);
        await using var store = await QueryStore.OpenAsync(moved);

        Assert.Equal(expected, string.Join(' ', await store.IdsAsync(Datastream, $"$filter={filter}", AccessScope.Of([new(3)]))));
    }

    private static Entity Moved(Entity entity)
    {
        var moved = new Entity(entity.Type, entity.Id, 3);
        foreach (var (name, value) in entity.Values) moved.Values[name] = value;
        foreach (var (name, related) in entity.Related) moved.Related[name] = related;
        return moved;
    }
}
